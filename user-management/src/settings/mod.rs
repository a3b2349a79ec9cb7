//! The settings of the service.

mod variables;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use crm_web::limits::RateLimitOptions;
pub use crm_web::settings::{ConfigFaults, DatabaseConfig, HttpConfig, LogConfig, LogFormat, Variable};
use crm_web::settings::{Reader, SettingsTable, rate_limits, redis_timeout, redis_url};
use secrecy::SecretString;
use url::Url;
pub use variables::{VARIABLES, env_example};

use crate::Options;
use crate::base::options::SigningAlgorithm;
use crate::http::Client;
use crate::mail::{MailError, SmtpMailer};

/// The environment variable that names the file.
pub const FILE_VARIABLE: &str = "UM_CONFIG";
/// The setting with the schema of the tables.
const SCHEMA: &str = "UM_DATABASE_SCHEMA";
const TABLE: SettingsTable = SettingsTable { variables: VARIABLES, file_variable: FILE_VARIABLE };
/// The minimum length of secrets, in bytes.
const SHORTEST_SECRET: usize = 32;

/// All settings of the service.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database.
    pub database: DatabaseConfig,
    /// What the service does.
    pub options: Options,
    /// Encrypts signing keys and second factors.
    pub secret: SecretString,
    /// The services that may introspect tokens.
    pub clients: Vec<Client>,
    /// The mail server.
    pub mailer: Option<SmtpMailer>,
    /// Redis.
    pub redis_url: Option<SecretString>,
    /// How long a command of Redis may take.
    pub redis_timeout: Duration,
    /// The limits to requests.
    pub rate_limits: RateLimitOptions,
    /// HTTP.
    pub http: HttpConfig,
    /// Logging.
    pub log: LogConfig,
}

impl Config {
    /// Reads the settings of this process; `file` goes before `UM_CONFIG`.
    ///
    /// # Errors
    /// All errors of the settings.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigFaults> {
        TABLE.load(file, Self::from_reader)
    }

    /// Reads the settings from a file and from the given environment.
    ///
    /// # Errors
    /// All errors of the settings.
    pub fn read(file: Option<&Path>, environment: HashMap<String, String>) -> Result<Self, ConfigFaults> {
        TABLE.read(file, environment, Self::from_reader)
    }

    fn from_reader(reader: &mut Reader) -> Self {
        let secret = reader.required("UM_SECRET", "`openssl rand -base64 48` makes one");
        if !secret.is_empty() && secret.len() < SHORTEST_SECRET {
            reader.fault("UM_SECRET", format_args!("is shorter than {SHORTEST_SECRET} bytes"));
        }
        Self {
            database: DatabaseConfig::from_reader(reader, SCHEMA),
            options: options(reader),
            secret: secret.into(),
            clients: clients(reader),
            mailer: mailer(reader),
            redis_url: redis_url(reader),
            redis_timeout: redis_timeout(reader),
            rate_limits: rate_limits(reader),
            http: HttpConfig::from_reader(reader),
            log: LogConfig::from_reader(reader),
        }
    }
}

/// Reads only the settings of the database, for migrations.
///
/// # Errors
/// All errors of these settings.
pub fn load_database(file: Option<&Path>) -> Result<DatabaseConfig, ConfigFaults> {
    TABLE.load(file, |reader| DatabaseConfig::from_reader(reader, SCHEMA))
}

/// Reads only the settings of HTTP.
///
/// # Errors
/// All errors of these settings.
pub fn load_http(file: Option<&Path>) -> Result<HttpConfig, ConfigFaults> {
    TABLE.load(file, HttpConfig::from_reader)
}

fn options(reader: &mut Reader) -> Options {
    const ALGORITHMS: &[(&str, SigningAlgorithm)] =
        &[("EdDSA", SigningAlgorithm::EdDsa), ("ES256", SigningAlgorithm::Es256)];
    let default = Options::default();
    let issuer = issuer(reader);
    Options {
        link_url: reader.text("LINK_URL").unwrap_or_else(|| format!("{issuer}/account")),
        issuer,
        audience: reader.text("TOKEN_AUDIENCE").unwrap_or_default(),
        algorithm: reader.word("SIGNING_ALGORITHM", ALGORITHMS).unwrap_or(default.algorithm),
        access_token: access_token(reader),
        refresh_token: lifetime(reader, "REFRESH_TOKEN_TTL"),
        session: lifetime(reader, "SESSION_TTL"),
        key_age: lifetime(reader, "KEY_AGE"),
        invitation: lifetime(reader, "INVITATION_TTL"),
        reset: lifetime(reader, "RESET_TTL"),
        open_signup: reader.flag("OPEN_SIGNUP"),
        ..default
    }
}

