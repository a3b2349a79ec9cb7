//! The settings of authentication.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::Algorithm;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::app::directory::DirectoryOptions;
use crm_core::actor::Actor;
use crm_web::auth::{
    ALGORITHMS, AuthError, AuthMode, CacheOptions, CallerFacts, ClaimMapping, ClientCredentials,
    DirectoryClientOptions, FactsKey, IdClaim, IntrospectionOptions, JwksOptions, KeySource, RoleMap,
    SharedSecretOptions, TokenRules, UpstreamOptions,
};
use crm_web::outbound::is_safe;
use crm_web::settings::Reader;

/// The minimum length of a secret for HS256 (RFC 7518, section 3.2).
const SHORTEST_SECRET: usize = 32;
const MAKE_SECRET: &str = "`openssl rand -base64 48` makes a good one";

/// The settings of authentication.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// How tokens are verified.
    pub mode: AuthMode,
    /// The directory of users, if it is followed.
    pub directory: Option<DirectoryOptions>,
    /// The secret from which other keys are derived.
    root: Root,
}

#[derive(Clone, Debug)]
enum Root {
    Audit(SecretString),
    Tokens(SecretString),
}

/// The names of the modes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    SharedSecret,
    Introspection,
    Jwks,
}

impl AuthConfig {
    /// The key of the audit trail: its own setting, or derived from the secret of tokens.
    #[must_use]
    pub fn audit_key(&self) -> Vec<u8> {
        self.root.audit_key()
    }

    /// The key with which the console encrypts its sessions.
    #[cfg(feature = "console")]
    #[must_use]
    pub fn console_key(&self) -> crm_web::seal::SealKey {
        crm_web::seal::SealKey::of(&derive(&self.root.audit_key(), "crm console sessions"))
    }

    /// The options of shared-secret tokens, if that is the mode.
    #[must_use]
    pub fn shared_secret(&self) -> Option<&SharedSecretOptions> {
        match &self.mode {
            AuthMode::SharedSecret(options) => Some(options),
            AuthMode::Introspection(_) | AuthMode::Jwks(_) => None,
        }
    }

    /// The actor that a token with these facts would name.
    ///
    /// # Errors
    /// [`AuthError`] if the facts name no valid company, user or role.
    pub fn actor(&self, facts: &CallerFacts) -> Result<Actor, AuthError> {
        let claims = match &self.mode {
            AuthMode::SharedSecret(options) => &options.claims,
            AuthMode::Introspection(options) => &options.claims,
            AuthMode::Jwks(options) => &options.claims,
        };
        let mut named = claims.claims(facts);
        if let Some(issuer) = self.rules().issuer {
            named.insert("iss".to_owned(), issuer.into());
        }
        claims.actor(&named.into())
    }

    /// The rules for tokens in all modes.
    #[must_use]
    pub fn rules(&self) -> TokenRules {
        match &self.mode {
            AuthMode::SharedSecret(options) => {
                TokenRules { issuer: options.issuer.clone(), audience: options.audience.clone() }
            }
            AuthMode::Introspection(options) => options.rules.clone(),
            AuthMode::Jwks(options) => options.rules.clone(),
        }
    }

