//! Whose records an actor sees by the company's record access. It is resolved once for a scope, before its first read;
//! what it means for a record is said in [`visibility`](super::visibility).

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::actor::Actor;
use super::company::{self, Company, RecordAccess};
use super::{CompanyScope, Crm, Database};
use crate::base::error::Result;
use crate::base::ids::{CompanyId, UserId};
use crate::base::rights::{Action, ActorKind, Reach, Resource};

/// The maximum number of other users whose records an actor sees; of more, those with the lowest ids.
const MAX_COLLEAGUES: usize = 1_000;
/// The maximum age of what is cached of teams.
const FRESH_FOR: Duration = Duration::from_secs(5);
/// The maximum number of ids in the cache.
const MAX_CACHED_IDS: u64 = 1_000_000;

/// Whose records an actor sees, whatever their rights say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum SeenOwners {
    /// Not resolved yet: nobody else's.
    #[default]
    Unresolved,
    All,
    Users(Colleagues),
}

impl SeenOwners {
    /// What tells apart the actors who see the records of different users.
    pub(crate) fn digest(&self) -> Option<[u8; 32]> {
        let ids: &[Uuid] = match self {
            Self::All => return None,
            Self::Unresolved => &[],
            Self::Users(users) => users.ids(),
        };
        let mut digest = Sha256::new();
        ids.iter().for_each(|id| digest.update(id.as_bytes()));
        Some(digest.finalize().into())
    }
}

/// Users whose records an actor sees, with the actor among them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Colleagues {
    /// In order.
    ids: Arc<[Uuid]>,
    pub(super) is_postgres: bool,
}

impl std::fmt::Debug for Colleagues {
    /// Prints how many they are.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Colleagues").field("count", &self.ids.len()).finish_non_exhaustive()
    }
}

impl Colleagues {
    pub(super) fn new(ids: impl IntoIterator<Item = Uuid>, is_postgres: bool) -> Self {
        let mut ids: Vec<Uuid> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self { ids: ids.into(), is_postgres }
    }

    pub(super) fn ids(&self) -> &[Uuid] {
        &self.ids
    }

    pub(super) fn include(&self, user: UserId) -> bool {
        self.ids.binary_search(&user.0).is_ok()
    }
}

/// What is known of actors' teams, for some seconds.
pub(crate) struct ColleaguesCache(Cache<(CompanyId, UserId, RecordAccess), Colleagues>);

impl Default for ColleaguesCache {
    fn default() -> Self {
        let cache = Cache::builder().max_capacity(MAX_CACHED_IDS).time_to_live(FRESH_FOR);
        let cache =
            cache.weigher(|_, colleagues: &Colleagues| u32::try_from(colleagues.ids.len() + 1).unwrap_or(u32::MAX));
        Self(cache.build())
    }
}

impl ColleaguesCache {
    /// To be called when teams have changed.
    pub(crate) fn invalidate(&self) {
        self.0.invalidate_all();
    }
}

/// Whether the company's record access narrows what is seen of these records: of those that users own. What belongs to a
/// customer or a lead is seen with it.
pub(super) const fn is_narrowed(resource: Resource) -> bool {
    matches!(resource, Resource::Customers | Resource::Leads | Resource::Deals | Resource::Tasks)
}

impl Actor {
    /// Whether the company's record access does not concern the actor: they could change it, or are the system, whatever it may
    /// do here.
    fn is_exempt(&self) -> bool {
        self.kind == ActorKind::System || self.reach(Resource::Settings, Action::Update) == Some(Reach::All)
    }

    /// Whose records the actor sees.
    pub(crate) fn seen_owners(&self) -> &SeenOwners {
        match &self.seen {
            SeenOwners::Unresolved if self.is_exempt() => &SeenOwners::All,
            seen => seen,
        }
    }

    /// The actor as they are before a scope resolves whose records they see.
    pub(super) fn unresolved(actor: Arc<Self>) -> Arc<Self> {
        match actor.seen {
            SeenOwners::Unresolved => actor,
            SeenOwners::All | SeenOwners::Users(_) => actor.seeing(SeenOwners::Unresolved),
        }
    }