fn issuer(reader: &mut Reader) -> String {
    let issuer = reader.required("ISSUER", "the public address of this service, such as https://id.example.com");
    let is_url = issuer.parse::<Url>().is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    if !issuer.is_empty() && !is_url {
        reader.fault("ISSUER", "is no address such as https://id.example.com");
    }
    issuer.trim_end_matches('/').to_owned()
}

/// Services forget after a day which tokens were revoked.
fn access_token(reader: &mut Reader) -> Duration {
    let time = lifetime(reader, "ACCESS_TOKEN_TTL");
    if time > Duration::from_secs(24 * 60 * 60) {
        reader.fault("ACCESS_TOKEN_TTL", "is more than 24h, after which a revoked token would be accepted again");
    }
    time
}

fn lifetime(reader: &mut Reader, name: &str) -> Duration {
    let time = reader.duration(name).unwrap_or_default();
    if time.is_zero() {
        reader.fault(name, "must be greater than zero");
    }
    time
}

/// `crm:secret,erp:other-secret`. The error must not contain the text.
fn clients(reader: &mut Reader) -> Vec<Client> {
    let mut clients = Vec::new();
    for pair in reader.list("CLIENTS") {
        match pair.split_once(':') {
            Some((id, secret)) if !id.is_empty() && secret.len() >= SHORTEST_SECRET => {
                clients.push(Client { id: id.to_owned(), secret: secret.to_owned().into() });
            }
            _ => reader.fault("CLIENTS", format_args!("expected name:secret, with {SHORTEST_SECRET} bytes and more")),
        }
    }
    clients
}

fn mailer(reader: &mut Reader) -> Option<SmtpMailer> {
    let url = reader.text("SMTP_URL")?;
    let sender = reader.required("MAIL_FROM", "the sender, such as CRM <no-reply@example.com>");
    // The error must not contain the URL, which has a password.
    let mailer = SmtpMailer::new(&url.into(), &sender);
    mailer.map_err(|_: MailError| reader.fault("SMTP_URL", "with MAIL_FROM it is no mail server and no sender")).ok()
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigFaults, env_example};

    const GOOD: &[(&str, &str)] = &[
        ("DATABASE_URL", "sqlite://um.db"),
        ("UM_SECRET", "0123456789abcdef0123456789abcdef"),
        ("ISSUER", "https://id.example.com/"),
    ];

    fn read(more: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
        let pairs = GOOD.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(None, pairs.collect())
    }

    #[test]
    fn three_settings_are_enough() {
        let config = read(&[]).unwrap();
        assert_eq!((config.http.port, config.options.access_token.as_secs()), (5001, 900));
        assert_eq!(config.options.issuer, "https://id.example.com");
        assert_eq!(config.options.link_url, "https://id.example.com/account");
        assert!(config.mailer.is_none() && config.clients.is_empty() && !config.options.open_signup);
    }

    #[test]
    fn bad_values_are_refused_and_secrets_are_not_shown() {
        for (name, value) in [
            ("UM_SECRET", "hunter2"),
            ("ISSUER", "id.example.com"),
            ("CLIENTS", "crm:hunter2"),
            ("CLIENTS", "hunter2"),
            ("SMTP_URL", "hunter2"),
            ("ACCESS_TOKEN_TTL", "0"),
            ("ACCESS_TOKEN_TTL", "25h"),
            ("SIGNING_ALGORITHM", "HS256"),
        ] {
            let faults = read(&[(name, value), ("MAIL_FROM", "no-reply@example.com")]).unwrap_err();
            assert!(faults.0.iter().all(|fault| fault.starts_with(name)), "{name}: {faults}");
            assert!(!faults.to_string().contains("hunter2"), "{name}");
        }
    }

    #[test]
    fn the_example_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, env_example()).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap_or_default() == env_example(),
            "user-management/.env.example is stale; BLESS=1 cargo test -p user-management --lib rewrites it"
        );
    }
}
