//! The state of the routes.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Data;
use crm_core::Crm;
use crm_core::sea_orm::DatabaseConnection;
use tokio::sync::watch;

use crate::auth::Authenticator;
use crate::cache::Cache;
use crate::limits::RateLimits;
use crate::problem::ApiError;
use crate::streams::{CursorKey, OpenStreams, StreamLimits};

/// The limits of the routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The maximum size of a JSON body, in bytes.
    pub body: usize,
    /// The maximum size of an import file, in bytes.
    pub import: usize,
    /// How long a JSON body may take to arrive.
    pub body_time: Duration,
    /// How long an import file may take to arrive.
    pub import_time: Duration,
    /// How long a request may take until its answer begins. An import or export may take longer, but waits at most this
    /// long for each batch or piece.
    pub request_time: Duration,
    /// How long an event stream lasts before the client has to reconnect, so that its token is verified again.
    pub stream_time: Duration,
    /// The interval at which event streams poll for writes of other processes.
    pub stream_look: Duration,
    /// The maximum numbers of open event streams.
    pub streams: StreamLimits,
}

impl Default for Limits {
    /// 1 MiB within 10 seconds, and 100 MiB within 10 minutes for imports. An answer within 30 seconds; event streams
    /// last 10 minutes, and poll every 2 seconds; 20 per user, 500 per company and 2,000 in all.
    fn default() -> Self {
        let [body_time, request_time, import_time] = [10, 30, 600].map(Duration::from_secs);
        let [stream_time, stream_look] = [600, 2].map(Duration::from_secs);
        let [body, import] = [1, 100].map(|mebibytes| mebibytes * 1024 * 1024);
        let streams = StreamLimits::default();
        Self { body, import, body_time, import_time, request_time, stream_time, stream_look, streams }
    }
}

impl Limits {
    /// The limits of the routes of this request: those in the app data (`.app_data(limits)`), or the default.
    ///
    /// Middleware of a scope sees the app data around the scope; its handlers also see that of the scope.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request.app_data::<Self>().copied().unwrap_or_default()
    }
}

/// The CRM, its database and its authenticator: the state of all routes. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    crm: Crm,
    database: DatabaseConnection,
    authenticator: Arc<dyn Authenticator>,
    limits: Limits,
    rate_limits: Option<RateLimits>,
    cache: Option<Cache>,
    cursor_key: OnceLock<CursorKey>,
    open_streams: OpenStreams,
    /// True once event streams must end, at shutdown.
    stopping: Arc<watch::Sender<bool>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl Service {
    /// Combines the three, with the default limits.
    pub fn new(crm: Crm, database: DatabaseConnection, authenticator: impl Authenticator) -> Self {
        let (authenticator, limits) = (Arc::new(authenticator), Limits::default());
        let (stopping, cache) = (Arc::new(watch::Sender::new(false)), Some(Cache::default()));
        let (rate_limits, cursor_key, open_streams) = (None, OnceLock::new(), OpenStreams::default());
        let inner =
            Inner { crm, database, authenticator, limits, rate_limits, cache, cursor_key, open_streams, stopping };
        Self(Arc::new(inner))
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self(Arc::new(Inner { limits, ..self.0.parts() }))
    }

    /// Sets rate limits. By default there are none.
    #[must_use]
    pub fn with_rate_limits(self, rate_limits: RateLimits) -> Self {
        Self(Arc::new(Inner { rate_limits: Some(rate_limits), ..self.0.parts() }))
    }

    /// Sets the cache of responses, or none. By default it is a cache of this process.
    #[must_use]
    pub fn with_cache(self, cache: impl Into<Option<Cache>>) -> Self {
        Self(Arc::new(Inner { cache: cache.into(), ..self.0.parts() }))
    }

    /// Uses another pool of connections to the same database.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn with_database(&self, database: DatabaseConnection) -> Self {
        Self(Arc::new(Inner { database, ..self.0.parts() }))
    }

    /// Sets the key of event cursors, so that they are valid at other instances and after a restart. By default it is a
    /// random key of this process.
    #[must_use]
    pub fn with_cursor_key(self, key: CursorKey) -> Self {
        Self(Arc::new(Inner { cursor_key: key.into(), ..self.0.parts() }))
    }

    /// Ends all event streams, which would block the shutdown of a server. Clients reconnect to another instance.
    pub fn end_streams(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Tells when streams must end.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.0.stopping.subscribe()
    }

    /// The service with which the routes of this request are mounted: `web::Data<Service>` in the app data.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::problem::Code::Internal) without one.
    pub fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let service = request.app_data::<Data<Self>>().map(|service| service.get_ref().clone());
        service.ok_or_else(|| ApiError::internal("the routes are mounted without their service"))
    }

    /// The CRM.
    #[must_use]
    pub fn crm(&self) -> &Crm {
        &self.0.crm
    }

    /// The pool of connections.
    #[must_use]
    pub fn database(&self) -> &DatabaseConnection {
        &self.0.database
    }

    /// The authenticator.
    #[must_use]
    pub fn authenticator(&self) -> &dyn Authenticator {
        &*self.0.authenticator
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// The key of event cursors.
    #[must_use]
    pub fn cursor_key(&self) -> &CursorKey {
        self.0.cursor_key.get_or_init(|| {
            tracing::warn!("event cursors are valid in this process only, because no key is set (with_cursor_key)");
            CursorKey::random()
        })
    }

    /// The open event streams.
    #[must_use]
    pub fn open_streams(&self) -> &OpenStreams {
        &self.0.open_streams
    }

    /// The cache of responses, if there is one.
    #[must_use]
    pub fn cache(&self) -> Option<&Cache> {
        self.0.cache.as_ref()
    }

    /// The rate limits, if there are any.
    #[must_use]
    pub fn rate_limits(&self) -> Option<&RateLimits> {
        self.0.rate_limits.as_ref()
    }
}

impl Inner {
    fn parts(&self) -> Self {
        let Self { crm, database, authenticator, limits, rate_limits, cache, cursor_key, open_streams, stopping } =
            self;
        Self {
            crm: crm.clone(),
            database: database.clone(),
            authenticator: authenticator.clone(),
            limits: *limits,
            rate_limits: rate_limits.clone(),
            cache: cache.clone(),
            cursor_key: cursor_key.clone(),
            open_streams: open_streams.clone(),
            stopping: stopping.clone(),
        }
    }
}
