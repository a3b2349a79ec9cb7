//! How many writes there have been: what was read and kept still holds as long as there are no more.

use crate::base::error::Result;
use crate::scope::CompanyScope;
use crate::scope::parameters::Parameters;

/// How far a company has come. Whatever was read of its records holds as long as this is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision {
    /// How many events were committed that are not private.
    events: i64,
    /// The version of the settings that this process goes by: up to five seconds old.
    settings: i64,
}

/// So many events without a place are counted in no time.
const FEW: i64 = 1_000;

impl CompanyScope<'_> {
    /// How far the company has come. It changes with every committed write of a record that is not private, wherever that was
    /// written: by another process, or in a host's transaction. So whatever was read of the company's shared records after it
    /// was asked for still holds as long as it is the same. One statement.
    ///
    /// Private notes do not count: otherwise it would tell everybody that there is a new one. Do not keep under it what
    /// depends on them.
    ///
    /// The names of users are mirrored without an event, and what depends on the time changes by itself: keep such
    /// things for a short time only.
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
        // Positions are given without gaps, so the last one is the number of events that have one.
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
            // Some with each look, so that none takes long. If it fails, counting takes a little longer until the next one.
            tracing::debug!(%error, "events stay without their places for now");
        }
        Ok(Revision { events: placed + waiting, settings })
    }
}
