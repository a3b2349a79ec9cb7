//! The service, and its clients.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::Error;
use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service as ActixService, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use chrono::Utc;
use crm_core::actor::{Actor, Role};
use crm_core::ids::{CompanyId, UserId};
use crm_core::sea_orm::DatabaseConnection;
use crm_core::users::UserProfile;
use crm_core::{CompanyScope, Crm};
use crm_http::auth::{SharedSecret, SharedSecretOptions, Verifier};
use crm_http::cache::Cache;
use crm_http::config::HttpConfig;
use crm_http::health::Health;
use crm_http::limits::RateLimits;
use crm_http::redis::{Redis, RedisAnswers};
use crm_http::server::Server;
use crm_http::{CursorKey, Limits, Service};
use futures_util::future::LocalBoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Map, Value, json};
use testkit::TestDatabase;
use uuid::Uuid;

use super::call::Call;

/// The secret that the tests' tokens are signed with.
pub const SECRET: &str = "the-secret-of-the-tests-is-long-enough";

/// Answers requests as a server would.
pub type Handler = dyn Fn(TestRequest) -> LocalBoxFuture<'static, HttpResponse>;

/// A service with a company that no other test knows.
#[derive(Clone)]
pub struct Api {
    handler: Rc<Handler>,
    tokens: Rc<SharedSecret>,
    pub crm: Crm,
    pub database: TestDatabase,
    pub company: CompanyId,
}

/// How the service is put together, where it is not as usual.
pub struct Options {
    pub crm: Crm,
    /// The pool, if not the shared one.
    pub pool: Option<DatabaseConnection>,
    pub limits: Limits,
    pub cors_origins: Vec<String>,
    pub tokens: SharedSecretOptions,
    /// The rate limits, if there are any.
    pub rate_limits: Option<RateLimits>,
    /// Who verifies tokens, if not the tests' secret.
    pub verifier: Option<Verifier>,
    /// Where answers are kept.
    pub cache: Option<Cache>,
    /// The maximum age of health results, if they are cached.
    pub health_age: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            crm: testkit::with_language_model(Crm::builder().audit_key(*b"the audit key of the tests")).build(),
            pool: None,
            // A test reads answers to their end.
            limits: Limits { stream_time: Duration::from_millis(50), ..Limits::default() },
            cors_origins: Vec::new(),
            tokens: tokens(),
            rate_limits: None,
            verifier: None,
            cache: Some(cache()),
            health_age: Duration::ZERO,
        }
    }
}

/// Where answers are kept unless a test says otherwise: in the process, or in the Redis that `CRM_TEST_SERVICE_REDIS_URL` names,
/// which may go away while the tests run. They are the same answers.
fn cache() -> Cache {
    let Ok(url) = std::env::var("CRM_TEST_SERVICE_REDIS_URL") else {
        return Cache::default();
    };
    let redis = Redis::new(&url.into(), Duration::from_millis(250)).expect("a URL");
    Cache::shared(Arc::new(RedisAnswers::new(redis)), SECRET.as_bytes())
}

/// The key that the tests' instances share.
pub fn cursor_key() -> CursorKey {
    CursorKey::derived(SECRET.as_bytes())
}

/// What the tests' tokens must say.
pub fn tokens() -> SharedSecretOptions {
    SharedSecretOptions { secret: SECRET.into(), issuer: None, audience: None, claims: Default::default() }
}

impl Api {
    /// The whole service, as `serve` runs it.
    pub async fn new(database: &TestDatabase) -> Self {
        Self::with(database, Options::default()).await
    }

    /// The whole service, put together in another way.
    pub async fn with(database: &TestDatabase, options: Options) -> Self {
        let Options { crm, pool, limits, cors_origins, tokens, rate_limits, verifier, cache, health_age } = options;
        let pool = pool.unwrap_or_else(|| database.connection.clone());
        let tokens = SharedSecret::new(tokens);
        let verifier = verifier.unwrap_or_else(|| Verifier::SharedSecret(Box::new(tokens.clone())));
        let service = Service::new(crm.clone(), pool.clone(), verifier.clone()).with_limits(limits).with_cache(cache);
        let service = service.with_cursor_key(cursor_key());
        let service = match rate_limits {
            Some(rate_limits) => service.with_rate_limits(rate_limits),
            None => service,
        };
        let health = Health::new(pool, None, Some(metrics())).with_verifier(verifier).kept_for(health_age);
        let http = HttpConfig { cors_origins, ..defaults() };
        let app = Server::new(service, health, http).app();
        Self::of(handler(init_service(app).await, TestRequest::to_request), database, crm, tokens)
    }

    /// A service of one's own making.
    pub fn of(handler: Rc<Handler>, database: &TestDatabase, crm: Crm, tokens: SharedSecret) -> Self {
        let company = CompanyId(Uuid::new_v4());
        Self { handler, tokens: Rc::new(tokens), crm, database: database.clone(), company }
    }

    /// The same company at another process: no cache is shared.
    pub async fn elsewhere(&self) -> Self {
        self.elsewhere_with(Options::default()).await
    }

    /// The same company at another process that is put together in another way.
    pub async fn elsewhere_with(&self, options: Options) -> Self {
        Self { company: self.company, ..Self::with(&self.database, options).await }
    }

    /// Another company at the same service.
    pub fn other_company(&self) -> Self {
        Self { company: CompanyId(Uuid::new_v4()), ..self.clone() }
    }

