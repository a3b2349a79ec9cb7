//! Every setting there is: the one list that reading, `.env.example` and `--help` are made of.

use std::fmt::Write;

/// A setting. In the environment it is called `name`, in a file the same in lower case.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is if nobody says; empty for nothing.
    pub default: &'static str,
    /// A value that makes sense, for those that have no default.
    pub example: &'static str,
    /// What it does.
    pub help: &'static str,
    /// The heading it stands under.
    section: &'static str,
}

/// Declares the settings, section by section.
macro_rules! variables {
    ($($section:literal { $($name:literal = $default:literal ($example:literal): $help:literal;)+ })+) => {
        /// All settings.
        pub const VARIABLES: &[Variable] = &[$($(
            Variable { name: $name, default: $default, example: $example, help: $help, section: $section },
        )+)+];
    };
}

variables! {
    "Database" {
        "DATABASE_URL" = "" ("postgres://crm:secret@localhost:5432/crm"):
            "The database: postgres://user:password@host:5432/name, or sqlite://crm.db for an embedded file, which is made \
             if it is not there. Required.";
        "DATABASE_MAX_CONNECTIONS" = "16" (""): "How many connections the pool has at most.";
        "DATABASE_ACQUIRE_TIMEOUT" = "3s" (""): "How long a request waits for a free connection before it is a 503.";
        "DATABASE_LOCK_TIMEOUT" = "3s" (""):
            "PostgreSQL only: how long a statement waits for a lock before its request is a 503; 0 for ever. Not for migrations.";
        "DATABASE_STATEMENT_TIMEOUT" = "30s" (""):
            "PostgreSQL only: how long one statement runs before its request is a 503; 0 for ever. Not for migrations.";
        "CRM_DATABASE_SCHEMA" = "" ("crm"):
            "PostgreSQL only: the schema in which the CRM's tables live; without it what the role's search path says.";
        "MIGRATE_ON_START" = "false" (""):
            "Run pending migrations when the service starts. Otherwise it refuses to start until `crm-http migrate up` has run.";
    }
    "Identity" {
        "AUTH_MODE" = "" ("introspection"):
            "How tokens are verified: shared_secret (HS256 under JWT_SECRET), introspection (the user-management service is \
             asked about each), or jwks (with public keys that the service publishes). If empty: introspection where \
             USER_MANAGEMENT_URL is set, else shared_secret. docs/identity.md explains all three.";
        "JWT_SECRET" = "" ("change-me-to-the-output-of-openssl-rand-base64-48"):
            "The secret that tokens are signed with, at least 32 bytes: `openssl rand -base64 48` makes a good one. Required \
             with shared_secret. With introspection optional: the signature is then checked here before anybody is asked.";
        "JWT_ISSUER" = "" ("https://id.example.com"):
            "Who must have issued a token (`iss`); anybody if empty or *. With jwks it must be said.";
        "JWT_AUDIENCE" = "" ("crm"): "Whom a token must be meant for (`aud`); anybody if empty or *. With jwks it must be said.";
        "JWT_ALGORITHMS" = "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,EdDSA" (""):
            "jwks only: with which algorithms tokens may be signed; public keys only, so none of the HS family.";
        "USER_MANAGEMENT_URL" = "" ("https://id.example.com"):
            "Where the user-management service is. With shared_secret nothing is asked of it.";
        "USER_MANAGEMENT_TIMEOUT" = "2s" (""):
            "How long it may take to answer before a request whose token is not known is a 503. Half of it to connect.";
        "USER_MANAGEMENT_CONCURRENCY" = "32" (""): "How many requests to it run at once; others wait for the same time.";
        "USER_MANAGEMENT_PLAIN_HTTP" = "false" (""):
            "Allow http:// to another machine. Tokens, secrets and keys then travel in clear text: only where something else \
             encrypts, a service mesh for instance.";
        "INTROSPECTION_PATH" = "/oauth2/introspect" (""):
            "introspection only: where below USER_MANAGEMENT_URL tokens are introspected (RFC 7662).";
        "INTROSPECTION_CLIENT_ID" = "" ("crm"): "introspection only: the name under which that service knows this one.";
        "INTROSPECTION_CLIENT_SECRET" = "" ("change-me-to-the-output-of-openssl-rand-hex-32"): "The secret that goes with it.";
        "JWKS_URL" = "" ("https://id.example.com/.well-known/jwks.json"):
            "jwks only: where the public keys are. If empty, the service says so in \
             {USER_MANAGEMENT_URL}/.well-known/openid-configuration, or they are in /.well-known/jwks.json beside it.";
        "JWKS_REFRESH" = "1m" (""): "jwks only: how often keys are fetched. A key that is withdrawn opens nothing after this long.";
        "JWKS_STALE" = "24h" (""):
            "jwks only: for how long keys stay in use that cannot be fetched again; then every token is a 503.";
        "TOKEN_CACHE_TTL" = "1m" (""):
            "introspection and jwks: for how long what is known of a token is not asked or verified again. A revocation is \
             noticed after this long. 0 asks with every request.";
        "TOKEN_CACHE_STALE" = "5m" (""):
            "introspection only: how old what is known of a token may be while the user-management service is away. 0 lets \
             nobody in then.";
        "CLAIM_COMPANY" = "/companyId,/company_id" (""):
            "Where a token names the company: JSON pointers with commas between, of which the first that is there counts.";
        "CLAIM_COMPANY_AS" = "any" (""):
            "How a token names the company: any (a UUID is taken as it is, another key becomes one of version 5, so no claim may \
             be a UUID of version 5), uuid (UUIDs of any version and nothing else), or key (whatever it is, it becomes a UUID).";
        "CLAIM_USER" = "/sub" (""): "Where a token names the user.";
        "CLAIM_USER_AS" = "any" (""): "How a token names the user: any, uuid or key, as CLAIM_COMPANY_AS.";
        "CLAIM_ROLE" = "/role,/user/role" (""): "Where a token names the role, or a list of roles of which the mightiest counts.";
        "CLAIM_NAME" = "/name" (""): "Where a token tells the user's name.";
        "CLAIM_EMAIL" = "/email" (""): "Where a token tells the user's e-mail address.";
        "ROLE_MAP" = "user=sales_rep,agent=sales_rep,sales=sales_rep" (""):
            "What roles of other systems mean here, in any case. The five roles (admin, manager, sales_rep, support, viewer) \
             always mean themselves; a role that is not known is refused.";
        "AUDIT_KEY" = "" ("change-me-to-the-output-of-openssl-rand-base64-48"):
            "The secret under which the audit trail keeps digests of values, at least 32 bytes; derived from JWT_SECRET if \
             empty, and required where that is empty too. Keep it: with another key old digests prove nothing, and cursors of events that clients \
             have kept are refused.";
    }
    "Neighbours" {
        "REDIS_URL" = "" ("redis://localhost:6379"):
            "Redis, where several instances share what each would otherwise keep to itself. Optional.";
        "REDIS_TIMEOUT" = "250ms" (""):
            "How long it may take to answer before a request goes on without it.";
        "EVENTS_STREAM" = "crm:events" (""):
            "The stream in Redis into which events are written. Instances wake one another on channels that are called the \
             same with the company's id behind, for instance crm:events:0198c5a2-…";
        "EVENTS_STREAM_LENGTH" = "100000" (""):
            "About how many events the stream keeps; the oldest give way. 0 writes none.";
    }
    "Limits" {
        "RATE_LIMIT_IP" = "12000" (""):
            "How many requests a minute may come from one address, or from one /64 network of IPv6 addresses; 0 for no limit. \
             An office behind one address shares it.";
        "RATE_LIMIT_USER" = "1200" (""): "How many requests a minute one user may make; 0 for no limit.";
        "RATE_LIMIT_COMPANY" = "12000" (""):
            "How many requests a minute all users of one company may make together; 0 for no limit.";
        "STREAMS_PER_USER" = "20" (""):
            "How many streams of events one user may have open at one instance; 0 for no limit. Each page that follows events \
             has one.";
        "STREAMS_PER_COMPANY" = "500" (""):
            "How many all users of one company may have open there together; 0 for no limit.";
        "STREAMS_PER_PROCESS" = "2000" (""): "How many may be open there in all; 0 for no limit.";
        "TRUSTED_PROXIES" = "" ("10.0.0.0/8,192.0.2.7"):
            "The proxies in front of the service, as addresses or networks with commas between. Only they are believed when they \
             say from which address a request comes.";
        "TRUSTED_PROXY_HEADER" = "X-Forwarded-For" (""):
            "The header in which they say so: X-Forwarded-For, or Forwarded (RFC 7239). The other one is ignored, since a client \
             can have written it.";
    }
    "HTTP" {
        "HOST" = "0.0.0.0" (""): "The address to listen on.";
        "PORT" = "5000" (""): "The port to listen on.";
        "WORKERS" = "" ("2"): "How many threads answer requests; one for each core if empty.";
        "CORS_ORIGINS" = "" ("https://erp.example.com,http://localhost:3000"):
            "The web origins whose pages may call the service, with commas between; * for all, nothing for none.";
        "BODY_LIMIT" = "1MiB" (""): "The largest JSON body.";
        "BODY_TIMEOUT" = "10s" (""): "How long a JSON body may take to arrive.";
        "IMPORT_LIMIT" = "100MiB" (""): "The largest file to import.";
        "IMPORT_TIMEOUT" = "10m" (""): "How long a file to import may take to arrive.";
        "REQUEST_TIMEOUT" = "30s" (""):
            "How long a request may take until it is a 503. A file that is imported or exported may take longer as a whole, but \
             not each of its waits for the database.";
        "STREAM_TIME" = "10m" (""):
            "How long a stream of events lasts before the client has to connect again, and its token is looked at again.";
        "SHUTDOWN_DELAY" = "5s" (""):
            "How long the service goes on answering after SIGTERM while it already says that it is not ready, so that load \
             balancers stop sending.";
        "SHUTDOWN_TIMEOUT" = "30s" (""): "How long running requests may then take to end.";
    }
    "Logging" {
        "LOG_LEVEL" = "info" (""):
            "error, warn, info, debug or trace; or directives such as info,crm_core=debug,sqlx=warn.";
        "LOG_FORMAT" = "json" (""): "json for programs, pretty for people.";
    }
}

/// The text of `.env.example`.
#[must_use]
pub fn env_example() -> String {
    let mut text = String::from(
        "# The settings of crm-http. Copy to .env and load it as you like: `set -a; . ./.env; set +a`, docker compose, systemd.\n\
         # What is commented out shows its default, or an example where there is none. The same settings can stand in a TOML\n\
         # file, in lower case (`crm-http --config crm.toml`, or CRM_CONFIG); the environment goes before the file.\n\
         # Durations are written 500ms, 30s, 5m, 24h; sizes 64KiB, 1MiB. This file is checked against the program by a test.\n",
    );
    let mut section = "";
    for variable in VARIABLES {
        if section != variable.section {
            section = variable.section;
            let _ = write!(text, "\n## {section}\n");
        }
        let required = matches!(variable.name, "DATABASE_URL" | "JWT_SECRET");
        let (mark, value) = (if required { "" } else { "# " }, [variable.default, variable.example].concat());
        let _ = write!(text, "\n# {}\n{mark}{}={value}\n", variable.help, variable.name);
    }
    text
}
