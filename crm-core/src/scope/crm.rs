//! What is decided once for a process.

use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moka::future::Cache;
use tokio::sync::watch;
use uuid::Uuid;

use super::actor::Actor;
use super::company::CompanyCache;
use super::live::LiveCompanies;
use super::refusals::Refusals;
use super::slots::CompanySlots;
use super::timeline_source::TimelineSource;
use super::user::UserDirectory;
use crate::base::clock::{Clock, Randomness, Source, SystemClock, SystemRandomness};
use crate::base::ids::{CompanyId, UserId};
use crate::base::rights::ActorRef;
use crate::journal::Recorder;

/// How long a company's state and settings may be out of date.
const COMPANY_FRESH_FOR: Duration = Duration::from_secs(5);
/// How long a mirrored user is taken as known without looking.
const USER_FRESH_FOR: Duration = Duration::from_secs(60);

/// How long a user whom the directory does not know is not looked up again.
const STRANGE_FOR: Duration = Duration::from_secs(10);
/// How long a company that uses all its connections waits for one.
const COMPANY_PATIENCE: Duration = Duration::from_secs(3);

/// The CRM of one process: clock, randomness, ports and settings. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Crm(pub(crate) Arc<Inner>);

/// What a [`Crm`] holds.
pub(crate) struct Inner {
    pub source: Source,
    pub directory: Option<Box<dyn UserDirectory>>,
    pub timeline_sources: Vec<Box<dyn TimelineSource>>,
    pub audit_key: Option<Vec<u8>>,
    pub event_source: String,
    /// How many commits this process has made and was told of: wakes those who wait for any.
    pub commits: watch::Sender<u64>,
    /// The companies whose events are read at this moment.
    pub live: LiveCompanies,
    /// Whose events are being handed to which consumer, where no lock of the database says so.
    pub deliveries: Mutex<HashSet<(CompanyId, String)>>,
    pub companies: CompanyCache,
    /// How long a statement that writes many rows may run.
    pub bulk_statement_time: Option<Duration>,
    /// Refusals that were not written one by one.
    pub refusals: Refusals,
    /// How many connections each company uses at once.
    pub slots: CompanySlots,
    /// Users who are known to be mirrored, with the digest of the profile that the mirror was last compared with.
    pub users: Cache<(CompanyId, UserId), u64>,
    /// Users whom the directory does not know.
    pub strangers: Cache<(CompanyId, UserId), ()>,
}

impl fmt::Debug for Inner {
    /// Says nothing of keys and ports.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crm").field("event_source", &self.event_source).finish_non_exhaustive()
    }
}

impl Default for Crm {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl Crm {
    /// What records a write of `actor` with.
    pub(crate) fn recorder<'a>(&'a self, actor: &'a Actor) -> Recorder<'a> {
        Recorder {
            company: actor.company,
            actor: ActorRef::from(actor),
            request_id: actor.request_id.as_deref(),
            audit_key: self.0.audit_key.as_deref(),
            source: &self.0.source,
        }
    }

    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.source.now()
    }

    pub(crate) fn id(&self, at: chrono::DateTime<chrono::Utc>) -> Uuid {
        self.0.source.id(at)
    }
}

/// Puts a [`Crm`] together.
pub struct CrmBuilder {
    clock: Box<dyn Clock>,
    randomness: Box<dyn Randomness>,
    directory: Option<Box<dyn UserDirectory>>,
    timeline_sources: Vec<Box<dyn TimelineSource>>,
    audit_key: Option<Vec<u8>>,
    event_source: String,
    company_connections: Option<NonZeroUsize>,
    company_patience: Duration,
    bulk_statement_time: Option<Duration>,
}

impl Default for CrmBuilder {
    fn default() -> Self {
        Self {
            clock: Box::new(SystemClock),
            randomness: Box::new(SystemRandomness),
            directory: None,
            timeline_sources: Vec::new(),
            audit_key: None,
            event_source: "/crm".to_owned(),
            company_connections: None,
            company_patience: COMPANY_PATIENCE,
            bulk_statement_time: None,
        }
    }
}

impl fmt::Debug for CrmBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrmBuilder").finish_non_exhaustive()
    }
}

impl CrmBuilder {
    /// Takes the time from somewhere else than the machine.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Takes randomness from somewhere else than the operating system.
    #[must_use]
    pub fn randomness(mut self, randomness: impl Randomness) -> Self {
        self.randomness = Box::new(randomness);
        self
    }

    /// Looks up users whom the CRM has not seen yet, for instance when a customer is assigned to one.
    #[must_use]
    pub fn user_directory(mut self, directory: impl UserDirectory) -> Self {
        self.directory = Some(Box::new(directory));
        self
    }

    /// Adds entries of the host's own to the timelines of customers. Several sources add theirs side by side.
    #[must_use]
    pub fn timeline_source(mut self, source: impl TimelineSource) -> Self {
        self.timeline_sources.push(Box::new(source));
        self
    }

    /// The secret under which the audit trail keeps digests of values, so that a value can be proven without being
    /// stored. Without it the audit trail names fields only.
    #[must_use]
    pub fn audit_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.audit_key = Some(key.into());
        self
    }

    /// The `source` of the events (CloudEvents 1.0, section 3.1): a URI reference; `/crm` by default.
    #[must_use]
    pub fn event_source(mut self, source: impl Into<String>) -> Self {
        self.event_source = source.into();
        self
    }

    /// How many connections of its pool one company uses at once, in reads and in transactions that are open; half of them
    /// by default. So a company with slow requests leaves connections to the others. What a host does in a transaction of its
    /// own does not count.
    #[must_use]
    pub const fn company_connections(mut self, most: NonZeroUsize) -> Self {
        self.company_connections = Some(most);
        self
    }

    /// How long a statement of a company that uses all its connections waits for one before it fails with
    /// [`Error::CompanyBusy`](crate::Error::CompanyBusy); three seconds by default.
    #[must_use]
    pub const fn company_patience(mut self, patience: Duration) -> Self {
        self.company_patience = patience;
        self
    }

    /// How long a statement that writes many rows may run on PostgreSQL: those of an import, and of a change of the duplicate
    /// policy. All others have the time-out of the connection, which can then be shorter; so have these, unless it is said.
    #[must_use]
    pub const fn bulk_statement_time(mut self, limit: Duration) -> Self {
        self.bulk_statement_time = Some(limit);
        self
    }

    /// Done.
    #[must_use]
    pub fn build(self) -> Crm {
        let Self { clock, randomness, directory, timeline_sources, audit_key, event_source, .. } = self;
        let slots = CompanySlots::new(self.company_connections.map(NonZeroUsize::get), self.company_patience);
        Crm(Arc::new(Inner {
            source: Source { clock, randomness },
            directory,
            timeline_sources,
            audit_key,
            event_source,
            commits: watch::Sender::default(),
            live: LiveCompanies::default(),
            deliveries: Mutex::default(),
            companies: CompanyCache::new(COMPANY_FRESH_FOR),
            bulk_statement_time: self.bulk_statement_time,
            refusals: Refusals::default(),
            slots,
            strangers: Cache::builder().max_capacity(100_000).time_to_live(STRANGE_FOR).build(),
            users: Cache::builder().max_capacity(100_000).time_to_live(USER_FRESH_FOR).build(),
        }))
    }
}
