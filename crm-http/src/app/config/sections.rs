//! All settings, and the rules of those that only the CRM has.

use std::num::NonZeroUsize;
use std::time::Duration;

use crm_web::limits::RateLimitOptions;
use crm_web::settings::{DatabaseConfig, HttpConfig, LogConfig, Reader, rate_limits, redis_timeout, redis_url};
use secrecy::SecretString;

use super::{AuthConfig, SCHEMA};
use crate::app::relay::RelayOptions;

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
    /// The number of jobs that run at once; none if absent.
    pub job_workers: Option<NonZeroUsize>,
    /// The rate limits.
    pub rate_limits: RateLimitOptions,
    /// The address of the user-management service at which the web console logs users in; `None` without a console.
    pub console: Option<String>,
    /// The settings of HTTP.
    pub http: HttpConfig,
    /// What is logged.
    pub log: LogConfig,
}

impl Config {
    pub(super) fn from_reader(reader: &mut Reader) -> Self {
        Self {
            database: DatabaseConfig::from_reader(reader, SCHEMA),
            bulk_statement_timeout: reader.duration("DATABASE_BULK_STATEMENT_TIMEOUT").unwrap_or_default(),
            company_connections: reader.parsed("DATABASE_COMPANY_CONNECTIONS"),
            auth: AuthConfig::from_reader(reader),
            redis_url: redis_url(reader),
            redis_timeout: redis_timeout(reader),
            relay: relay(reader),
            job_workers: reader.parsed("JOB_WORKERS").and_then(NonZeroUsize::new),
            rate_limits: rate_limits(reader),
            console: console(reader),
            http: HttpConfig::from_reader(reader),
            log: LogConfig::from_reader(reader),
        }
    }
}

fn console(reader: &mut Reader) -> Option<String> {
    const WORDS: &[(&str, bool)] = &[("on", true), ("off", false)];
    if !reader.word("CONSOLE", WORDS).unwrap_or_default() {
        return None;
    }
    if !cfg!(feature = "console") {
        reader.fault("CONSOLE", "this program is built without the console");
    }
    Some(reader.required("USER_MANAGEMENT_URL", "the console logs users in there"))
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