    pub(super) fn from_reader(reader: &mut Reader) -> Self {
        const MODES: &[(&str, Mode)] =
            &[("shared_secret", Mode::SharedSecret), ("introspection", Mode::Introspection), ("jwks", Mode::Jwks)];
        let named = reader.word("AUTH_MODE", MODES);
        let is_delegated = reader.text("USER_MANAGEMENT_URL").is_some();
        let mode = named.unwrap_or(if is_delegated { Mode::Introspection } else { Mode::SharedSecret });
        let secret = match mode {
            Mode::SharedSecret => Some(reader.required("JWT_SECRET", MAKE_SECRET)),
            Mode::Introspection | Mode::Jwks => reader.text("JWT_SECRET"),
        };
        let secret = long_enough(reader, "JWT_SECRET", secret);
        let audit_key = reader.text("AUDIT_KEY");
        let audit_key = long_enough(reader, "AUDIT_KEY", audit_key);
        if audit_key.is_none() && secret.is_none() && mode != Mode::SharedSecret {
            reader.fault("AUDIT_KEY", format_args!("is missing, and there is no JWT_SECRET; {MAKE_SECRET}"));
        }
        let tokens = secret.clone().unwrap_or_default();
        let root = audit_key.map_or_else(|| Root::Tokens(tokens.clone()), Root::Audit);
        let facts_key = FactsKey::of(&derive(&root.audit_key(), "crm token facts"));
        let (rules, claims) = (rules(reader, mode), claims(reader));
        let delegated = match mode {
            Mode::SharedSecret => {
                let _ = url(reader, "USER_MANAGEMENT_URL");
                None
            }
            Mode::Introspection => introspection(reader, &rules, &claims).map(|options| {
                AuthMode::Introspection(Box::new(IntrospectionOptions { secret, key: facts_key, ..options }))
            }),
            Mode::Jwks => jwks(reader, &rules, &claims).map(|options| AuthMode::Jwks(Box::new(options))),
        };
        if mode != Mode::Jwks && reader.text("JWKS_URL").is_some() {
            reader.fault("JWKS_URL", "is used with AUTH_MODE=jwks only");
        }
        let directory = directory(reader, mode, &rules, &claims);
        let TokenRules { issuer, audience } = rules;
        let shared_secret = SharedSecretOptions { secret: tokens, issuer, audience, claims };
        // Settings missing for another mode are reported as errors, so this value is never used.
        Self { mode: delegated.unwrap_or(AuthMode::SharedSecret(Box::new(shared_secret))), directory, root }
    }
}

impl Root {
    fn audit_key(&self) -> Vec<u8> {
        match self {
            Self::Audit(key) => key.expose_secret().as_bytes().to_vec(),
            Self::Tokens(secret) => derive(secret.expose_secret().as_bytes(), "crm audit key"),
        }
    }
}

fn derive(secret: &[u8], purpose: &str) -> Vec<u8> {
    // HMAC accepts keys of any length.
    Hmac::<Sha256>::new_from_slice(secret)
        .map_or_else(|_| Vec::new(), |mac| mac.chain_update(purpose).finalize().into_bytes().to_vec())
}

fn long_enough(reader: &mut Reader, name: &str, secret: Option<String>) -> Option<SecretString> {
    let secret = secret.filter(|secret| !secret.is_empty())?;
    if secret.len() < SHORTEST_SECRET {
        reader.fault(name, format_args!("is shorter than {SHORTEST_SECRET} bytes; {MAKE_SECRET}"));
    }
    Some(secret.into())
}

/// The rules for tokens; `*` accepts any. Required with published keys, which sign tokens for many services.
fn rules(reader: &mut Reader, mode: Mode) -> TokenRules {
    let mut rule = |name: &str, what: &str| {
        let rule = match mode {
            Mode::Jwks => Some(reader.required(name, &format!("with jwks set {what}, or * for any"))),
            Mode::SharedSecret | Mode::Introspection => reader.text(name),
        };
        rule.filter(|rule| rule != "*")
    };
    TokenRules {
        issuer: rule("JWT_ISSUER", "the issuer of tokens"),
        audience: rule("JWT_AUDIENCE", "the audience of tokens"),
    }
}

fn introspection(reader: &mut Reader, rules: &TokenRules, claims: &ClaimMapping) -> Option<IntrospectionOptions> {
    let plain_http = reader.flag("USER_MANAGEMENT_PLAIN_HTTP");
    let path = reader.text("INTROSPECTION_PATH").unwrap_or_default();
    if !path.starts_with('/') {
        reader.fault("INTROSPECTION_PATH", "begins with /, for instance /oauth2/introspect");
    }
    let (client, upstream) = (client(reader), upstream(reader));
    let cache = CacheOptions {
        ttl: reader.duration("TOKEN_CACHE_TTL").unwrap_or_default(),
        stale: reader.duration("TOKEN_CACHE_STALE").unwrap_or_default(),
    };
    reader.required("USER_MANAGEMENT_URL", "introspection calls it to verify tokens");
    let service = safe_url(reader, "USER_MANAGEMENT_URL", plain_http)?;
    let endpoint = format!("{}{path}", service.as_str().trim_end_matches('/')).parse().unwrap_or(service);
    let (rules, claims) = (rules.clone(), claims.clone());
    let (secret, key) = (None, FactsKey::default());
    Some(IntrospectionOptions { endpoint, client, secret, rules, claims, upstream, cache, key })
}

