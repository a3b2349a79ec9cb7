//! All settings: reading, `.env.example` and `--help` are generated from this list.

use crm_web::settings::Variable;

use super::TABLE;

/// All settings.
pub const VARIABLES: &[Variable] = crm_web::variables! {
    "Database" {
        "DATABASE_URL" = "" ("postgres://crm:secret@localhost:5432/crm"):
            "The database: postgres://user:password@host:5432/name, or sqlite://crm.db for an embedded file, which is \
             created if it does not exist. Required.";
        "DATABASE_MAX_CONNECTIONS" = "16" (""): "The maximum number of connections in the pool.";
        "DATABASE_ACQUIRE_TIMEOUT" = "3s" (""):
            "How long a request waits for a free connection before it fails with 503.";
        "DATABASE_LOCK_TIMEOUT" = "3s" (""):
            "PostgreSQL only: how long a statement waits for a lock before its request fails with 503; 0 for no \
             limit. Migrations are exempt.";
        "DATABASE_STATEMENT_TIMEOUT" = "10s" (""):
            "PostgreSQL only: how long a statement runs before its request fails with 503; 0 for no limit. Migrations \
             are exempt.";
        "DATABASE_BULK_STATEMENT_TIMEOUT" = "30s" (""):
            "PostgreSQL only: the same for statements that write many rows, for example those of imports; 0 for no \
             limit.";
        "DATABASE_COMPANY_CONNECTIONS" = "" ("8"):
            "The maximum number of connections that one company uses at once, so that one company cannot use up the \
             pool; half of the pool if empty. A request that waits longer than DATABASE_ACQUIRE_TIMEOUT for one fails \
             with 429.";
        "CRM_DATABASE_SCHEMA" = "" ("crm"):
            "PostgreSQL only: the schema of the CRM's tables. If empty, the search path of the role decides.";
        "MIGRATE_ON_START" = "false" (""):
            "Run pending migrations when the service starts. If false, the service does not start while migrations \
             are pending.";
    }
    "Identity" {
        "AUTH_MODE" = "" ("introspection"):
            "How tokens are verified: shared_secret (HS256 under JWT_SECRET), introspection (the user-management \
             service verifies each token), or jwks (with the public keys of that service). If empty: introspection \
             where USER_MANAGEMENT_URL is set, else shared_secret. docs/identity.md explains all three.";
        "JWT_SECRET" = "" ("change-me-to-the-output-of-openssl-rand-base64-48"):
            "The secret that tokens are signed with, at least 32 bytes: `openssl rand -base64 48` makes a good one. \
             Required with shared_secret. With introspection it is optional: the signature is then checked before the \
             service is called.";
        "JWT_ISSUER" = "" ("https://id.example.com"):
            "The required issuer of tokens (`iss`); any if empty or *. Required with jwks.";
        "JWT_AUDIENCE" = "" ("crm"): "The required audience of tokens (`aud`); any if empty or *. Required with jwks.";
        "JWT_ALGORITHMS" = "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,EdDSA" (""):
            "jwks only: the allowed signature algorithms. Only algorithms with public keys, so none of the HS family.";
        "USER_MANAGEMENT_URL" = "" ("https://id.example.com"):
            "The URL of the user-management service. Not used with shared_secret.";
        "USER_MANAGEMENT_TIMEOUT" = "2s" (""):
            "How long it may take to answer before a request whose token is not cached fails with 503. Connecting may \
             take half of this time.";
        "USER_MANAGEMENT_CONCURRENCY" = "32" (""):
            "The maximum number of concurrent requests to it. Others wait up to the same timeout.";
        "USER_MANAGEMENT_PLAIN_HTTP" = "false" (""):
            "Allow http:// to another machine. Tokens, secrets and keys then travel unencrypted: use it only where \
             something else encrypts, for example a service mesh.";
        "INTROSPECTION_PATH" = "/oauth2/introspect" (""):
            "introspection only: the path of the introspection endpoint (RFC 7662) below USER_MANAGEMENT_URL.";
        "INTROSPECTION_CLIENT_ID" = "" ("crm"):
            "introspection and USER_DIRECTORY: the client id of the CRM at that service.";
        "INTROSPECTION_CLIENT_SECRET" = "" ("change-me-to-the-output-of-openssl-rand-hex-32"):
            "introspection and USER_DIRECTORY: the client secret.";
        "JWKS_URL" = "" ("https://id.example.com/.well-known/jwks.json"):
            "jwks only: the URL of the public keys. If empty, it is read from \
             {USER_MANAGEMENT_URL}/.well-known/openid-configuration, or /.well-known/jwks.json is used.";
        "JWKS_REFRESH" = "1m" (""):
            "jwks only: how often keys are fetched. A revoked key is rejected after this time at the latest.";
        "JWKS_STALE" = "24h" (""):
            "jwks only: how long keys are used that cannot be refreshed. After that, every request fails with 503.";
        "TOKEN_CACHE_TTL" = "1m" (""):
            "introspection and jwks: how long the claims of a verified token are cached. A revocation takes effect \
             after this time at the latest. 0 verifies the token of every request.";
        "TOKEN_CACHE_STALE" = "5m" (""):
            "introspection only: the maximum age of cached claims while the user-management service is down. 0 \
             refuses all requests then.";
        "CLAIM_COMPANY" = "/companyId,/company_id" (""):
            "The claim with the company: JSON pointers, separated by commas. The first one that exists in the token \
             is used.";
        "CLAIM_COMPANY_AS" = "any" (""):
            "The form of the company claim: any (a UUID is used unchanged, another key is mapped to a UUID of version \
             5, so the claim must not be a UUID of version 5), uuid (only UUIDs, of any version), or key (every value \
             is mapped).";
        "CLAIM_USER" = "/sub" (""): "The claim with the user.";
        "CLAIM_USER_AS" = "any" (""): "The form of the user claim: any, uuid or key, as in CLAIM_COMPANY_AS.";
        "CLAIM_ROLE" = "/role,/user/role" (""):
            "The claim with the role, or with a list of roles; the one with the most rights is used.";
        "CLAIM_PERMISSIONS" = "/permissions" (""):
            "The claim with rights beside those of the role: a list of resource:action (for all records) and \
             resource:action:own, for example customers:export. Others are ignored; empty for none.";
        "CLAIM_NAME" = "/name" (""): "The claim with the user's name.";
        "CLAIM_EMAIL" = "/email" (""): "The claim with the user's e-mail address.";
        "ROLE_MAP" = "user=sales_rep,agent=sales_rep,sales=sales_rep" (""):
            "Maps roles of other systems to roles of the CRM, ignoring case. The five roles (admin, manager, \
             sales_rep, support, viewer) cannot be mapped; an unknown role is refused.";
        "USER_DIRECTORY" = "off" (""):
            "on follows the directory of the user-management service: the CRM then knows all users and their names, and \
             suspends companies that are suspended there. Requires USER_MANAGEMENT_URL, JWT_ISSUER, \
             INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET, with every AUTH_MODE.";
        "USER_DIRECTORY_INTERVAL" = "30s" (""):
            "How often the directory is read for changes. With REDIS_URL it is also read when the service tells of one.";
        "AUDIT_KEY" = "" ("change-me-to-the-output-of-openssl-rand-base64-48"):
            "The secret for the digests of values in the audit trail, at least 32 bytes. If empty, it is derived from \
             JWT_SECRET; required if both are empty. Do not change it: old digests can then no longer be compared, \
             and cursors of events that clients have stored are refused.";
    }
    "Neighbours" {
        "REDIS_URL" = "" ("redis://localhost:6379"):
            "The Redis server that instances share for caches, rate limits and events, and in which the user-management \
             service revokes tokens. Optional.";
        "REDIS_TIMEOUT" = "250ms" (""): "How long Redis may take to answer before a request continues without it.";
        "EVENTS_STREAM" = "crm:events" (""):
            "The Redis stream into which events are written. Instances notify one another on channels with the same \
             name followed by the company's id, for example crm:events:0198c5a2-…";
        "EVENTS_STREAM_LENGTH" = "100000" (""):
            "The approximate maximum number of events in the stream; the oldest are removed. 0 writes no events.";
    }
    "Jobs" {
        "JOB_WORKERS" = "2" (""):
            "The number of jobs that this instance runs at once, of all companies in turn; one company has at most \
             half of them. 0 runs none: another instance has to.";
        "JOB_LEASE" = "30s" (""):
            "After this time without a sign of life of its instance, a job is given to another one; at least 1s.";
    }
    "Language model" {
        "LLM_BASE_URL" = "" ("https://router.huggingface.co/together/v1"):
            "The language model that summarises interactions and suggests replies, in companies that switch it on: the \
             URL of an API like OpenAI's. There is none without this URL and without a key; with a key alone it is \
             the router of Hugging Face, as in the example.";
        "LLM_MODEL" = "mistralai/Mixtral-8x7B-Instruct-v0.1" (""): "The name of the model.";
        "LLM_API_KEY" = "" ("sk-0123"): "The key of the API, if it wants one.";
        "HUGGINGFACE_API_KEY" = "" ("hf_0123"): "The key of Hugging Face: the same as LLM_API_KEY.";
        "LLM_PROVIDER" = "" ("Our data centre"):
            "The name of the provider that administrators agree to; the host of the URL if empty.";
        "LLM_PLAIN_HTTP" = "false" (""):
            "Whether texts may be sent to another machine without TLS, because something else encrypts.";
        "LLM_JSON_MODE" = "false" (""):
            "Whether the API understands response_format: then it is held to JSON, and not only asked for it.";
        "LLM_TIMEOUT" = "30s" (""): "How long an answer of the model is waited for, in the background.";
        "LLM_DAILY_TOKENS" = "500000" (""):
            "The number of tokens that a company may use in a day of its time zone; 0 for no limit. A company can set \
             less.";
    }
    "Mail" {
        "SMTP_URL" = "" ("smtps://user:password@smtp.example.com"):
            "The server that mails to users go through: smtps://, smtp://…?tls=required (STARTTLS), or smtp:// in plain \
             text. Empty: there is no mail, and users are told in the CRM only.";
        "MAIL_FROM" = "" ("CRM <no-reply@example.com>"): "The sender of mails. Required with SMTP_URL.";
    }
    "Limits" {
        "RATE_LIMIT_IP" = "12000" (""):
            "The number of requests per minute from one address, or from one /64 network of IPv6 addresses; 0 for no \
             limit. All users behind one address share it.";
        "RATE_LIMIT_USER" = "1200" (""): "The number of requests per minute of one user; 0 for no limit.";
        "RATE_LIMIT_COMPANY" = "12000" (""):
            "The number of requests per minute of all users of one company; 0 for no limit.";
        "RATE_LIMIT_FORM" = "600" (""): "The number of submissions per minute of one capture form; 0 for no limit.";
        "RATE_LIMIT_FORM_ADDRESS" = "10" (""):
            "The number of submissions per minute of one capture form from one address; 0 for no limit.";
        "STREAMS_PER_USER" = "20" (""):
            "The number of event streams that one user may have open at one instance; 0 for no limit. Each browser \
             page that follows events has one.";
        "STREAMS_PER_COMPANY" = "500" (""):
            "The number of event streams of all users of one company at one instance; 0 for no limit.";
        "STREAMS_PER_PROCESS" = "2000" (""): "The number of event streams at one instance; 0 for no limit.";
        "TRUSTED_PROXIES" = "" ("10.0.0.0/8,192.0.2.7"):
            "The proxies in front of the service: addresses or networks, separated by commas. The client address is \
             taken from the header below only if the request comes from one of them.";
        "TRUSTED_PROXY_HEADER" = "X-Forwarded-For" (""):
            "The header with the client address: X-Forwarded-For, or Forwarded (RFC 7239). The other one is ignored, \
             because a client may have sent it.";
    }
    "Console" {
        "CONSOLE" = "off" (""):
            "The web console at /: on or off. Users log in at the provider of OIDC_ISSUER, or without it at the \
             user-management service of this repository (USER_MANAGEMENT_URL).";
        "OIDC_ISSUER" = "" ("https://id.example.com/realms/acme"):
            "The OpenID Connect provider at which users of the console log in: its issuer, exactly as in its discovery \
             document. Its tokens are verified as AUTH_MODE says (jwks or introspection).";
        "OIDC_CLIENT_ID" = "" ("crm-console"): "The client id of the console at that provider.";
        "OIDC_CLIENT_SECRET" = "" ("change-me-to-the-secret-of-the-client"):
            "The client secret; empty for a public client, which is protected by PKCE alone.";
        "OIDC_SCOPES" = "openid profile email offline_access" (""):
            "What the console asks for, separated by spaces. offline_access asks for a refresh token; it is left out if \
             the provider does not list it.";
        "OIDC_PARAMETERS" = "" ("audience=crm"):
            "More parameters of the log-in, name=value, separated by commas, for example the audience that Auth0 requires.";
        "OIDC_NAME" = "" ("Acme"): "The name of the provider on the button; the host of OIDC_ISSUER if empty.";
        "OIDC_TOKEN" = "access" (""):
            "Which token of the provider is verified: access, or id where only the provider itself can read its access \
             tokens. JWT_AUDIENCE is then OIDC_CLIENT_ID.";
        "PUBLIC_URL" = "" ("https://crm.example.com"):
            "The public address of the service, to which mails link. Required with OIDC_ISSUER: the provider sends users \
             back to the path /log-in/callback below it, and to /log-in after a log-out.";
    }
    "HTTP" {
        "HOST" = "0.0.0.0" (""): "The address to listen on.";
        "PORT" = "5000" (""): "The port to listen on.";
        "WORKERS" = "" ("2"): "The number of worker threads; one per core if empty.";
        "CORS_ORIGINS" = "" ("https://erp.example.com,http://localhost:3000"):
            "The web origins whose pages may call the service, separated by commas; * for all, empty for none.";
        "BODY_LIMIT" = "1MiB" (""): "The maximum size of a JSON body.";
        "BODY_TIMEOUT" = "10s" (""): "How long a JSON body may take to arrive.";
        "IMPORT_LIMIT" = "100MiB" (""): "The maximum size of an import file.";
        "IMPORT_TIMEOUT" = "10m" (""): "How long an import file may take to arrive.";
        "REQUEST_TIMEOUT" = "30s" (""):
            "How long a request may take before it fails with 503. An import or export may take longer, but each of \
             its waits for the database may not.";
        "STREAM_TIME" = "10m" (""):
            "How long an event stream lasts before the client has to reconnect, so that its token is verified again.";
        "SHUTDOWN_DELAY" = "5s" (""):
            "How long the service keeps answering after SIGTERM while it already reports that it is not ready, so \
             that load balancers stop sending requests.";
        "SHUTDOWN_TIMEOUT" = "30s" (""): "How long running requests may take to finish after that.";
    }
    "Logging" {
        "LOG_LEVEL" = "info" (""):
            "error, warn, info, debug or trace, or directives such as info,crm_core=debug,sqlx=warn.";
        "LOG_FORMAT" = "json" (""): "json for log collectors, pretty for a terminal.";
    }
};

/// The text of `.env.example`.
#[must_use]
pub fn env_example() -> String {
    const HEADING: &str = "# The settings of crm-http. Copy to .env and load it as you like: `set -a; . ./.env; set +a`, docker compose, systemd.\n\
         # A commented setting shows its default, or an example if it has none. The same settings can be in a TOML file,\n\
         # in lower case (`crm-http --config crm.toml`, or CRM_CONFIG); the environment overrides the file.\n\
         # Durations are written 500ms, 30s, 5m, 24h; sizes 64KiB, 1MiB. This file is generated from the program.\n";
    TABLE.env_example(HEADING, &["DATABASE_URL", "JWT_SECRET"])
}
