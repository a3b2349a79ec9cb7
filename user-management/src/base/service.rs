//! The service: its database, its settings, and the ports to what is outside.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use crm_core::clock::{Clock, Source};
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::changes::{AccessChange, ChangePublisher, Unpublished};
use super::error::Result;
use super::mailer::Mailer;
use super::options::Options;
use super::ring::Cache;
use crm_web::seal::SealKey;

/// User management. Cheap to clone; one for the process.
#[derive(Clone)]
pub struct UserManagement(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub db: DatabaseConnection,
    pub options: Options,
    pub seal: SealKey,
    /// Passwords are hashed on a few threads only, so that a flood of log-ins does not use up memory.
    pub hashing: Semaphore,
    /// The signing keys, as last read.
    pub keys: Cache,
    pub mailer: Option<Arc<dyn Mailer>>,
    source: Source,
    publisher: Arc<dyn ChangePublisher>,
}

impl fmt::Debug for UserManagement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserManagement").field("issuer", &self.0.options.issuer).finish_non_exhaustive()
    }
}

/// Builds a [`UserManagement`].
pub struct Builder {
    options: Options,
    secret: SecretString,
    source: Source,
    mailer: Option<Arc<dyn Mailer>>,
    publisher: Arc<dyn ChangePublisher>,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Builder {
    /// Sets the clock; that of the machine by default.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.source.clock = Box::new(clock);
        self
    }

    /// Sends mail. Without it, links are shown to administrators.
    #[must_use]
    pub fn mailer(mut self, mailer: impl Mailer) -> Self {
        self.mailer = Some(Arc::new(mailer));
        self
    }

    /// Tells other services of changes.
    #[must_use]
    pub fn publisher(mut self, publisher: impl ChangePublisher) -> Self {
        self.publisher = Arc::new(publisher);
        self
    }

    /// The service on this database.
    #[must_use]
    pub fn on(self, db: DatabaseConnection) -> UserManagement {
        let Self { options, secret, source, mailer, publisher } = self;
        let (seal, hashing) = (SealKey::of(secret.expose_secret().as_bytes()), Semaphore::new(options.hashing.max(1)));
        UserManagement(Arc::new(Inner {
            db,
            options,
            seal,
            hashing,
            keys: Cache::default(),
            mailer,
            source,
            publisher,
        }))
    }
}

impl UserManagement {
    /// A service with these settings. `secret` encrypts what is stored of keys and second factors: at least 32 bytes,
    /// the same at all instances, and never changed.
    #[must_use]
    pub fn builder(options: Options, secret: SecretString) -> Builder {
        Builder { options, secret, source: Source::default(), mailer: None, publisher: Arc::new(Unpublished) }
    }

    /// The settings.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Whether mail is sent; else links are shown.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.0.mailer.is_some()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.source.now()
    }

    pub(crate) fn id<T: From<Uuid>>(&self) -> T {
        self.0.source.id(self.now()).into()
    }

    pub(crate) fn db(&self) -> &DatabaseConnection {
        &self.0.db
    }

    /// A transaction for writes. On SQLite it takes the write lock at once.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction> {
        Ok(crm_core::begin_write(&self.0.db).await?)
    }

    /// Tells other services, after the commit.
    pub(crate) async fn publish(&self, changes: &[AccessChange]) {
        if !changes.is_empty() {
            self.0.publisher.publish(changes).await;
        }
    }
}
