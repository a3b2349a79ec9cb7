//! The standalone service: the routes with all middleware, on a port.

mod database;
mod housekeeping;
mod lifecycle;
mod welcome;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Condition, Next, from_fn};
use actix_web::{App, Error, HttpServer, web};
use crm_core::ai::{LanguageModelObserver, LanguageModelOptions};
use crm_core::sea_orm::DbErr;
use crm_core::{Crm, CrmBuilder};
use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use utoipa::openapi::OpenApi;

pub use crm_web::server::{LogGuard, NotReady, expect_ready, init_logging, make_schema};
pub use database::{connect, connect_for_migrations, expect_schema};

use crate::app::config::{Config, HttpConfig, LanguageModelConfig};
use crate::app::directory::{DirectoryOptions, DirectorySync};
use crate::app::relay::{Relay, RelayOptions};
use crate::app::service::Service;
use crate::app::workers::{JobWorkerOptions, JobWorkers};
use crate::features::capture_forms::PUBLIC;
use crate::features::health::Health;
use crm_web::auth::{DirectoryClient, Revocations, SharedFacts, UpstreamError, Verifier};
use crm_web::cache::{Cache, SharedCache};
use crm_web::docs::Document;
use crm_web::language_model::{ClientError, LanguageModelMetrics, OpenAiModel};
use crm_web::limits::RateLimits;
use crm_web::mail::{SmtpMailer, SmtpSettingsError};
use crm_web::metrics::{Metrics, observe_queries};
use crm_web::problem::unknown_route;
use crm_web::redis::{Redis, RedisAnswers, RedisFacts, RedisUrlError, RevocationFeed};
use crm_web::request::BrowserOrigin;
use crm_web::server::{KEEP_ALIVE, allow_origins, inside, outside};
use crm_web::streams::CursorKey;

/// How long the start waits for the revocations of the last minutes.
const REVOCATIONS_WITHIN: Duration = Duration::from_millis(500);

