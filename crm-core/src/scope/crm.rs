//! The state of the CRM in one process.

use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moka::future::Cache;
use tokio::sync::watch;
use uuid::Uuid;

use super::actor::Actor;
use super::company::{CompanyCache, CompanySettings};
use super::erasure_guard::ErasureGuard;
use super::jobs::{Alarm, JobHandler, JobQueue, JobRegistry};
use super::language_model::{ConnectedModel, LanguageModel, LanguageModelOptions};
use super::live::LiveCompanies;
use super::mail::Mailer;
use super::record_access::ColleaguesCache;
use super::refusals::Refusals;
use super::slots::CompanySlots;
use super::timeline_source::TimelineSource;
use super::user::UserDirectory;
use crate::base::clock::{Clock, Randomness, Source, SystemClock, SystemRandomness};
use crate::base::ids::{CompanyId, UserId};
use crate::base::rights::ActorRef;
use crate::journal::Recorder;

/// The maximum age of a company's cached state and settings.
const COMPANY_FRESH_FOR: Duration = Duration::from_secs(5);
/// How long a user is known to be mirrored without another check.
const USER_FRESH_FOR: Duration = Duration::from_secs(60);

/// How long a user that the directory does not know is not looked up again.
const UNKNOWN_FOR: Duration = Duration::from_secs(10);
/// How long a company that uses all its connections waits for one.
const COMPANY_PATIENCE: Duration = Duration::from_secs(3);

/// The CRM of one process: clock, randomness, ports and settings. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Crm(pub(crate) Arc<Inner>);

/// The contents of a [`Crm`].
pub(crate) struct Inner {
    pub source: Source,
    pub directory: Option<Box<dyn UserDirectory>>,
    pub timeline_sources: Vec<Box<dyn TimelineSource>>,
    pub erasure_guards: Vec<Box<dyn ErasureGuard>>,
    pub jobs: JobRegistry,
    pub language_model: Option<ConnectedModel>,
    pub mailer: Option<Box<dyn Mailer>>,
    /// Where the pages are that mails lead to.
    pub public_url: Option<String>,
    /// The settings of companies that have not changed theirs.
    pub company_settings: CompanySettings,
    pub audit_key: Option<Vec<u8>>,
    pub event_source: String,
    /// The number of commits of this process, and of notifications: wakes tasks that wait for any commit.
    pub commits: watch::Sender<u64>,
    /// The companies whose events are being read.
    pub live: LiveCompanies,
    /// The deliveries in progress, for databases without advisory locks.
    pub deliveries: Mutex<HashSet<(CompanyId, String)>>,
    pub companies: CompanyCache,
    /// The timeout of statements that write many rows.
    pub bulk_statement_time: Option<Duration>,
    /// Refusals that were only counted.
    pub refusals: Refusals,
    /// The connection slots of each company.
    pub slots: CompanySlots,
    /// Mirrored users, with the digest of the profile that the mirror was last compared with.
    pub users: Cache<(CompanyId, UserId), u64>,
    /// Users that the directory does not know.
    pub unknown_users: Cache<(CompanyId, UserId), ()>,
    /// Whose records users see.
    pub colleagues: ColleaguesCache,
}