fn client(reader: &mut Reader) -> Option<ClientCredentials> {
    match (reader.text("INTROSPECTION_CLIENT_ID"), reader.text("INTROSPECTION_CLIENT_SECRET")) {
        (Some(id), Some(secret)) => Some(ClientCredentials { id, secret: secret.into() }),
        (Some(_), None) => {
            reader.fault("INTROSPECTION_CLIENT_SECRET", "is required together with INTROSPECTION_CLIENT_ID");
            None
        }
        (None, Some(_)) => {
            reader.fault("INTROSPECTION_CLIENT_ID", "is required together with INTROSPECTION_CLIENT_SECRET");
            None
        }
        (None, None) => None,
    }
}

/// The directory, in every mode.
fn directory(reader: &mut Reader, mode: Mode, rules: &TokenRules, claims: &ClaimMapping) -> Option<DirectoryOptions> {
    let interval = reader.duration("USER_DIRECTORY_INTERVAL").unwrap_or_default();
    if interval.is_zero() {
        reader.fault("USER_DIRECTORY_INTERVAL", "must be greater than zero");
    }
    if !reader.word("USER_DIRECTORY", &[("off", false), ("on", true)]).unwrap_or_default() {
        return None;
    }
    // The other modes have reported that it is missing.
    if mode == Mode::SharedSecret || reader.text("JWKS_URL").is_some() {
        reader.required("USER_MANAGEMENT_URL", "USER_DIRECTORY=on reads its directory");
    }
    let is_keyed = (claims.company_as, claims.user_as) != (IdClaim::Uuid, IdClaim::Uuid);
    if is_keyed && rules.issuer.is_none() {
        reader.fault(
            "JWT_ISSUER",
            "is required with USER_DIRECTORY=on, unless CLAIM_COMPANY_AS and CLAIM_USER_AS are uuid: ids that are no \
             UUIDs are mapped with it",
        );
    }
    let (client, upstream) = (client(reader), upstream(reader));
    if client.is_none() && reader.text("INTROSPECTION_CLIENT_ID").is_none() {
        reader.fault("INTROSPECTION_CLIENT_ID", "is required together with USER_DIRECTORY=on");
    }
    let plain_http = reader.flag("USER_MANAGEMENT_PLAIN_HTTP");
    let service = safe_url(reader, "USER_MANAGEMENT_URL", plain_http)?;
    let (issuer, claims) = (rules.issuer.clone().unwrap_or_default(), claims.clone());
    let client = DirectoryClientOptions { service, client: client?, issuer, claims, upstream };
    Some(DirectoryOptions { client, interval })
}

fn jwks(reader: &mut Reader, rules: &TokenRules, claims: &ClaimMapping) -> Option<JwksOptions> {
    let plain_http = reader.flag("USER_MANAGEMENT_PLAIN_HTTP");
    let (algorithms, upstream) = (algorithms(reader), upstream(reader));
    let refresh = reader.duration("JWKS_REFRESH").unwrap_or_default();
    if refresh.is_zero() {
        reader.fault("JWKS_REFRESH", "must be greater than zero");
    }
    let stale = reader.duration("JWKS_STALE").unwrap_or_default();
    let cache_ttl = reader.duration("TOKEN_CACHE_TTL").unwrap_or_default();
    let source = if reader.text("JWKS_URL").is_some() {
        KeySource::At(safe_url(reader, "JWKS_URL", plain_http)?)
    } else {
        reader.required("USER_MANAGEMENT_URL", "jwks requires it or JWKS_URL");
        let service = safe_url(reader, "USER_MANAGEMENT_URL", plain_http)?;
        KeySource::Of { service, issuer: rules.issuer.clone(), plain_http }
    };
    let claims = claims.clone();
    let options = JwksOptions::new(source, rules.clone());
    Some(JwksOptions { algorithms, claims, upstream, refresh, stale, cache_ttl, ..options })
}

