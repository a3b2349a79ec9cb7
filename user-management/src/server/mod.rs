//! The standalone service: the routes with all middleware, on a port.

mod housekeeping;

use std::fmt;
use std::io;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{App, Error, HttpResponse, HttpServer, web};
use crm_web::docs::Document;
use crm_web::limits::RateLimits;
use crm_web::metrics::{Metrics, observe_queries};
use crm_web::problem::unknown_route;
use crm_web::redis::{Redis, RedisUrlError};
use crm_web::server::{KEEP_ALIVE, allow_origins, inside, is_in_schema, make_schema, outside, stop_after};
use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use sea_orm::{DatabaseConnection, DbBackend, DbErr};

pub use crm_web::server::{LogGuard, init_logging};

use crate::events::RedisChanges;
use crate::http::health::{Health, configure_health};
use crate::http::{self, Service};
use crate::migrations;
use crate::settings::{Config, DatabaseConfig, HttpConfig};
use crate::{ChangePublisher, UserManagement};

/// The name under which PostgreSQL shows the connections.
const APPLICATION: &str = "user-management";

/// The reason why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The database cannot be reached, or the migrations failed.
    #[error("cannot use the database")]
    Database(#[from] DbErr),
    /// The schema of the database is older than this program.
    #[error("{0} migrations are pending; run `user-management migrate up` first, or set MIGRATE_ON_START=true")]
    MigrationsPending(usize),
    /// The schema of the settings is not the one in use.
    #[error("UM_DATABASE_SCHEMA is {0}, but there is no such schema that this role may use")]
    Schema(String),
    /// Metrics cannot be collected.
    #[error("cannot collect metrics")]
    Metrics(#[from] BuildError),
    /// The URL of Redis is not valid.
    #[error("cannot use REDIS_URL: {0}")]
    Redis(#[from] RedisUrlError),
    /// The first signing key cannot be made.
    #[error("cannot make a signing key")]
    Keys(#[from] crate::Error),
    /// The port cannot be opened.
    #[error("cannot listen on {0}")]
    Listen(String, #[source] io::Error),
    /// The server failed.
    #[error("the server broke")]
    Broken(#[from] io::Error),
}

/// Connects to the database of the service.
///
/// # Errors
/// The error of the database.
pub async fn connect(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    crm_web::server::connect(config, APPLICATION).await
}

/// Connects without timeouts, for migrations.
///
/// # Errors
/// The error of the database.
pub async fn connect_for_migrations(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    let database = crm_web::server::connect_for_migrations(config, APPLICATION).await?;
    make_schema(&database, config).await?;
    Ok(database)
}

/// User management with these settings, without a server: for commands of its operator.
///
/// # Errors
/// [`ServerError::Redis`] for an invalid URL.
pub fn assembled(config: &Config, database: DatabaseConnection) -> Result<UserManagement, ServerError> {
    Ok(assemble(config, redis(config)?.map(|redis| redis_changes(config, redis)), database))
}

fn redis(config: &Config) -> Result<Option<Redis>, RedisUrlError> {
    config.redis_url.as_ref().map(|url| Redis::new(url, config.redis_timeout)).transpose()
}

fn redis_changes(config: &Config, redis: Redis) -> Arc<dyn ChangePublisher> {
    Arc::new(RedisChanges::new(redis, config.options.access_token))
}

fn assemble(
    config: &Config,
    publisher: Option<Arc<dyn ChangePublisher>>,
    database: DatabaseConnection,
) -> UserManagement {
    let mut builder = UserManagement::builder(config.options.clone(), config.secret.clone());
    if let Some(publisher) = publisher {
        builder = builder.publisher(publisher);
    }
    if let Some(mailer) = &config.mailer {
        builder = builder.mailer(mailer.clone());
    }
    builder.on(database)
}

/// A service that is ready to run. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    service: Service,
    health: Health,
    http: HttpConfig,
    document: Document,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("http", &self.http).finish_non_exhaustive()
    }
}

impl Server {
    /// Connects to the database and other services, checks the schema, and starts to collect metrics.
    ///
    /// # Errors
    /// The reason why the service cannot start.
    pub async fn start(config: &Config) -> Result<Self, ServerError> {
        let metrics = Metrics::install()?;
        crate::sign_ins::describe_metrics();
        crate::mail::describe_metrics();
        Self::open(config, Some(metrics), None).await
    }

    /// The same for a process that runs other services as well: they are told of changes by `publisher`, and the metrics
    /// are theirs.
    ///
    /// # Errors
    /// The reason why the service cannot start.
    pub async fn beside(config: &Config, publisher: impl ChangePublisher) -> Result<Self, ServerError> {
        Self::open(config, None, Some(Arc::new(publisher))).await
    }

    async fn open(
        config: &Config,
        metrics: Option<PrometheusHandle>,
        publisher: Option<Arc<dyn ChangePublisher>>,
    ) -> Result<Self, ServerError> {
        if config.database.migrate_on_start {
            let database = connect_for_migrations(&config.database).await?;
            migrations::up(&database).await?;
            database.close().await?;
        }
        let mut database = connect(&config.database).await?;
        observe_queries(&mut database);
        if let Some(schema) = &config.database.schema
            && database.get_database_backend() == DbBackend::Postgres
            && !is_in_schema(&database, &config.database).await?
        {
            return Err(ServerError::Schema(schema.clone()));
        }
        let pending = migrations::status(&database).await?.iter().filter(|migration| !migration.applied).count();
        if pending > 0 {
            return Err(ServerError::MigrationsPending(pending));
        }
        let redis = redis(config)?;
        let publisher = publisher.or_else(|| Some(redis_changes(config, redis.clone()?)));
        let users = assemble(config, publisher, database.clone());
        // Services fetch the keys before the first user signs in.
        users.jwks().await?;
        let service = Service::new(users, config.clients.clone(), RateLimits::new(config.rate_limits.clone(), redis));
        Ok(Self::new(service, Health::new(database, metrics), config.http.clone()))
    }

    /// Builds a server from its parts.
    #[must_use]
    pub fn new(service: Service, health: Health, http: HttpConfig) -> Self {
        Self { service, health, http, document: Document::lazily(http::openapi) }
    }

    /// User management itself.
    #[must_use]
    pub fn users(&self) -> &UserManagement {
        self.service.users()
    }

    /// The app: all routes, with logging, metrics, CORS, security headers and compression.
    pub fn app(
        &self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody + use<>>,
            Error = Error,
            InitError = (),
        > + use<>,
    > {
        let Self { service, health, http, document } = self.clone();
        App::new()
            .configure(configure_health(health))
            .configure(http::configure(service))
            .configure(document.configure())
            .route("/", web::get().to(welcome))
            .default_service(web::to(unknown_route))
            .wrap(from_fn(inside))
            .wrap(Compress::default())
            .wrap(Condition::new(!http.cors_origins.is_empty(), allow_origins(&http.cors_origins)))
            .wrap(from_fn(outside))
    }

    /// Answers requests until a signal, and then until running requests have finished. Calls back once it listens.
    ///
    /// # Errors
    /// [`ServerError::Listen`] if the port is taken.
    pub async fn run_and(self, listening: impl FnOnce()) -> Result<(), ServerError> {
        let HttpConfig { host, port, shutdown_delay, shutdown_timeout, .. } = self.http.clone();
        let workers = self.http.worker_threads();
        let housekeeping = actix_web::rt::spawn(housekeeping::keep(self.users().clone()));
        let health = self.health.clone();
        let server = HttpServer::new(move || self.app())
            .workers(workers)
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(shutdown_timeout.as_secs().max(1))
            .shutdown_signal(stop_after(shutdown_delay, move || health.stop()));
        let bound = server.bind((host.as_str(), port));
        let server = bound.map_err(|error| ServerError::Listen(format!("{host}:{port}"), error))?;
        tracing::info!(host, port, "user management is listening");
        listening();
        let ended = server.run().await;
        housekeeping.abort();
        Ok(ended?)
    }
}

/// Where to go from the root.
async fn welcome() -> HttpResponse {
    HttpResponse::Found().insert_header(("location", "docs/")).finish()
}
