//! The number of writes of a company: cached reads are valid while it does not change.

use crate::base::error::Result;
use crate::scope::CompanyScope;
use crate::scope::parameters::Parameters;

/// The revision of a company. Anything read of its records is valid while the revision is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision {
    /// The number of committed events that are not private.
    events: i64,
    /// The version of the settings in this process: up to five seconds old.
    settings: i64,
    /// A digest of the users whose records the actor sees; none if the company's record access hides nothing from them.
    seen: Option<[u8; 32]>,
}

/// Counting this many events without a position is cheap.
const FEW: i64 = 1_000;

impl CompanyScope<'_> {
    /// The revision of the company. It changes with every committed write of a record that is not private, also with
    /// writes of other processes and of hosts' transactions. Anything read of the company's shared records after the
    /// revision was read is valid while it is the same, for actors with the same rights: it differs between those who see
    /// the records of different users. One statement.
    ///
    /// Writes of private notes do not change it: otherwise it would reveal them to other users. Do not use it to cache
    /// anything that depends on private notes.
    ///
    /// The names of users are mirrored without an event, and some results depend on the time: cache those for a short
    /// time only.
    ///
    /// ```
    /// # use crm_core::Crm;
    /// # use crm_core::actor::Actor;
    /// # use crm_core::customers::NewCustomer;
    /// # use crm_core::ids::CompanyId;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anyhow::Result<()> {
    /// # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
    /// # migration::up(&db).await?;
    /// # let mut scope = Crm::default().on(Actor::system(CompanyId(uuid::Uuid::from_u128(1))), &db);
    /// let before = scope.revision().await?;
    /// scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
    /// assert_ne!(scope.revision().await?, before);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::CompanyClosed`](crate::Error::CompanyClosed) if the company is suspended or deleted;
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    pub async fn revision(&mut self) -> Result<Revision> {
        let settings = self.company().await?.version;
        let company = self.company_id();
        // Positions have no gaps, so the last one is the number of events with a position.
        let sql = "SELECT COALESCE((SELECT position - private_events FROM crm_event_heads WHERE company_id = $1), 0) \
             AS placed, (SELECT count(*) FROM crm_outbox WHERE company_id = $1 AND position IS NULL \
             AND private_to IS NULL) AS waiting";
        let rows = Parameters::new([company.0.into()]).rows(self, sql).await?;
        let (mut placed, mut waiting) = (0, 0);
        if let Some(row) = rows.first() {
            (placed, waiting) = (row.try_get::<i64>("", "placed")?, row.try_get::<i64>("", "waiting")?);
        }
        if waiting > FEW
            && let Some(pool) = self.pool()
            && let Ok(_slot) = self.slot().await
            && let Err(error) = self.crm.number_some(pool, company).await
        {
            // A limited number per call, so that no call takes long. If it fails, the next count is only slower.
            tracing::debug!(%error, "events have no positions yet");
        }
        Ok(Revision { events: placed + waiting, settings, seen: self.actor().seen_owners().digest() })
    }
}