/// A public key is not a secret: an algorithm that used it as one would accept tokens of anyone.
fn algorithms(reader: &mut Reader) -> Vec<Algorithm> {
    let known = || ALGORITHMS.iter().map(|known| format!("{known:?}")).collect::<Vec<_>>().join(", ");
    let mut algorithms = Vec::new();
    for name in reader.list("JWT_ALGORITHMS") {
        match name.parse().ok().filter(|algorithm| ALGORITHMS.contains(algorithm)) {
            Some(algorithm) => algorithms.push(algorithm),
            None => reader.fault("JWT_ALGORITHMS", format_args!("\"{name}\" is none of {}", known())),
        }
    }
    algorithms
}

fn upstream(reader: &mut Reader) -> UpstreamOptions {
    let timeout = reader.duration("USER_MANAGEMENT_TIMEOUT").unwrap_or_default();
    if timeout.is_zero() {
        reader.fault("USER_MANAGEMENT_TIMEOUT", "must be greater than zero");
    }
    let concurrency = reader.parsed::<std::num::NonZeroU16>("USER_MANAGEMENT_CONCURRENCY");
    UpstreamOptions { timeout, concurrency: concurrency.map_or(1, |number| number.get().into()) }
}

/// The URL of a service. Errors do not contain the URL, because it may contain a password.
pub(super) fn url(reader: &mut Reader, name: &str) -> Option<Url> {
    let url =
        reader.text(name)?.parse::<Url>().map_err(|error| reader.fault(name, format_args!("is not a URL: {error}")));
    let url = url.ok()?;
    let fault = if !matches!(url.scheme(), "https" | "http") {
        "begins with neither https:// nor http://"
    } else if !url.username().is_empty() || url.password().is_some() {
        "contains a user name or a password; use the settings for client credentials"
    } else if url.fragment().is_some() || url.query().is_some() {
        "must not contain ? or #"
    } else {
        return Some(url);
    };
    reader.fault(name, fault);
    None
}

/// Tokens and keys must be encrypted in transit: an attacker who can replace keys can forge tokens for any user.
pub(super) fn safe_url(reader: &mut Reader, name: &str, plain_http: bool) -> Option<Url> {
    let url = url(reader, name)?;
    if !is_safe(&url, plain_http) {
        reader.fault(
            name,
            "leads to another machine without TLS; use https://, or set USER_MANAGEMENT_PLAIN_HTTP=true where something \
             else encrypts, a service mesh for instance",
        );
    }
    Some(url)
}

fn claims(reader: &mut Reader) -> ClaimMapping {
    let mut pointers = |name: &str| {
        let pointers = reader.list(name);
        if pointers.iter().any(|pointer| !pointer.starts_with('/')) {
            reader.fault(name, "a JSON pointer begins with /, for instance /companyId");
        }
        pointers
    };
    let [company, user, role, permissions, name, email] =
        ["CLAIM_COMPANY", "CLAIM_USER", "CLAIM_ROLE", "CLAIM_PERMISSIONS", "CLAIM_NAME", "CLAIM_EMAIL"]
            .map(&mut pointers);
    const KINDS: &[(&str, IdClaim)] = &[("any", IdClaim::Any), ("uuid", IdClaim::Uuid), ("key", IdClaim::Key)];
    ClaimMapping {
        company,
        company_as: reader.word("CLAIM_COMPANY_AS", KINDS).unwrap_or_default(),
        user,
        user_as: reader.word("CLAIM_USER_AS", KINDS).unwrap_or_default(),
        role,
        permissions,
        name,
        email,
        roles: reader.parsed::<RoleMap>("ROLE_MAP").unwrap_or_default(),
    }
}
