//! All settings: reading, `.env.example` and `--help` are generated from this list.

use crm_web::settings::Variable;

use super::TABLE;

/// All settings.
pub const VARIABLES: &[Variable] = crm_web::variables! {
    "Database" {
        "DATABASE_URL" = "" ("postgres://um:secret@localhost:5432/um"):
            "The database: postgres://user:password@host:5432/name, or sqlite://um.db for an embedded file, which is \
             created if it does not exist. Not the CRM's: each service has its own tables. Required.";
        "DATABASE_MAX_CONNECTIONS" = "8" (""): "The maximum number of connections in the pool.";
        "DATABASE_ACQUIRE_TIMEOUT" = "3s" (""):
            "How long a request waits for a free connection before it fails with 503.";
        "DATABASE_LOCK_TIMEOUT" = "3s" (""):
            "PostgreSQL only: how long a statement waits for a lock before its request fails with 503; 0 for no limit.";
        "DATABASE_STATEMENT_TIMEOUT" = "10s" (""):
            "PostgreSQL only: how long a statement runs before its request fails with 503; 0 for no limit.";
        "UM_DATABASE_SCHEMA" = "" ("um"):
            "PostgreSQL only: the schema of the tables. If empty, the search path of the role decides.";
        "MIGRATE_ON_START" = "false" (""): "Run pending migrations when the service starts.";
    }
    "Identity" {
        "ISSUER" = "" ("https://id.example.com"):
            "The public address of this service: the issuer of its tokens (`iss`), and where its links lead. Cookies \
             are for encrypted connections only if it begins with https://. Required.";
        "TOKEN_AUDIENCE" = "crm" (""): "The audience of its tokens (`aud`); JWT_AUDIENCE of the CRM.";
        "UM_SECRET" = "" ("change-me-to-the-output-of-openssl-rand-base64-48"):
            "Encrypts signing keys and second factors in the database, at least 32 bytes. The same at all instances; \
             with another one, users set up their second factors again. Required.";
        "CLIENTS" = "" ("crm:change-me-to-the-output-of-openssl-rand-hex-32"):
            "The services that may introspect tokens and read the directory: name:secret, separated by commas.";
        "SIGNING_ALGORITHM" = "EdDSA" (""): "The algorithm of new signing keys: EdDSA or ES256.";
        "KEY_AGE" = "2160h" (""): "The age at which signing keys are replaced.";
        "ACCESS_TOKEN_TTL" = "15m" (""): "The lifetime of access tokens.";
        "REFRESH_TOKEN_TTL" = "168h" (""): "The lifetime of refresh tokens; each use gives a new one.";
        "SESSION_TTL" = "2160h" (""): "How long a session lasts at most.";
        "INVITATION_TTL" = "168h" (""): "How long an invitation is valid.";
        "RESET_TTL" = "1h" (""): "How long a link for a new password is valid.";
        "OPEN_SIGNUP" = "false" (""):
            "Whether anybody may register, which adds a company. Where SMTP_URL is set, the address is confirmed first.";
        "LINK_URL" = "" ("https://crm.example.com/account"):
            "The page that links in mails lead to; /account of this service if empty.";
    }
    "Mail" {
        "SMTP_URL" = "" ("smtps://user:password@smtp.example.com"):
            "The mail server: smtps:// (TLS), or smtp:// with ?tls=required (STARTTLS). Without it, links are shown to \
             administrators.";
        "MAIL_FROM" = "" ("CRM <no-reply@example.com>"): "The sender of mails. Required with SMTP_URL.";
    }
    "Redis" {
        "REDIS_URL" = "" ("redis://localhost:6379"):
            "Redis, through which log-outs and changed rights reach other services at once. Without it they learn of \
             them when access tokens expire.";
        "REDIS_TIMEOUT" = "500ms" (""): "How long a command of Redis may take.";
    }
    "Limits" {
        "RATE_LIMIT_IP" = "600" (""): "Requests per minute and address; 0 for no limit.";
        "TRUSTED_PROXIES" = "" ("10.0.0.0/8"):
            "The proxies whose reports of the client address are accepted: addresses or networks, separated by commas.";
        "TRUSTED_PROXY_HEADER" = "X-Forwarded-For" (""):
            "The header with the client address: X-Forwarded-For or Forwarded.";
    }
    "HTTP" {
        "HOST" = "0.0.0.0" (""): "The address to listen on.";
        "PORT" = "5001" (""): "The port to listen on.";
        "WORKERS" = "" ("2"): "The number of worker threads; one per core if empty.";
        "CORS_ORIGINS" = "" ("https://erp.example.com"):
            "The web origins whose pages may call the API, separated by commas.";
        "SHUTDOWN_DELAY" = "5s" (""): "How long to keep answering after a signal while not ready.";
        "SHUTDOWN_TIMEOUT" = "30s" (""): "How long running requests may take to finish after that.";
    }
    "Logging" {
        "LOG_LEVEL" = "info" (""): "A level, or directives such as info,sqlx=warn.";
        "LOG_FORMAT" = "json" (""): "json or pretty.";
    }
};

/// The text of `.env.example`.
#[must_use]
pub fn env_example() -> String {
    const HEADING: &str = "# The settings of user management. Values after # are defaults or examples.\n";
    TABLE.env_example(HEADING, &["DATABASE_URL", "ISSUER", "UM_SECRET"])
}
