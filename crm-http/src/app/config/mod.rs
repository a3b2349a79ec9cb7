//! The settings of the service.

mod console;
mod identity;
mod language_model;
mod mail;
mod sections;
mod variables;

use std::collections::HashMap;
use std::path::Path;

pub use console::{ConsoleConfig, OidcConfig};
use crm_web::settings::SettingsTable;
pub use crm_web::settings::{ConfigFaults, DatabaseConfig, HttpConfig, LogConfig, LogFormat, Variable};
pub use identity::AuthConfig;
pub use language_model::LanguageModelConfig;
pub use mail::MailConfig;
pub use sections::Config;
pub use variables::{VARIABLES, env_example};

/// The environment variable that names the file.
pub const FILE_VARIABLE: &str = "CRM_CONFIG";
/// The setting with the schema of the tables.
const SCHEMA: &str = "CRM_DATABASE_SCHEMA";
const TABLE: SettingsTable = SettingsTable { variables: VARIABLES, file_variable: FILE_VARIABLE };

impl Config {
    /// Reads the settings of this process; `file` goes before `CRM_CONFIG`.
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
}

impl AuthConfig {
    /// Reads only the settings of authentication.
    ///
    /// # Errors
    /// All errors of these settings.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigFaults> {
        TABLE.load(file, Self::from_reader)
    }
}

