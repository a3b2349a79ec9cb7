//! All settings, and the rules of those that only the CRM has.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crm_web::limits::RateLimitOptions;
use crm_web::settings::{DatabaseConfig, HttpConfig, LogConfig, Reader, rate_limits, redis_timeout, redis_url};
use secrecy::SecretString;

use super::{AuthConfig, ConsoleConfig, LanguageModelConfig, MailConfig, SCHEMA};
use crate::app::relay::RelayOptions;
use crate::app::workers::JobWorkerOptions;

/// The settings of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database.
    pub database: DatabaseConfig,
    /// The timeout of statements that write many rows (PostgreSQL); zero for no limit.
    pub bulk_statement_timeout: Duration,
    /// The maximum number of connections of one company; half of them if absent.
    pub company_connections: Option<NonZeroUsize>,
    /// Who may call.
    pub auth: AuthConfig,
    /// Redis, if it is configured.
    pub redis_url: Option<SecretString>,
    /// The timeout of Redis.
    pub redis_timeout: Duration,
    /// The stream of events, if Redis is configured.
    pub relay: RelayOptions,
    /// How jobs are run; none are if absent.
    pub job_workers: Option<JobWorkerOptions>,
    /// The language model, if there is one.
    pub language_model: Option<LanguageModelConfig>,
    /// Mail to users.
    pub mail: MailConfig,
    /// The rate limits.
    pub rate_limits: RateLimitOptions,
    /// Where users of the web console log in; `None` without a console.
    pub console: Option<ConsoleConfig>,
    /// The settings of HTTP.
    pub http: HttpConfig,
    /// What is logged.
    pub log: LogConfig,
}

impl Config {
    pub(super) fn from_reader(reader: &mut Reader) -> Self {
        let auth = AuthConfig::from_reader(reader);
        Self {
            database: DatabaseConfig::from_reader(reader, SCHEMA),
            bulk_statement_timeout: reader.duration("DATABASE_BULK_STATEMENT_TIMEOUT").unwrap_or_default(),
            company_connections: reader.parsed("DATABASE_COMPANY_CONNECTIONS"),
            console: ConsoleConfig::from_reader(reader, &auth),
            auth,
            redis_url: redis_url(reader),
            redis_timeout: redis_timeout(reader),
            relay: relay(reader),
            job_workers: job_workers(reader),
            language_model: LanguageModelConfig::from_reader(reader),
            mail: MailConfig::from_reader(reader),
            rate_limits: RateLimitOptions {
                form: reader.parsed("RATE_LIMIT_FORM").and_then(NonZeroU32::new),
                form_address: reader.parsed("RATE_LIMIT_FORM_ADDRESS").and_then(NonZeroU32::new),
                ..rate_limits(reader)
            },
            http: HttpConfig::from_reader(reader),
            log: LogConfig::from_reader(reader),
        }
    }
}

fn job_workers(reader: &mut Reader) -> Option<JobWorkerOptions> {
    let lease = reader.duration("JOB_LEASE");
    // It is extended six times while it lasts, and those writes may be late.
    if lease.is_some_and(|lease| lease < Duration::from_secs(1)) {
        reader.fault("JOB_LEASE", "at least 1s");
    }
    let parallel = reader.parsed("JOB_WORKERS").and_then(NonZeroUsize::new)?;
    Some(JobWorkerOptions { parallel, lease: lease? })
}

fn relay(reader: &mut Reader) -> RelayOptions {
    let stream = reader.text("EVENTS_STREAM").unwrap_or_default();
    // The other characters are special in channel patterns.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ":._-{}".contains(letter);
    if !stream.chars().all(is_plain) {
        reader.fault("EVENTS_STREAM", "the name of a stream has letters, digits and : . _ - { }");
    }
    let length = reader.parsed("EVENTS_STREAM_LENGTH").unwrap_or_default();
    RelayOptions { stream, length, ..RelayOptions::default() }
}