impl fmt::Debug for Inner {
    /// Prints neither keys nor ports.
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
    /// The context of the records of a write by `actor`.
    pub(crate) fn recorder<'a>(&'a self, actor: &'a Actor) -> Recorder<'a> {
        Recorder {
            company: actor.company,
            actor: ActorRef::from(actor),
            request_id: actor.request_id.as_deref(),
            address: actor.address,
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

/// Builds a [`Crm`]. Obtained from [`Crm::builder`].
pub struct CrmBuilder {
    clock: Box<dyn Clock>,
    randomness: Box<dyn Randomness>,
    directory: Option<Box<dyn UserDirectory>>,
    timeline_sources: Vec<Box<dyn TimelineSource>>,
    erasure_guards: Vec<Box<dyn ErasureGuard>>,
    jobs: JobRegistry,
    language_model: Option<Arc<dyn LanguageModel>>,
    language_model_options: LanguageModelOptions,
    mailer: Option<Box<dyn Mailer>>,
    public_url: Option<String>,
    company_settings: CompanySettings,
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
            erasure_guards: Vec::new(),
            jobs: JobRegistry::default(),
            language_model: None,
            language_model_options: LanguageModelOptions::default(),
            mailer: None,
            public_url: None,
            company_settings: CompanySettings::default(),
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
    /// Sets the clock; by default that of the machine.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Sets the source of randomness; by default that of the operating system.
    #[must_use]
    pub fn randomness(mut self, randomness: impl Randomness) -> Self {
        self.randomness = Box::new(randomness);
        self
    }

    /// Sets the directory for users that the CRM does not know yet, for example when a customer is assigned to one.
    #[must_use]
    pub fn user_directory(mut self, directory: impl UserDirectory) -> Self {
        self.directory = Some(Box::new(directory));
        self
    }

    /// Adds a source of timeline entries. There can be several.
    #[must_use]
    pub fn timeline_source(mut self, source: impl TimelineSource) -> Self {
        self.timeline_sources.push(Box::new(source));
        self
    }

    /// Adds what is asked before a person is erased, and can refuse it. There can be several.
    #[must_use]
    pub fn erasure_guard(mut self, guard: impl ErasureGuard) -> Self {
        self.erasure_guards.push(Box::new(guard));
        self
    }

    /// Adds the handler of a kind of jobs; it replaces an earlier one of that kind. A process that runs no jobs needs
    /// none to enqueue them.
    #[must_use]
    pub fn job_handler(mut self, handler: impl JobHandler) -> Self {
        self.jobs.handlers.insert(handler.kind(), Arc::new(handler));
        self
    }

    /// Sets the host's queue of jobs; without one, [`Crm::run_jobs`] takes them from the table.
    #[must_use]
    pub fn job_queue(mut self, queue: impl JobQueue) -> Self {
        self.jobs.queue = Some(Box::new(queue));
        self
    }

    /// Adds something that becomes due by the clock.
    #[must_use]
    pub(crate) fn alarm(mut self, alarm: impl Alarm) -> Self {
        self.jobs.alarms.push(Box::new(alarm));
        self
    }

    /// Sets the mail server by which users are reminded and notified. Without one they are told in the CRM only.
    #[must_use]
    pub fn mailer(mut self, mailer: impl Mailer) -> Self {
        self.mailer = Some(Box::new(mailer));
        self
    }

    /// Sets the public address of the pages that mails lead to, such as `https://crm.example.com`. Without it mails
    /// have no links.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into().trim_end_matches('/').to_owned());
        self
    }

    /// Sets the language model that summarises interactions and suggests replies, for companies that have switched that
    /// on. Without one there are none. See [`ai`](crate::ai).
    #[must_use]
    pub fn language_model(mut self, model: Arc<dyn LanguageModel>) -> Self {
        self.language_model = Some(model);
        self
    }

    /// Sets the limits of the language model.
    #[must_use]
    pub fn language_model_options(mut self, options: LanguageModelOptions) -> Self {
        self.language_model_options = options;
        self
    }

    /// Sets the settings with which companies begin: the country and time zone of a host, for instance. A company that
    /// the CRM has seen before keeps its own.
    #[must_use]
    pub fn company_settings(mut self, settings: CompanySettings) -> Self {
        self.company_settings = settings;
        self
    }

    /// Sets the key of the digests in the audit trail, which can prove a value without storing it. Without a key the
    /// audit trail contains field names only.
    #[must_use]
    pub fn audit_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.audit_key = Some(key.into());
        self
    }

    /// Sets the `source` of the events (CloudEvents 1.0, section 3.1): a URI reference; `/crm` by default.
    #[must_use]
    pub fn event_source(mut self, source: impl Into<String>) -> Self {
        self.event_source = source.into();
        self
    }

    /// Sets the maximum number of connections that one company uses at once, in reads and open transactions; half of
    /// the pool by default. So slow requests of one company leave connections to the others. Transactions of a host are
    /// not counted.
    #[must_use]
    pub const fn company_connections(mut self, most: NonZeroUsize) -> Self {
        self.company_connections = Some(most);
        self
    }

    /// Sets how long a statement waits for a connection of its company before it fails with
    /// [`Error::CompanyBusy`](crate::Error::CompanyBusy); three seconds by default.
    #[must_use]
    pub const fn company_patience(mut self, patience: Duration) -> Self {
        self.company_patience = patience;
        self
    }

    /// Sets the timeout on PostgreSQL of statements that write many rows: those of imports, and of changes of the
    /// duplicate policy. All other statements have the timeout of the connection, which is also the default.
    #[must_use]
    pub const fn bulk_statement_time(mut self, limit: Duration) -> Self {
        self.bulk_statement_time = Some(limit);
        self
    }

    /// Builds the CRM.
    #[must_use]
    pub fn build(self) -> Crm {
        let Self { clock, randomness, directory, timeline_sources, jobs, audit_key, event_source, .. } = self;
        let options = self.language_model_options;
        let slots = CompanySlots::new(self.company_connections.map(NonZeroUsize::get), self.company_patience);
        Crm(Arc::new(Inner {
            source: Source { clock, randomness },
            directory,
            timeline_sources,
            erasure_guards: self.erasure_guards,
            jobs,
            language_model: self.language_model.map(|model| ConnectedModel::new(model, options)),
            mailer: self.mailer,
            public_url: self.public_url,
            company_settings: self.company_settings,
            audit_key,
            event_source,
            commits: watch::Sender::default(),
            live: LiveCompanies::default(),
            deliveries: Mutex::default(),
            companies: CompanyCache::new(COMPANY_FRESH_FOR),
            bulk_statement_time: self.bulk_statement_time,
            refusals: Refusals::default(),
            slots,
            unknown_users: Cache::builder().max_capacity(100_000).time_to_live(UNKNOWN_FOR).build(),
            users: Cache::builder().max_capacity(100_000).time_to_live(USER_FRESH_FOR).build(),
            colleagues: ColleaguesCache::default(),
        }))
    }
}