    /// The id of the company's user in this role.
    pub fn user(&self, role: Role) -> UserId {
        self.named(role.as_str())
    }

    /// A UUID as user-management services have them: no key of theirs has become it.
    fn named(&self, name: &str) -> UserId {
        let digest = Uuid::new_v5(&self.company.0, name.as_bytes()).into_bytes();
        UserId(uuid::Builder::from_random_bytes(digest).into_uuid())
    }

    /// Lets the CRM see the company's user in this role, so that they can own records.
    pub async fn ensure_mirrored(&self, role: Role) -> UserId {
        self.mirror(self.user(role), &format!("The {role}")).await
    }

    /// Lets the CRM see a user of the company who has no role in the tests.
    pub async fn meet_another(&self) -> UserId {
        self.mirror(self.named("another"), "Another").await
    }

    async fn mirror(&self, id: UserId, name: &str) -> UserId {
        let profile = UserProfile { id, display_name: Some(name.to_owned()), email: None, is_active: true };
        self.scope(Some(self.user(Role::Admin))).users().mirror(&profile).await.expect("a mirror");
        id
    }

    /// The company as this user sees it with every right, or as the system does.
    pub fn scope(&self, user: Option<UserId>) -> CompanyScope<'static> {
        let actor = match user {
            Some(user) => Actor::user(self.company, user, Role::Admin),
            None => Actor::system(self.company),
        };
        self.crm.on(actor, &self.database.connection)
    }

    /// The claims of the company's user in this role, for an hour.
    pub fn claims(&self, role: Role) -> Map<String, Value> {
        let claims = json!({
            "companyId": self.company,
            "sub": self.user(role),
            "role": role,
            "name": format!("The {role}"),
            "email": format!("{role}@{}.example", self.company),
            "exp": Utc::now().timestamp() + 3600,
        });
        match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }

    /// The token of the company's user in this role.
    pub fn token(&self, role: Role) -> String {
        self.token_with(role, json!({}))
    }

    /// The same token with other claims; `null` leaves one out.
    pub fn token_with(&self, role: Role, changes: Value) -> String {
        let mut claims = Value::Object(self.claims(role));
        crm_core::patch::merge(&mut claims, changes);
        self.tokens.mint(claims.as_object().cloned().unwrap_or_default()).expect("a token")
    }

    /// A token that has expired.
    pub fn expired_token(&self, role: Role) -> String {
        self.token_with(role, json!({ "exp": Utc::now().timestamp() - 3600 }))
    }

    /// The company's user in this role.
    pub fn as_(&self, role: Role) -> Client {
        self.with_token(&self.token(role))
    }

    /// The company's administrator.
    pub fn admin(&self) -> Client {
        self.as_(Role::Admin)
    }

    /// The holder of this token.
    pub fn with_token(&self, token: &str) -> Client {
        self.anonymous().with_token(token)
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Client {
        Client::new(Rc::clone(&self.handler))
    }
}

/// A client.
#[derive(Clone)]
pub struct Client {
    handler: Rc<Handler>,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client without a token, at this service.
    pub fn new(handler: Rc<Handler>) -> Self {
        Self { handler, headers: Vec::new() }
    }

    /// The holder of this token, at the same service.
    pub fn with_token(&self, token: &str) -> Self {
        let headers = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
        Self { headers, ..self.clone() }
    }

    /// The same, from this address.
    pub fn from(&self, address: &str) -> Self {
        let (handler, address) =
            (Rc::clone(&self.handler), SocketAddr::new(address.parse().expect("an address"), 4711));
        Self { handler: Rc::new(move |request| handler(request.peer_addr(address))), ..self.clone() }
    }

    /// A request of any method.
    pub fn call(&self, method: &'static str, path: impl Into<String>) -> Call {
        let (handler, headers) = (Rc::clone(&self.handler), self.headers.clone());
        Call { handler, method, path: path.into(), headers, body: None, undocumented: None }
    }

    pub fn get(&self, path: impl Into<String>) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: impl Into<String>) -> Call {
        self.call("POST", path)
    }

    pub fn put(&self, path: impl Into<String>) -> Call {
        self.call("PUT", path)
    }

    pub fn patch(&self, path: impl Into<String>) -> Call {
        self.call("PATCH", path)
    }

    pub fn delete(&self, path: impl Into<String>) -> Call {
        self.call("DELETE", path)
    }
}

/// An app without its type. What it gives as an error becomes an answer as the server makes one of it.
pub fn handler<S, R: 'static, B>(app: S, finish: fn(TestRequest) -> R) -> Rc<Handler>
where
    S: ActixService<R, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    let app = Rc::new(app);
    Rc::new(move |request| {
        let app = Rc::clone(&app);
        Box::pin(async move {
            let answer: HttpResponse<BoxBody> = match app.call(finish(request)).await {
                Ok(response) => response.into_parts().1.map_into_boxed_body(),
                Err(error) => HttpResponse::from_error(error),
            };
            answer
        })
    })
}

/// Metrics are collected once per process.
fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| Server::collect_metrics().expect("nobody else collects")).clone()
}

/// The default settings.
pub fn defaults() -> HttpConfig {
    let environment = [("DATABASE_URL", "sqlite://never-opened.db"), ("JWT_SECRET", SECRET)];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    crm_http::config::Config::read(None, environment.into()).expect("the defaults are sound").http
}
