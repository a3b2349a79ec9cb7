//! Authentication with a user-management service, by introspection or with its keys.

mod away;
mod directory;
mod documents;
mod forgeries;
mod health;
mod introspection;
mod jwks;
mod process;
mod redis;
mod revocations;
mod rights;
mod rotation;
mod shared;

use std::time::Duration;

use crm_core::actor::Role;
use crm_http::auth::{
    AuthMode, CacheOptions, ClaimMapping, FactsKey, IntrospectionOptions, JwksOptions, KeySource, TokenRules,
    UpstreamOptions, Verifier,
};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, UserManagement};

use crate::support::{Answer, Api, Options};

pub fn register(suite: &mut Suite) {
    introspection::register(suite);
    shared::register(suite);
    redis::register(suite);
    jwks::register(suite);
    forgeries::register(suite);
    rotation::register(suite);
    away::register(suite);
    health::register(suite);
    process::register(suite);
    documents::register(suite);
    revocations::register(suite);
    rights::register(suite);
    directory::register(suite);
}

/// What normally takes milliseconds may take this long on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

/// The CRM, and a user-management service that vouches for its callers.
struct Delegated {
    users: UserManagement,
    api: Api,
}

impl Delegated {
    /// The service is asked about each token, and what it says is kept for an hour.
    async fn introspecting(database: &TestDatabase, change: impl FnOnce(&mut IntrospectionOptions)) -> Self {
        let users = UserManagement::start().await.expect("a user-management service");
        let mut options = introspection(&users);
        change(&mut options);
        Self::with(database, users, AuthMode::Introspection(Box::new(options))).await
    }

    /// The service's keys verify tokens. They are fetched at the start, and when a token names another.
    async fn with_keys(database: &TestDatabase, change: impl FnOnce(&UserManagement, &mut JwksOptions)) -> Self {
        let users = UserManagement::start().await.expect("a user-management service");
        let mut options = jwks(&users);
        change(&users, &mut options);
        Self::with(database, users, AuthMode::Jwks(Box::new(options))).await
    }

    async fn with(database: &TestDatabase, users: UserManagement, mode: AuthMode) -> Self {
        let verifier = Some(Verifier::start(mode, None).await.expect("a client"));
        let api = Api::with(database, Options { verifier, ..Options::default() }).await;
        Self { users, api }
    }

    /// What the service says of the company's user in this role; `null` leaves a claim out.
    fn claims(&self, role: Role, changes: Value) -> Value {
        let mut claims = Value::Object(self.api.claims(role));
        crm_core::patch::merge(&mut claims, json!({ "iss": self.users.url(), "aud": "crm" }));
        crm_core::patch::merge(&mut claims, changes);
        claims
    }

    /// An administrator's token that says nothing by itself.
    fn issue(&self, changes: Value) -> String {
        self.users.issue(&self.claims(Role::Admin, changes))
    }

    /// An administrator's token that is signed with the service's newest key.
    fn sign(&self, changes: Value) -> String {
        self.users.sign(&self.claims(Role::Admin, changes))
    }

    /// What the CRM answers to the holder of this token.
    async fn answer(&self, token: &str) -> Answer {
        self.api.with_token(token).get("/api/customers").await
    }

    /// Whether the CRM gives this answer soon.
    async fn soon(&self, token: &str, status: u16) -> bool {
        testkit::eventually(PATIENCE, async || self.answer(token).await.status == status).await
    }

    /// This token cannot be verified.
    async fn unavailable(&self, token: &str) {
        let answer = self.answer(token).await;
        assert!(answer.header("retry-after").is_some(), "{answer}");
        answer.problem(503, "identity_unavailable");
    }
}

fn introspection(users: &UserManagement) -> IntrospectionOptions {
    IntrospectionOptions {
        endpoint: format!("{}/oauth2/introspect", users.url()).parse().expect("a URL"),
        client: None,
        secret: None,
        rules: TokenRules::default(),
        claims: ClaimMapping::default(),
        upstream: UpstreamOptions { timeout: PATIENCE, ..UpstreamOptions::default() },
        cache: CacheOptions { ttl: LONG, stale: LONG },
        key: FactsKey::default(),
    }
}

fn jwks(users: &UserManagement) -> JwksOptions {
    let source = KeySource::At(format!("{}/.well-known/jwks.json", users.url()).parse().expect("a URL"));
    let rules = TokenRules { issuer: Some(users.url()), audience: Some("crm".to_owned()) };
    let upstream = UpstreamOptions { timeout: PATIENCE, ..UpstreamOptions::default() };
    JwksOptions { upstream, refresh: LONG, pause: Duration::ZERO, cache_ttl: LONG, ..JwksOptions::new(source, rules) }
}

/// In how many seconds from now a token expires, or begins.
fn at(seconds: i64) -> i64 {
    chrono::Utc::now().timestamp() + seconds
}