/// Reads only the settings of the database, for jobs that need no others.
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use super::{Config, ConsoleConfig, LogFormat, env_example};
    use crm_web::auth::{AuthMode, IdClaim, KeySource};
    use crm_web::limits::ForwardingHeader;

    const GOOD: &[(&str, &str)] =
        &[("DATABASE_URL", "sqlite://crm.db"), ("JWT_SECRET", "0123456789abcdef0123456789abcdef")];

    fn read(more: &[(&str, &str)]) -> Result<Config, super::ConfigFaults> {
        let pairs = GOOD.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(None, pairs.collect())
    }

    fn faults(more: &[(&str, &str)]) -> Vec<String> {
        read(more).unwrap_err().0
    }

    #[test]
    fn two_settings_are_enough() {
        let config = read(&[]).unwrap();
        assert_eq!(config.http.port, 5000);
        assert_eq!(config.http.limits.body, 1024 * 1024);
        assert_eq!(config.http.shutdown_timeout, Duration::from_secs(30));
        assert_eq!(config.log.format, LogFormat::Json);
        assert!(!config.database.migrate_on_start);
        let limits = config.rate_limits;
        assert_eq!([limits.ip, limits.user, limits.company].map(|limit| limit.unwrap().get()), [12_000, 1_200, 12_000]);
        assert_eq!([limits.form, limits.form_address].map(|limit| limit.unwrap().get()), [600, 10]);
        assert!(limits.trusted_proxies.is_empty());
        let limits = read(&[("RATE_LIMIT_USER", "0"), ("TRUSTED_PROXIES", "10.0.0.0/8, ::1")]).unwrap().rate_limits;
        assert_eq!((limits.user, limits.trusted_proxies.len()), (None, 2));
        assert_eq!(limits.forwarding_header, ForwardingHeader::XForwardedFor);
        let limits = read(&[("TRUSTED_PROXY_HEADER", "forwarded")]).unwrap().rate_limits;
        assert_eq!(limits.forwarding_header, ForwardingHeader::Forwarded);
        let claims = |more| read(more).unwrap().auth.shared_secret().unwrap().claims.clone();
        assert_eq!((claims(&[]).company_as, claims(&[]).user_as), (IdClaim::Any, IdClaim::Any));
        let other = claims(&[("CLAIM_COMPANY_AS", "uuid"), ("CLAIM_USER_AS", "key")]);
        assert_eq!((other.company_as, other.user_as), (IdClaim::Uuid, IdClaim::Key));
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("crm.toml");
        std::fs::write(
            &file,
            "port = 6000\nhost = \"::1\"\ncors_origins = [\"https://a.example\", \"https://b.example\"]\n",
        )
        .unwrap();
        let environment: HashMap<_, _> = GOOD
            .iter()
            .chain(&[("PORT", "7000")])
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let config = Config::read(Some(&file), environment.clone()).unwrap();
        assert_eq!((config.http.port, config.http.host.as_str()), (7000, "::1"));
        assert_eq!(config.http.cors_origins, ["https://a.example", "https://b.example"]);
        std::fs::write(&file, "prot = 6000\n").unwrap();
        assert_eq!(Config::read(Some(&file), environment).unwrap_err().0, ["prot: there is no such setting"]);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let environment = [("PORT", "70000"), ("LOG_FORMAT", "xml"), ("BODY_LIMIT", "much"), ("ROLE_MAP", "boss=king")];
        let faults = Config::read(None, environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
            .unwrap_err();
        for name in ["DATABASE_URL", "JWT_SECRET", "PORT", "LOG_FORMAT", "BODY_LIMIT", "ROLE_MAP"] {
            assert_eq!(faults.0.iter().filter(|fault| fault.starts_with(&format!("{name}:"))).count(), 1, "{faults}");
        }
        assert_eq!(faults.0.len(), 6, "{faults}");
    }

    #[test]
    fn bad_values_are_refused() {
        for (name, value) in [
            ("JWT_SECRET", "short"),
            ("AUDIT_KEY", "short"),
            ("AUTH_MODE", "none"),
            ("USER_MANAGEMENT_URL", "id.example.com"),
            ("USER_MANAGEMENT_URL", "ftp://id.example.com"),
            ("USER_MANAGEMENT_URL", "http://id.example.com"),
            ("USER_MANAGEMENT_URL", "https://crm:hunter2@id.example.com"),
            ("USER_MANAGEMENT_URL", "https://id.example.com?tenant=1"),
            ("JWKS_URL", "https://id.example.com/keys"),
            ("DATABASE_URL", "mysql://localhost/crm"),
            ("DATABASE_URL", "crm.db"),
            ("DATABASE_MAX_CONNECTIONS", "0"),
            ("REDIS_URL", "localhost:6379"),
            ("REDIS_TIMEOUT", "0s"),
            ("EVENTS_STREAM", "crm events*"),
            ("EVENTS_STREAM_LENGTH", "-1"),
            ("RATE_LIMIT_IP", "-1"),
            ("RATE_LIMIT_USER", "many"),
            ("TRUSTED_PROXIES", "10.0.0.0/8,proxy.example.com"),
            ("TRUSTED_PROXY_HEADER", "X-Real-IP"),
            ("CLAIM_COMPANY", "companyId"),
            ("CLAIM_COMPANY_AS", "text"),
            ("CLAIM_PERMISSIONS", "permissions"),
            ("USER_DIRECTORY", "sometimes"),
            ("USER_DIRECTORY_INTERVAL", "0s"),
            ("CLAIM_USER_AS", "uuid,key"),
            ("CORS_ORIGINS", "erp.example.com"),
            ("CORS_ORIGINS", "https://erp.example.com/"),
            ("JOB_WORKERS", "some"),
            ("JOB_LEASE", "999ms"),
            ("SHUTDOWN_DELAY", "-1s"),
            ("WORKERS", "0"),
            ("REQUEST_TIMEOUT", "0s"),
            ("ROLE_MAP", "admin=viewer"),
            ("MIGRATE_ON_START", "perhaps"),
            ("LOG_LEVEL", "crm=loud"),
            ("CRM_DATABASE_SCHEMA", "crm; drop"),
            ("LLM_BASE_URL", "llm.example.com"),
            ("LLM_BASE_URL", "http://llm.example.com/v1"),
            ("LLM_BASE_URL", "https://crm:hunter2@llm.example.com/v1"),
            ("PUBLIC_URL", "crm.example.com"),
        ] {
            let faults = faults(&[(name, value)]);
            assert_eq!(faults.len(), 1, "{name}={value}: {faults:?}");
            assert!(faults[0].starts_with(&format!("{name}: ")), "{faults:?}");
        }
    }

    const SERVICE: (&str, &str) = ("USER_MANAGEMENT_URL", "https://id.example.com/auth/");

    #[test]
    fn tokens_are_verified_as_the_settings_say() {
        let mode = |more: &[(&str, &str)]| read(more).unwrap().auth.mode;
        assert!(matches!(mode(&[]), AuthMode::SharedSecret(_)));
        assert!(matches!(mode(&[("AUTH_MODE", "shared_secret"), SERVICE]), AuthMode::SharedSecret(_)));
        let AuthMode::Introspection(options) = mode(&[SERVICE]) else { panic!("a service is asked") };
        assert_eq!(options.endpoint.as_str(), "https://id.example.com/auth/oauth2/introspect");
        assert!(options.secret.is_some() && options.client.is_none());
        assert_eq!((options.cache.ttl, options.cache.stale), (Duration::from_secs(60), Duration::from_secs(300)));
        let named = [("JWT_ISSUER", "https://id.example.com"), ("JWT_AUDIENCE", "*"), ("AUTH_MODE", "jwks")];
        let AuthMode::Jwks(options) = mode(&[&named[..], &[SERVICE]].concat()) else { panic!("keys are fetched") };
        assert!(matches!(&options.source, KeySource::Of { plain_http: false, .. }));
        assert_eq!((options.rules.issuer.as_deref(), options.rules.audience), (Some("https://id.example.com"), None));
        assert_eq!(options.algorithms.len(), 9);
        let keys = ("JWKS_URL", "http://localhost:8000/keys");
        let AuthMode::Jwks(options) = mode(&[&named[..], &[keys]].concat()) else { panic!("keys are fetched") };
        assert!(matches!(options.source, KeySource::At(_)));
        let plain = [("USER_MANAGEMENT_URL", "http://users:3001"), ("USER_MANAGEMENT_PLAIN_HTTP", "true")];
        assert!(matches!(mode(&plain), AuthMode::Introspection(_)));
    }

    #[test]
    fn what_a_mode_needs_must_be_there() {
        let without_secret = |more: &[(&str, &str)]| {
            let pairs = [("DATABASE_URL", "sqlite://crm.db")].into_iter().chain(more.iter().copied());
            Config::read(None, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        };
        let key = ("AUDIT_KEY", "0123456789abcdef0123456789abcdef");
        assert!(without_secret(&[SERVICE, key]).is_ok());
        let jwks = [("AUTH_MODE", "jwks"), ("JWT_ISSUER", "*"), ("JWT_AUDIENCE", "crm")];
        for (settings, names) in [
            (vec![SERVICE], vec!["AUDIT_KEY"]),
            (vec![("AUTH_MODE", "introspection"), key], vec!["USER_MANAGEMENT_URL"]),
            (vec![SERVICE, key, ("INTROSPECTION_CLIENT_ID", "crm")], vec!["INTROSPECTION_CLIENT_SECRET"]),
            (vec![SERVICE, key, ("INTROSPECTION_CLIENT_SECRET", "crm")], vec!["INTROSPECTION_CLIENT_ID"]),
            (vec![SERVICE, key, ("INTROSPECTION_PATH", "introspect")], vec!["INTROSPECTION_PATH"]),
            (vec![SERVICE, key, ("USER_MANAGEMENT_TIMEOUT", "0s")], vec!["USER_MANAGEMENT_TIMEOUT"]),
            (vec![("AUTH_MODE", "jwks"), SERVICE, key], vec!["JWT_ISSUER", "JWT_AUDIENCE"]),
            ([&jwks[..], &[key]].concat(), vec!["USER_MANAGEMENT_URL"]),
            ([&jwks[..], &[key, SERVICE, ("JWT_ALGORITHMS", "RS256,HS256")]].concat(), vec!["JWT_ALGORITHMS"]),
            ([&jwks[..], &[key, SERVICE, ("JWT_ALGORITHMS", "none")]].concat(), vec!["JWT_ALGORITHMS"]),
            ([&jwks[..], &[key, ("JWKS_URL", "http://id.example.com/keys")]].concat(), vec!["JWKS_URL"]),
            (
                [&jwks[..], &[key, SERVICE, ("USER_MANAGEMENT_PLAIN_HTTP", "maybe")]].concat(),
                vec!["USER_MANAGEMENT_PLAIN_HTTP"],
            ),
        ] {
            let faults = without_secret(&settings).unwrap_err().0;
            let named: Vec<&str> = faults.iter().filter_map(|fault| fault.split(':').next()).collect();
            assert_eq!(named, names, "{faults:?}");
        }
    }

    #[test]
    fn the_directory_needs_credentials_in_every_mode() {
        let issuer = ("JWT_ISSUER", "https://id.example.com");
        let client = [("INTROSPECTION_CLIENT_ID", "crm"), ("INTROSPECTION_CLIENT_SECRET", "s3cret")];
        let all = [&client[..], &[SERVICE, issuer, ("JWT_AUDIENCE", "crm"), ("USER_DIRECTORY", "on")]].concat();
        for mode in ["shared_secret", "introspection", "jwks"] {
            let more = [&all[..], &[("AUTH_MODE", mode), ("USER_DIRECTORY_INTERVAL", "1m")]].concat();
            let options = read(&more).unwrap().auth.directory.unwrap();
            assert_eq!(options.interval, Duration::from_secs(60));
            assert_eq!((&*options.client.client.id, &*options.client.issuer), ("crm", "https://id.example.com"));
            let faults = faults(&[("AUTH_MODE", mode), ("USER_DIRECTORY", "on")]).concat();
            for name in ["USER_MANAGEMENT_URL: ", "JWT_ISSUER: ", "INTROSPECTION_CLIENT_ID: "] {
                assert_eq!(faults.matches(name).count(), 1, "{mode}: {faults}");
            }
        }
        assert!(read(&all[..3]).unwrap().auth.directory.is_none());
        let uuids = [("CLAIM_COMPANY_AS", "uuid"), ("CLAIM_USER_AS", "uuid"), ("USER_DIRECTORY", "on"), SERVICE];
        assert!(read(&[&client[..], &uuids].concat()).unwrap().auth.directory.is_some());
    }

    #[test]
    fn a_key_or_an_address_is_enough_for_a_language_model() {
        let model = |more: &[(&str, &str)]| read(more).unwrap().language_model;
        assert!(model(&[("LLM_MODEL", "some/model")]).is_none());
        for key in ["LLM_API_KEY", "HUGGINGFACE_API_KEY"] {
            let model = model(&[(key, "hf_1"), ("LLM_DAILY_TOKENS", "0")]).unwrap();
            assert_eq!(model.api.base_url.as_str(), "https://router.huggingface.co/together/v1");
            assert_eq!(model.api.model, "mistralai/Mixtral-8x7B-Instruct-v0.1");
            assert_eq!((model.timeout, model.daily_tokens), (Duration::from_secs(30), None));
        }
        let local = model(&[("LLM_BASE_URL", "http://localhost:11434/v1"), ("LLM_TIMEOUT", "2m")]).unwrap();
        assert!(local.api.key.is_none());
        assert_eq!((local.timeout, local.daily_tokens), (Duration::from_secs(120), Some(500_000)));
        assert_eq!(faults(&[("LLM_API_KEY", "1"), ("LLM_TIMEOUT", "0s")]), ["LLM_TIMEOUT: must be greater than zero"]);
        let plain = [("LLM_BASE_URL", "http://llm/v1"), ("LLM_PLAIN_HTTP", "true")];
        assert!(model(&plain).is_some());
    }

    #[test]
    fn mail_needs_a_server_and_a_sender() {
        let server = ("SMTP_URL", "smtps://crm:hunter2@smtp.example.com");
        let sender = ("MAIL_FROM", "CRM <no-reply@example.com>");
        assert!(read(&[]).unwrap().mail.smtp.is_none());
        assert!(read(&[sender]).unwrap().mail.smtp.is_none());
        let mail = read(&[server, sender, ("PUBLIC_URL", "https://crm.example.com")]).unwrap().mail;
        assert_eq!(mail.public_url.as_ref().map(ToString::to_string).as_deref(), Some("https://crm.example.com/"));
        assert!(mail.smtp.is_some() && !format!("{mail:?}").contains("hunter2"));
        for (settings, name) in [
            (vec![server], "MAIL_FROM: "),
            (vec![server, ("MAIL_FROM", "nobody")], "MAIL_FROM: "),
            (vec![("SMTP_URL", "http://crm:hunter2@smtp.example.com"), sender], "SMTP_URL: "),
        ] {
            let faults = faults(&settings);
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].starts_with(name) && !faults[0].contains("hunter2"), "{faults:?}");
        }
    }

    #[test]
    fn users_of_the_console_log_in_where_the_settings_say() {
        let key = ("AUDIT_KEY", "0123456789abcdef0123456789abcdef");
        let tokens =
            [("AUTH_MODE", "jwks"), ("JWT_ISSUER", "https://id.example.com"), ("JWT_AUDIENCE", "crm"), SERVICE];
        let on = [&tokens[..], &[key, ("CONSOLE", "on")]].concat();
        assert!(read(&tokens).unwrap().console.is_none());
        assert!(matches!(read(&on).unwrap().console, Some(ConsoleConfig::UserManagement(_))));
        let provider = [
            ("OIDC_ISSUER", "https://id.example.com/realms/acme/"),
            ("OIDC_CLIENT_ID", "console"),
            ("PUBLIC_URL", "https://crm.example.com"),
        ];
        let with = |more: &[(&str, &str)]| {
            let settings = [&on[..], &provider, more].concat();
            let Some(ConsoleConfig::Oidc(oidc)) = read(&settings).unwrap().console else { panic!("a provider") };
            *oidc
        };
        let oidc = with(&[]);
        assert_eq!((&*oidc.issuer, &*oidc.address), ("https://id.example.com/realms/acme/", "https://crm.example.com"));
        assert_eq!(oidc.scopes, ["openid", "profile", "email", "offline_access"]);
        assert!(oidc.refuses_id_tokens && !oidc.is_id_token && oidc.client_secret.is_none() && oidc.name.is_none());
        let oidc = with(&[("OIDC_CLIENT_ID", "crm"), ("OIDC_PARAMETERS", "audience=crm, a=b=c"), ("OIDC_TOKEN", "id")]);
        assert!(oidc.is_id_token && !oidc.refuses_id_tokens);
        assert_eq!(oidc.parameters, [("audience", "crm"), ("a", "b=c")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        for (settings, names) in [
            ([&on[..], &provider[..1]].concat(), vec!["OIDC_CLIENT_ID", "PUBLIC_URL"]),
            ([&on[..], &provider[1..2]].concat(), vec!["OIDC_CLIENT_ID"]),
            ([&on[..], &provider, &[("OIDC_ISSUER", "http://id.example.com")]].concat(), vec!["OIDC_ISSUER"]),
            ([&on[..], &provider, &[("PUBLIC_URL", "crm.example.com")]].concat(), vec!["PUBLIC_URL"]),
            ([&on[..], &provider, &[("OIDC_PARAMETERS", "audience")]].concat(), vec!["OIDC_PARAMETERS"]),
            ([&on[..], &provider, &[("OIDC_TOKEN", "both")]].concat(), vec!["OIDC_TOKEN"]),
            ([&provider[..], &[("CONSOLE", "on")]].concat(), vec!["AUTH_MODE"]),
        ] {
            let faults = faults(&settings);
            let named: Vec<&str> = faults.iter().filter_map(|fault| fault.split(':').next()).collect();
            assert_eq!(named, names, "{faults:?}");
        }
    }

    #[test]
    fn secrets_are_never_shown() {
        let secrets = [
            ("CONSOLE", "on"),
            ("AUTH_MODE", "introspection"),
            ("OIDC_ISSUER", "https://id.example.com"),
            ("OIDC_CLIENT_ID", "console"),
            ("OIDC_CLIENT_SECRET", "hunter2"),
            ("PUBLIC_URL", "https://crm.example.com"),
            ("DATABASE_URL", "postgres://crm:hunter2@localhost/crm"),
            ("JWT_SECRET", "hunter2-hunter2-hunter2-hunter2-"),
            ("AUDIT_KEY", "hunter2-hunter2-hunter2-hunter2-"),
            ("REDIS_URL", "redis://:hunter2@localhost"),
            ("USER_MANAGEMENT_URL", "https://id.example.com"),
            ("INTROSPECTION_CLIENT_ID", "crm"),
            ("INTROSPECTION_CLIENT_SECRET", "hunter2"),
            ("LLM_API_KEY", "hunter2"),
        ];
        assert!(!format!("{:?}", read(&secrets).unwrap()).contains("hunter2"));
        let faults = faults(&[
            ("DATABASE_URL", "mysql://crm:hunter2@localhost"),
            ("JWT_SECRET", "hunter2"),
            ("AUDIT_KEY", "hunter2"),
            ("REDIS_URL", "hunter2@localhost"),
            ("USER_MANAGEMENT_URL", "https://crm:hunter2@id.example.com"),
            ("INTROSPECTION_CLIENT_SECRET", "hunter2"),
        ]);
        assert!(!faults.concat().contains("hunter2"), "{faults:?}");
    }

    #[test]
    fn the_example_file_is_complete() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, env_example()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(committed, env_example(), ".env.example is stale; BLESS=1 cargo test -p crm-http rewrites it");
    }

    #[test]
    fn the_example_file_would_start_the_service() {
        let pairs = env_example();
        let pairs = pairs.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
        Config::read(None, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()).unwrap();
    }
}
