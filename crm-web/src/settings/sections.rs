//! The sections that services have in common, and their rules.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;

use super::reader::Reader;
use crate::limits::{ForwardingHeader, RateLimitOptions};
use crate::service::Limits;
use crate::streams::StreamLimits;

/// The database.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// The URL.
    pub url: SecretString,
    /// The maximum number of connections of the pool.
    pub max_connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// How long a statement waits for a lock (PostgreSQL); zero for no limit.
    pub lock_timeout: Duration,
    /// The timeout of statements (PostgreSQL); zero for no limit.
    pub statement_timeout: Duration,
    /// Whether committed writes survive a power cut (SQLite). Not a setting: only the demo turns it off.
    pub is_durable: bool,
    /// The search path of our connections (PostgreSQL).
    pub schema: Option<String>,
    /// Whether pending migrations run at start.
    pub migrate_on_start: bool,
}

/// The settings of HTTP.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The address to listen on.
    pub host: String,
    /// The port to listen on.
    pub port: u16,
    /// The number of worker threads; one per core if absent.
    pub workers: Option<usize>,
    /// The web origins whose pages may call.
    pub cors_origins: Vec<String>,
    /// The limits of the routes.
    pub limits: Limits,
    /// How long to keep answering after a signal while not ready.
    pub shutdown_delay: Duration,
    /// How long running requests may take to finish after that.
    pub shutdown_timeout: Duration,
}

/// The settings of logging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// A level, or directives.
    pub level: String,
    /// The format.
    pub format: LogFormat,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// JSON for log collectors.
    Json,
    /// Readable for a terminal.
    Pretty,
}

impl DatabaseConfig {
    /// Reads `DATABASE_URL`, `DATABASE_MAX_CONNECTIONS`, `DATABASE_ACQUIRE_TIMEOUT`, `DATABASE_LOCK_TIMEOUT`,
    /// `DATABASE_STATEMENT_TIMEOUT`, `MIGRATE_ON_START`, and the schema from the setting that `schema` names.
    pub fn from_reader(reader: &mut Reader, schema: &str) -> Self {
        let url =
            reader.required("DATABASE_URL", "for instance sqlite://crm.db or postgres://crm:secret@localhost:5432/crm");
        // The error must not contain the URL, which has a password.
        if !url.is_empty() && !["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| url.starts_with(scheme))
        {
            reader.fault("DATABASE_URL", "begins with neither postgres:// nor sqlite://");
        }
        let schema_name = reader.text(schema);
        let is_name = |name: &String| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if schema_name.as_ref().is_some_and(|name| !is_name(name)) {
            reader.fault(schema, "the name of a schema has letters, digits and underscores");
        }
        Self {
            url: url.into(),
            max_connections: reader.parsed("DATABASE_MAX_CONNECTIONS").map_or(1, NonZeroU32::get),
            acquire_timeout: reader.duration("DATABASE_ACQUIRE_TIMEOUT").unwrap_or_default(),
            lock_timeout: reader.duration("DATABASE_LOCK_TIMEOUT").unwrap_or_default(),
            statement_timeout: reader.duration("DATABASE_STATEMENT_TIMEOUT").unwrap_or_default(),
            is_durable: true,
            schema: schema_name,
            migrate_on_start: reader.flag("MIGRATE_ON_START"),
        }
    }

    /// Whether it is an SQLite file.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.url.expose_secret().starts_with("sqlite:")
    }
}

/// Reads `REDIS_URL`.
pub fn redis_url(reader: &mut Reader) -> Option<SecretString> {
    let url = reader.text("REDIS_URL")?;
    if !["redis://", "rediss://", "redis+unix://"].iter().any(|scheme| url.starts_with(scheme)) {
        reader.fault("REDIS_URL", "begins with neither redis:// nor rediss://");
    }
    Some(url.into())
}

/// Reads `REDIS_TIMEOUT`.
pub fn redis_timeout(reader: &mut Reader) -> Duration {
    let timeout = reader.duration("REDIS_TIMEOUT");
    if timeout.is_some_and(|timeout| timeout.is_zero()) {
        reader.fault("REDIS_TIMEOUT", "must be greater than zero; without REDIS_URL Redis is not used");
    }
    timeout.unwrap_or_default()
}

