//! The service in process, with two companies and users of all roles.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Service as ActixService, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Bytes;
use actix_web::{App, Error, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use crm_web::limits::{RateLimitOptions, RateLimits};
use sea_orm::DatabaseConnection;
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::TestDatabase;
use user_management::http::health::Health;
use user_management::http::{Client, Service, configure};
use user_management::server::Server;
use user_management::settings::{Config, HttpConfig};
use user_management::{Options, UserManagement};

use super::contract;
use crate::auth_support::{PASSWORD, SECRET, World};
use crate::support::Mails;

/// The service that may introspect tokens, with its secret.
pub const CLIENT: (&str, &str) = ("crm", "the secret of the CRM, of more than 32 bytes");

pub type Later<T> = Pin<Box<dyn Future<Output = T>>>;
type Handler = dyn Fn(TestRequest) -> Later<HttpResponse>;

/// The service with Acme and Zoo. Each test has a database of its own.
pub struct Api {
    handler: Rc<Handler>,
    pub world: World,
    pub um: UserManagement,
    pub mails: Mails,
    pub acme: CompanyId,
    pub zoo: CompanyId,
    tokens: RefCell<HashMap<(CompanyId, Role), (UserId, String)>>,
}

impl Api {
    /// The whole service without mail.
    pub async fn new(database: &TestDatabase) -> Self {
        Self::with(database, Options::default(), false).await
    }

    /// The service with other options, and with mail if told so.
    pub async fn with(database: &TestDatabase, options: Options, mailing: bool) -> Self {
        let world = World::with(database, options).await;
        let db = world.db.clone();
        Self::of(world, db, mailing).await
    }

    /// The service on a pool of its own.
    pub async fn of(world: World, db: DatabaseConnection, mailing: bool) -> Self {
        let mails = Mails::default();
        let builder = UserManagement::builder(world.um.options().clone(), SECRET.into());
        let builder = builder.clock(world.clock.clone()).publisher(world.told.clone());
        let builder = if mailing { builder.mailer(mails.clone()) } else { builder };
        let um = builder.on(db.clone());
        let server = Server::new(service(&um), Health::new(db, None), http());
        let handler = handler(init_service(server.app()).await, TestRequest::to_request);
        let (acme, zoo) = (world.company, world.add_company("Zoo").await);
        Self { handler, world, um, mails, acme, zoo, tokens: RefCell::default() }
    }

    /// The same, mounted below a path, without the health routes.
    pub async fn mounted(mut self, prefix: &str) -> Self {
        let app = App::new().service(web::scope(prefix).configure(configure(service(&self.um))));
        self.handler = handler(init_service(app).await, TestRequest::to_request);
        self
    }

    /// A company's user in a role, and their token.
    pub async fn member(&self, company: CompanyId, role: Role) -> (UserId, String) {
        if let Some(known) = self.tokens.borrow().get(&(company, role)) {
            return known.clone();
        }
        let made = self.fresh(company, role).await;
        self.tokens.borrow_mut().insert((company, role), made.clone());
        made
    }

    /// The next call of [`Self::member`] adds other users.
    pub fn forget_tokens(&self) {
        self.tokens.borrow_mut().clear();
    }

    /// A new user of a company, and their token.
    pub async fn fresh(&self, company: CompanyId, role: Role) -> (UserId, String) {
        let address = format!("{}@{role}.example", uuid::Uuid::now_v7().simple());
        let user = self.world.add_member_of(company, &address, role).await;
        let signed_in = self.um.login(crate::auth_support::login(&address), &crate::auth_support::client()).await;
        (user, signed_in.expect("signed in").access_token)
    }

    /// The user of Acme in a role.
    pub async fn as_(&self, role: Role) -> Caller {
        self.with_token(&self.member(self.acme, role).await.1)
    }

    /// Acme's administrator.
    pub async fn admin(&self) -> Caller {
        self.as_(Role::Admin).await
    }

    /// The bearer of a token.
    pub fn with_token(&self, token: &str) -> Caller {
        self.anonymous().with("Authorization", format!("Bearer {token}"))
    }

    /// A service with credentials.
    pub fn client(&self) -> Caller {
        self.client_with(CLIENT.0, CLIENT.1)
    }

    /// A service with these credentials.
    pub fn client_with(&self, id: &str, secret: &str) -> Caller {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
        self.anonymous().with("Authorization", format!("Basic {pair}"))
    }

    pub fn anonymous(&self) -> Caller {
        Caller { handler: Rc::clone(&self.handler), headers: Vec::new() }
    }

    /// A log-in with the usual password.
    pub fn login(&self, address: &str) -> Call {
        self.anonymous().post("/api/auth/login").json(&json!({ "email": address, "password": PASSWORD }))
    }
}

fn service(um: &UserManagement) -> Service {
    let client = Client { id: CLIENT.0.to_owned(), secret: SecretString::from(CLIENT.1) };
    Service::new(um.clone(), vec![client], RateLimits::new(RateLimitOptions::default(), None))
}

fn http() -> HttpConfig {
    let needed = [("DATABASE_URL", "sqlite://unused.db"), ("UM_SECRET", SECRET), ("ISSUER", "http://localhost")];
    let environment = needed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Config::read(None, environment.into()).expect("the defaults are sound").http
}

fn handler<S, R: 'static, B>(app: S, finish: fn(TestRequest) -> R) -> Rc<Handler>
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

/// Where requests come from: their headers.
#[derive(Clone)]
pub struct Caller {
    handler: Rc<Handler>,
    headers: Vec<(String, String)>,
}

impl Caller {
    /// With another header.
    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut caller = self.clone();
        caller.headers.push((name.to_owned(), value.into()));
        caller
    }

    pub fn call(&self, method: &'static str, path: impl Into<String>) -> Call {
        let Self { handler, headers } = self.clone();
        Call { handler, method, path: path.into(), headers, body: None, is_checked: true }
    }

    pub fn get(&self, path: impl Into<String>) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: impl Into<String>) -> Call {
        self.call("POST", path)
    }

    pub fn patch(&self, path: impl Into<String>, body: &Value) -> Call {
        self.call("PATCH", path).body("application/merge-patch+json", body.to_string())
    }

    pub fn delete(&self, path: impl Into<String>) -> Call {
        self.call("DELETE", path)
    }
}