    /// The actor with what they see, where that needs no company.
    fn settled(self: &Arc<Self>) -> Option<Arc<Self>> {
        match self.seen {
            SeenOwners::Unresolved if self.is_exempt() => Some(self.seeing(SeenOwners::All)),
            SeenOwners::Unresolved => None,
            SeenOwners::All | SeenOwners::Users(_) => Some(self.clone()),
        }
    }

    fn seeing(&self, seen: SeenOwners) -> Arc<Self> {
        Arc::new(Self { seen, ..self.clone() })
    }
}

impl CompanyScope<'_> {
    /// Makes sure that it is known whose records the actor sees. No statement while the company shows all records to all.
    pub(super) async fn resolve_access(&self) -> Result<()> {
        if self.resolved.get().is_some() {
            return Ok(());
        }
        match self.actor.settled() {
            Some(actor) => self.keep(actor),
            None => self.resolve_access_in(&*company::load(self).await?).await?,
        }
        Ok(())
    }

    /// The same with the company, where it is known.
    pub(super) async fn resolve_access_in(&self, company: &Company) -> Result<()> {
        self.actor_on(self.database(), company).await.map(drop)
    }

    /// The actor with what they see, which is read there if it has to be.
    pub(super) async fn actor_on(&self, db: Database<'_>, company: &Company) -> Result<Arc<Actor>> {
        if let Some(actor) = self.resolved.get() {
            return Ok(actor.clone());
        }
        let actor = resolved(db, &self.crm, &self.actor, company).await?;
        self.keep(actor.clone());
        Ok(actor)
    }

    /// Of two reads at once, one is enough.
    fn keep(&self, actor: Arc<Actor>) {
        let _ = self.resolved.set(actor);
    }
}

async fn resolved(db: Database<'_>, crm: &Crm, actor: &Arc<Actor>, company: &Company) -> Result<Arc<Actor>> {
    if let Some(actor) = actor.settled() {
        return Ok(actor);
    }
    let seen = match company.settings.record_access {
        RecordAccess::Company => SeenOwners::All,
        access => SeenOwners::Users(colleagues(db, crm, actor, access).await?),
    };
    Ok(actor.seeing(seen))
}

async fn colleagues(db: Database<'_>, crm: &Crm, actor: &Actor, access: RecordAccess) -> Result<Colleagues> {
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    let Some(user) = actor.user else {
        return Ok(Colleagues::new([], is_postgres));
    };
    let (key, cache) = ((actor.company, user, access), &crm.0.colleagues.0);
    if let Some(known) = cache.get(&key).await {
        return Ok(known);
    }
    let others = read(db, actor.company, user, access).await?;
    let colleagues = Colleagues::new(others.into_iter().chain([user.0]), is_postgres);
    // A transaction may have written teams itself, and may never be committed.
    if let Database::Pool(_) = db {
        cache.insert(key, colleagues.clone()).await;
    }
    Ok(colleagues)
}

/// The members and managers of the teams that a user manages and of the teams below, and with [`RecordAccess::Team`] the
/// members of the user's own teams.
async fn read(db: Database<'_>, company: CompanyId, user: UserId, access: RecordAccess) -> Result<Vec<Uuid>> {
    let mates = match access {
        RecordAccess::Team => {
            " UNION SELECT user_id AS id FROM crm_team_members WHERE company_id = $1 AND team_id IN \
             (SELECT team_id FROM crm_team_members WHERE company_id = $1 AND user_id = $2)"
        }
        RecordAccess::Own | RecordAccess::Company => "",
    };
    // `UNION` keeps no row twice, so that teams in a circle end.
    let sql = format!(
        "WITH RECURSIVE led (id) AS (SELECT id FROM crm_teams WHERE company_id = $1 AND manager_id = $2 \
         UNION SELECT below.id FROM crm_teams AS below JOIN led ON below.parent_id = led.id WHERE below.company_id = $1) \
         SELECT users.id FROM (SELECT user_id AS id FROM crm_team_members WHERE company_id = $1 \
         AND team_id IN (SELECT id FROM led) UNION SELECT manager_id AS id FROM crm_teams WHERE company_id = $1 \
         AND manager_id IS NOT NULL AND id IN (SELECT id FROM led){mates}) AS users \
         ORDER BY users.id LIMIT {MAX_COLLEAGUES}"
    );
    let values: [Value; 2] = [company.0.into(), user.0.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?)).collect()
}