/// The reason why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The database cannot be reached.
    #[error("cannot connect to the database")]
    Database(#[from] DbErr),
    /// The schema of the database is older than this program.
    #[error("{0} migrations are pending; run `crm-http migrate up` first, or set MIGRATE_ON_START=true")]
    MigrationsPending(usize),
    /// The schema of the settings is not the one in use.
    #[error(
        "CRM_DATABASE_SCHEMA is {0}, but there is no such schema that this role may use; `crm-http migrate up` makes it"
    )]
    Schema(String),
    /// The migrations at start failed.
    #[error("cannot migrate the database")]
    Migration(#[from] migration::Error),
    /// Metrics cannot be collected.
    #[error("cannot collect metrics")]
    Metrics(#[from] BuildError),
    /// The URL of Redis is not valid.
    #[error("cannot use REDIS_URL: {0}")]
    Redis(#[from] RedisUrlError),
    /// No TLS client for the user-management service can be created.
    #[error("cannot verify tokens")]
    Identity(#[from] UpstreamError),
    /// No client for the language model can be created.
    #[error("cannot use the language model")]
    LanguageModel(#[from] ClientError),
    /// Mail cannot be sent.
    #[error("cannot send mail")]
    Mail(#[from] SmtpSettingsError),
    /// The port cannot be opened.
    #[error("cannot listen on {0}")]
    Listen(String, #[source] io::Error),
    /// The server failed.
    #[error("the server broke")]
    Broken(#[from] io::Error),
}

type Routes = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;
type Pages = Arc<dyn Fn(&Service, &mut web::ServiceConfig) + Send + Sync>;

/// A service that is ready to run. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    service: Service,
    health: Health,
    http: HttpConfig,
    document: Document,
    more: Option<Routes>,
    pages: Option<Pages>,
    relay: Option<(Redis, RelayOptions)>,
    revocations: Revocations,
    /// The Redis in which the service revokes tokens.
    revoking: Option<Redis>,
    directory: Option<DirectoryOptions>,
    job_workers: Option<JobWorkerOptions>,
    shares: database::Shares,
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
        let workers = config.http.worker_threads();
        let shares = database::Shares::of(
            config.database.max_connections,
            workers,
            config.job_workers.map(|jobs| jobs.parallel),
        );
        let mut database = connect(&shares.background(&config.database)).await?;
        observe_queries(&mut database);
        if config.database.migrate_on_start {
            database::migrate(&database, &config.database).await?;
        }
        expect_schema(&database, &config.database).await?;
        let pending = migration::status(&database).await?.iter().filter(|migration| !migration.applied).count();
        if pending > 0 {
            return Err(ServerError::MigrationsPending(pending));
        }
        warm_up();
        let redis = config.redis_url.as_ref().map(|url| Redis::new(url, config.redis_timeout)).transpose()?;
        let crm = with_mail(with_language_model(crm(config, shares), config)?, config)?.build();
        let metrics = Metrics::install()?;
        let verifier = Verifier::start(config.auth.mode.clone(), redis.clone().map(shared_facts)).await?;
        let revocations = verifier.revocations().clone();
        let pool = redis.as_ref().map(|redis| redis.pool().clone());
        let rate_limits = RateLimits::new(config.rate_limits.clone(), redis.clone());
        let health = Health::new(database.clone(), pool, Some(metrics)).with_verifier(verifier.clone());
        let cache = match &redis {
            Some(redis) => Cache::shared(shared_answers(redis.clone()), &config.auth.audit_key()),
            None => Cache::default(),
        };
        let service = Service::new(crm, database, verifier).with_limits(config.http.limits);
        let cursor_key = CursorKey::derived(&config.auth.audit_key());
        let service = service.with_rate_limits(rate_limits).with_cache(cache).with_cursor_key(cursor_key);
        let server = Self::new(service, health, config.http.clone());
        let relay = redis.clone().map(|redis| (redis, config.relay.clone()));
        let (job_workers, directory) = (config.job_workers, config.auth.directory.clone());
        Ok(Self { relay, revocations, revoking: redis, directory, job_workers, shares, ..server })
    }

    /// Builds a server from its parts.
    #[must_use]
    pub fn new(service: Service, health: Health, http: HttpConfig) -> Self {
        let (document, shares) = (Document::lazily(crate::openapi), database::Shares::default());
        let revocations = Revocations::default();
        Self {
            service,
            health,
            http,
            document,
            more: None,
            pages: None,
            relay: None,
            revocations,
            revoking: None,
            directory: None,
            job_workers: None,
            shares,
        }
    }

    /// Starts to collect metrics, for a server built from parts. Once per process.
    ///
    /// # Errors
    /// [`ServerError::Metrics`] if a recorder is installed already.
    pub fn collect_metrics() -> Result<PrometheusHandle, ServerError> {
        Ok(Metrics::install()?)
    }

    /// Serves another document than [`openapi`](crate::openapi).
    #[must_use]
    pub fn with_document(self, document: OpenApi) -> Self {
        Self { document: Document::new(document), ..self }
    }

    /// Forwards events to Redis while it runs, and receives wake-ups of other instances.
    #[must_use]
    pub fn with_relay(self, redis: Redis, options: RelayOptions) -> Self {
        Self { relay: Some((redis, options)), ..self }
    }

    /// Learns while it runs from this Redis which tokens of a verifier are revoked.
    #[must_use]
    pub fn with_revocations(self, revocations: Revocations, redis: Redis) -> Self {
        Self { revocations, revoking: Some(redis), ..self }
    }

    /// Follows the directory of the user-management service while it runs.
    #[must_use]
    pub fn with_directory(self, options: DirectoryOptions) -> Self {
        Self { directory: Some(options), ..self }
    }

    /// Runs jobs while it runs.
    #[must_use]
    pub fn with_job_workers(self, options: JobWorkerOptions) -> Self {
        Self { job_workers: Some(options), ..self }
    }

    /// The service of the routes.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// The revoked tokens, which another service in this process can tell of.
    #[must_use]
    pub const fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// Mounts more routes.
    #[must_use]
    pub fn with_routes(self, routes: impl Fn(&mut web::ServiceConfig) + Send + Sync + 'static) -> Self {
        Self { more: Some(Arc::new(routes)), ..self }
    }

    /// Mounts pages at the root, in place of the greeting. They get the service with the connections of their worker.
    #[must_use]
    pub fn with_pages(self, pages: impl Fn(&Service, &mut web::ServiceConfig) + Send + Sync + 'static) -> Self {
        Self { pages: Some(Arc::new(pages)), ..self }
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
        let Self { service, health, http, document, more, pages, .. } = self.clone();
        App::new()
            .configure(crate::configure_health(health))
            .configure(crate::configure(service.clone()))
            .configure(document.configure())
            .configure(move |config| more.iter().for_each(|routes| routes(config)))
            // Last, because they answer every path that is left.
            .configure(move |config| match pages {
                Some(pages) => pages(&service, config),
                None => {
                    config.route("/", web::get().to(welcome::welcome));
                }
            })
            .default_service(web::to(unknown_route))
            .wrap(from_fn(inside))
            .wrap(Compress::default())
            .wrap(Condition::new(!http.cors_origins.is_empty(), allow_origins(&http.cors_origins)))
            .wrap(from_fn(leave_forms_alone))
            .wrap(from_fn(outside))
    }

    /// Answers requests until a signal, and then until running requests have finished.
    ///
    /// # Errors
    /// [`ServerError::Listen`] if the port is taken.
    pub async fn run(self) -> Result<(), ServerError> {
        self.run_and(|| {}).await
    }

    /// Runs the server, and calls back once it listens.
    ///
    /// # Errors
    /// [`ServerError::Listen`] if the port is taken; [`ServerError::Identity`] if the directory cannot be followed.
    pub async fn run_and(self, listening: impl FnOnce()) -> Result<(), ServerError> {
        let HttpConfig { host, port, shutdown_delay, shutdown_timeout, .. } = self.http.clone();
        let workers = self.http.worker_threads();
        let (health, service) = (self.health.clone(), self.service.clone());
        let last = self.service.clone();
        let housekeeping = actix_web::rt::spawn(housekeeping::keep(self.service.clone()));
        let _revoking = self.revoking().await;
        let _directory = self.directory()?;
        let (relay, workers_of_jobs) = (self.relay(), self.job_workers());
        let server = HttpServer::new(move || self.of_worker().app())
            .workers(workers)
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(shutdown_timeout.as_secs().max(1))
            .shutdown_signal(lifecycle::stop_after(health, service, shutdown_delay));
        let bound = server.bind((host.as_str(), port));
        let server = bound.map_err(|error| ServerError::Listen(format!("{host}:{port}"), error))?;
        tracing::info!(host, port, "listening");
        listening();
        let ended = server.run().await;
        housekeeping.abort();
        housekeeping::end(&last).await;
        if let Some(workers) = workers_of_jobs {
            workers.end().await;
        }
        if let Some(relay) = relay {
            relay.end().await;
        }
        ended?;
        tracing::info!("stopped");
        Ok(())
    }
}

impl Server {
    /// The routes of a worker, with its own pool if there are enough connections. Called on the worker's thread.
    fn of_worker(&self) -> Self {
        let Some(mut database) = self.shares.worker(self.service.database()) else {
            return self.clone();
        };
        observe_queries(&mut database);
        let service = Service(self.service.with_database(database.clone()));
        let health = self.health.on(database);
        Self { service, health, ..self.clone() }
    }

    /// Waits a moment, so that no token is accepted that was revoked before the start; but not for a Redis that is down.
    async fn revoking(&self) -> Option<RevocationFeed> {
        let feed = self.revocations.follow(self.revoking.clone()?);
        self.revocations.are_known_within(REVOCATIONS_WITHIN).await;
        Some(feed)
    }

    fn directory(&self) -> Result<Option<DirectorySync>, ServerError> {
        let Some(DirectoryOptions { client, interval }) = self.directory.clone() else {
            return Ok(None);
        };
        let (crm, database) = (self.service.crm().clone(), self.service.database().clone());
        let news = self.revocations.directory_changes();
        Ok(Some(DirectorySync::start(crm, database, DirectoryClient::new(client)?, interval, news)))
    }

    fn relay(&self) -> Option<Relay> {
        let (redis, options) = self.relay.clone()?;
        let (crm, database) = (self.service.crm().clone(), self.service.database().clone());
        Some(Relay::start(crm, database, redis, self.service.cursor_key().clone(), options))
    }

    fn job_workers(&self) -> Option<JobWorkers> {
        let (crm, database) = (self.service.crm().clone(), self.service.database().clone());
        Some(JobWorkers::start(crm, database, self.job_workers?))
    }
}

fn crm(config: &Config, shares: database::Shares) -> CrmBuilder {
    let of_company = config.company_connections.or(shares.of_company());
    let crm = Crm::builder()
        .audit_key(config.auth.audit_key())
        .bulk_statement_time(config.bulk_statement_timeout)
        .company_patience(config.database.acquire_timeout);
    match of_company {
        Some(most) => crm.company_connections(most),
        None => crm,
    }
}

/// The CRM with the language model of the settings, if there is one.
fn with_language_model(crm: CrmBuilder, config: &Config) -> Result<CrmBuilder, ClientError> {
    let Some(LanguageModelConfig { api, timeout, daily_tokens }) = config.language_model.clone() else {
        return Ok(crm);
    };
    let observer: Option<Arc<dyn LanguageModelObserver>> = Some(Arc::new(LanguageModelMetrics));
    let options = LanguageModelOptions { daily_tokens, timeout, observer };
    Ok(crm.language_model(Arc::new(OpenAiModel::new(api)?)).language_model_options(options))
}

/// The CRM with the mail server of the settings, if there is one.
fn with_mail(crm: CrmBuilder, config: &Config) -> Result<CrmBuilder, SmtpSettingsError> {
    let crm = match &config.mail.public_url {
        Some(url) => crm.public_url(url.as_str()),
        None => crm,
    };
    match config.mail.smtp.clone() {
        Some(options) => Ok(crm.mailer(SmtpMailer::new(options)?)),
        None => Ok(crm),
    }
}

/// Middleware around CORS: each public form says itself which origins may send it.
async fn leave_forms_alone<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if request.path().strip_prefix(PUBLIC).is_some_and(|rest| rest.starts_with('/')) {
        BrowserOrigin::set_aside(&mut request);
    }
    next.call(request).await
}

/// The first telephone number loads the metadata of all countries; no request should wait for that.
fn warm_up() {
    tokio::task::spawn_blocking(|| crm_core::places::phone_e164("+12125550100", None));
}

fn shared_answers(redis: Redis) -> Arc<dyn SharedCache> {
    Arc::new(RedisAnswers::new(redis))
}

fn shared_facts(redis: Redis) -> Arc<dyn SharedFacts> {
    Arc::new(RedisFacts::new(redis))
}