/// A request, sent when it is awaited.
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct Call {
    handler: Rc<Handler>,
    pub method: &'static str,
    pub path: String,
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    is_checked: bool,
}

impl Call {
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", form)
    }

    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.headers.retain(|(name, _)| name != "Content-Type");
        self.body = Some(body.into());
        self.header("Content-Type", content_type)
    }

    pub fn cookie(self, cookie: &str) -> Self {
        self.header("Cookie", cookie)
    }

    /// It is no part of the document.
    pub fn unchecked(self) -> Self {
        Self { is_checked: false, ..self }
    }

    async fn send(self) -> Answer {
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let mut request = TestRequest::default().method(method).uri(&self.path);
        if let Some(body) = &self.body {
            request = request.set_payload(body.clone());
        }
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("the name of a header");
            request = request.append_header((name, HeaderValue::from_str(value).expect("a header")));
        }
        let (response, body) = (self.handler)(request).await.into_parts();
        let body = to_bytes(body).await.unwrap_or_else(|_| panic!("a broken body"));
        let request = format!("{} {}", self.method, self.path);
        let answer = Answer { request, status: response.status().as_u16(), headers: response.headers().clone(), body };
        if self.is_checked {
            let faults = contract::faults(self.method, &self.path, &answer);
            assert!(faults.is_empty(), "the document is not true:\n  - {}\nof {answer}", faults.join("\n  - "));
        }
        answer
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Later<Answer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} to {}", self.status, self.request)?;
        for (name, value) in &self.headers {
            writeln!(f, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "  {}", self.text())
    }
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "expected {status}, got {self}");
        self
    }

    /// The body of an answer that went well.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "expected success, got {self}");
        self.json()
    }

    /// The problem of an answer with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let problem = if self.body.is_empty() { Value::Null } else { self.json() };
        assert!(self.status == status && problem["code"] == code, "expected {status} {code}, got {self}");
        problem
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("there is no ETag in {self}")).to_owned()
    }

    pub fn content_type(&self) -> &str {
        self.header("content-type").and_then(|text| text.split(';').next()).unwrap_or_default().trim()
    }

    /// The `Set-Cookie` of this name.
    #[track_caller]
    pub fn set_cookie(&self, name: &str) -> String {
        let mut all = self.headers.get_all("set-cookie").filter_map(|value| value.to_str().ok());
        let found = all.find(|text| text.starts_with(&format!("{name}=")));
        found.unwrap_or_else(|| panic!("no cookie {name} in {self}")).to_owned()
    }

    /// The cookie of this name, as a browser sends it.
    #[track_caller]
    pub fn cookie(&self, name: &str) -> String {
        self.set_cookie(name).split(';').next().unwrap_or_default().to_owned()
    }

    /// The refresh token's cookie.
    #[track_caller]
    pub fn refresh(&self) -> String {
        self.cookie("um_refresh")
    }

    /// All of the answer but what is unique to a request.
    pub fn anonymous(&self) -> (u16, Vec<(String, String)>, String) {
        let id = self.header("x-request-id").unwrap_or_default().to_owned();
        let plain = |text: &str| if id.is_empty() { text.to_owned() } else { text.replace(&id, "<request>") };
        let all =
            self.headers.iter().map(|(name, value)| (name.to_string(), plain(value.to_str().unwrap_or_default())));
        let mut headers: Vec<_> = all.collect();
        headers.sort_unstable();
        (self.status, headers, plain(&self.text()))
    }
}

impl Answer {
    /// All of the answer but its request id and the id it speaks of.
    pub fn without(&self, id: &str) -> (u16, Vec<(String, String)>, String) {
        let (status, headers, body) = self.anonymous();
        let plain = |text: String| if id.is_empty() { text } else { text.replace(id, "<id>") };
        (status, headers.into_iter().map(|(name, value)| (name, plain(value))).collect(), plain(body))
    }
}

/// The text at a pointer.
#[track_caller]
pub fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}