/// Reads `RATE_LIMIT_IP`, `RATE_LIMIT_USER`, `RATE_LIMIT_COMPANY`, `TRUSTED_PROXIES` and `TRUSTED_PROXY_HEADER`.
/// Without the setting of a limit there is none. A service with public forms reads theirs itself.
pub fn rate_limits(reader: &mut Reader) -> RateLimitOptions {
    let mut limit = |name| reader.parsed::<u32>(name).and_then(NonZeroU32::new);
    let (ip, user, company) = (limit("RATE_LIMIT_IP"), limit("RATE_LIMIT_USER"), limit("RATE_LIMIT_COMPANY"));
    let trusted_proxies = reader.list("TRUSTED_PROXIES");
    let networks = trusted_proxies.iter().map(|text| network(text).ok_or(text)).collect::<Result<_, _>>();
    let trusted_proxies = networks.unwrap_or_else(|text| {
        reader.fault("TRUSTED_PROXIES", format_args!("\"{text}\" is no network such as 10.0.0.0/8 or 10.1.2.3"));
        Vec::new()
    });
    const HEADERS: &[(&str, ForwardingHeader)] =
        &[("X-Forwarded-For", ForwardingHeader::XForwardedFor), ("Forwarded", ForwardingHeader::Forwarded)];
    let forwarding_header = reader.word("TRUSTED_PROXY_HEADER", HEADERS).unwrap_or_default();
    RateLimitOptions { ip, user, company, trusted_proxies, forwarding_header, ..RateLimitOptions::default() }
}

/// A network, or a single address.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl HttpConfig {
    /// The number of worker threads: that of the setting, or one per core.
    #[must_use]
    pub fn worker_threads(&self) -> usize {
        self.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, NonZeroUsize::get))
    }

    /// Reads `HOST`, `PORT`, `WORKERS`, `CORS_ORIGINS`, `SHUTDOWN_DELAY`, `SHUTDOWN_TIMEOUT` and the
    /// limits. Without its setting a limit is the default.
    pub fn from_reader(reader: &mut Reader) -> Self {
        let default = Limits::default();
        let cors_origins = reader.list("CORS_ORIGINS");
        if let Some(origin) = cors_origins.iter().find(|origin| !is_origin(origin)) {
            let hint = "an origin is a scheme and a host, for instance https://erp.example.com, without a path";
            reader.fault("CORS_ORIGINS", format_args!("\"{origin}\": {hint}"));
        }
        let limits = Limits {
            body: reader.bytes("BODY_LIMIT").unwrap_or(default.body),
            import: reader.bytes("IMPORT_LIMIT").unwrap_or(default.import),
            body_time: reader.duration("BODY_TIMEOUT").unwrap_or(default.body_time),
            import_time: reader.duration("IMPORT_TIMEOUT").unwrap_or(default.import_time),
            request_time: request_time(reader).unwrap_or(default.request_time),
            stream_time: reader.duration("STREAM_TIME").unwrap_or(default.stream_time),
            stream_look: default.stream_look,
            streams: streams(reader),
        };
        Self {
            host: reader.text("HOST").unwrap_or_default(),
            port: reader.parsed("PORT").unwrap_or_default(),
            workers: reader.parsed("WORKERS").map(NonZeroUsize::get),
            cors_origins,
            limits,
            shutdown_delay: reader.duration("SHUTDOWN_DELAY").unwrap_or_default(),
            shutdown_timeout: reader.duration("SHUTDOWN_TIMEOUT").unwrap_or_default(),
        }
    }
}

fn streams(reader: &mut Reader) -> StreamLimits {
    let mut limit = |name| reader.parsed::<u32>(name).and_then(NonZeroU32::new);
    let (user, company) = (limit("STREAMS_PER_USER"), limit("STREAMS_PER_COMPANY"));
    StreamLimits { user, company, process: limit("STREAMS_PER_PROCESS") }
}

/// Zero would refuse every request, and the setting exists to limit requests.
fn request_time(reader: &mut Reader) -> Option<Duration> {
    let limit = reader.duration("REQUEST_TIMEOUT");
    if limit.is_some_and(|limit| limit.is_zero()) {
        reader.fault("REQUEST_TIMEOUT", "must be greater than zero");
    }
    limit
}

fn is_origin(origin: &str) -> bool {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    origin == "*" || host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '?', '#']))
}

impl LogConfig {
    /// Reads `LOG_LEVEL` and `LOG_FORMAT`.
    pub fn from_reader(reader: &mut Reader) -> Self {
        const FORMATS: &[(&str, LogFormat)] = &[("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];
        let level = reader.text("LOG_LEVEL").unwrap_or_default();
        if let Err(error) = EnvFilter::builder().parse(&level) {
            reader.fault("LOG_LEVEL", error);
        }
        Self { level, format: reader.word("LOG_FORMAT", FORMATS).unwrap_or(LogFormat::Json) }
    }
}
