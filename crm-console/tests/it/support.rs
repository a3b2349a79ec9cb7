//! A console that is mounted below a path, and a browser without JavaScript.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::cookie::Cookie;
use actix_web::dev::Service as HttpService;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, LOCATION};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpRequest, web};
use async_trait::async_trait;
use crm_console::Console;
use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::ids::{CompanyId, UserId};
use crm_core::{CompanyScope, Crm};
use crm_web::Service;
use crm_web::auth::{AuthError, Authenticator};
use testkit::TestDatabase;
use uuid::Uuid;

/// Where the tests mount the console.
pub const MOUNT: &str = "/erp/crm";

/// The host's log-in: its cookie says who it is.
pub struct Host;

#[async_trait(?Send)]
impl Authenticator for Host {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let cookie = request.cookie("erp").ok_or(AuthError::Missing)?;
        read_actor(cookie.value()).ok_or(AuthError::Invalid("the session has ended"))
    }
}

/// A host that gives its users rights of their own.
struct Granting(Vec<(Resource, Action)>);

#[async_trait(?Send)]
impl Authenticator for Granting {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        let rights = self.0.iter().map(|(resource, action)| Permission::all(*resource, *action));
        Ok(Host.authenticate(request).await?.with_permissions(rights))
    }
}

/// The console of a host in which this person has these rights, whatever their role.
pub async fn with_rights<const N: usize>(
    database: &TestDatabase,
    person: Person,
    rights: [(Resource, Action); N],
) -> Browser {
    let host = Granting(rights.into());
    let browser = open(Console::new(Service::new(Crm::default(), database.connection.clone(), host))).await;
    browser.cookies.borrow_mut().insert("erp".to_owned(), person.word());
    browser
}

/// `role.company.user.name`
pub fn read_actor(text: &str) -> Option<Actor> {
    let mut parts = text.splitn(4, '.');
    let role: Role = parts.next()?.parse().ok()?;
    let (company, user): (Uuid, Uuid) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let actor = Actor::user(CompanyId(company), UserId(user), role);
    Some(actor.with_profile(parts.next().map(|name| name.replace('_', " ")), Some(format!("{user}@example.com"))))
}

/// A user of a company.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub company: CompanyId,
    pub user: UserId,
    pub role: Role,
}

impl Person {
    pub fn new(company: CompanyId, role: Role) -> Self {
        Self { company, user: UserId(Uuid::new_v4()), role }
    }

    pub fn word(self) -> String {
        format!("{}.{}.{}.Pat_Person", self.role, self.company, self.user)
    }

    pub fn scope(self, database: &TestDatabase) -> CompanyScope<'static> {
        self.scope_on(&Crm::default(), database)
    }

    pub fn scope_on(self, crm: &Crm, database: &TestDatabase) -> CompanyScope<'static> {
        let actor = read_actor(&self.word()).expect("an actor");
        crm.on(actor, &database.connection)
    }
}

pub fn company() -> CompanyId {
    CompanyId(Uuid::new_v4())
}

pub type Answered = Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, Error>>>>;
type Answering = dyn Fn(TestRequest) -> Answered;

/// An answer as a browser has it.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// The value of an attribute that follows some text.
    pub fn after(&self, text: &str, attribute: &str) -> String {
        let rest = &self.body[self.body.find(text).unwrap_or_else(|| panic!("no {text} in {}", self.body))..];
        let mark = format!("{attribute}=\"");
        let start = rest.find(&mark).unwrap_or_else(|| panic!("no {attribute} after {text}")) + mark.len();
        rest[start..start + rest[start..].find('"').unwrap()].replace("&#38;", "&").replace("&amp;", "&")
    }
}

/// A browser without JavaScript: cookies, links, forms, redirects.
pub struct Browser {
    app: Box<Answering>,
    pub cookies: RefCell<BTreeMap<String, String>>,
}

/// The console of a host in which this person is logged in.
pub async fn browser(database: &TestDatabase, person: Person) -> Browser {
    browser_on(&Crm::default(), database, person).await
}

/// The same, on this CRM.
pub async fn browser_on(crm: &Crm, database: &TestDatabase, person: Person) -> Browser {
    let browser = open(Console::new(Service::new(crm.clone(), database.connection.clone(), Host))).await;
    browser.cookies.borrow_mut().insert("erp".to_owned(), person.word());
    browser
}

/// A browser in front of this console.
pub async fn open(console: Console) -> Browser {
    let app = App::new().service(web::scope(MOUNT).configure(crm_console::configure(console)));
    let app = std::rc::Rc::new(init_service(app).await);
    let call = move |request: TestRequest| -> Answered {
        let app = app.clone();
        Box::pin(async move { app.call(request.to_request()).await.map(|answer| answer.map_into_boxed_body()) })
    };
    Browser { app: Box::new(call), cookies: RefCell::default() }
}

impl Browser {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(&address(path))).await
    }

    /// Sends a form of one of our pages.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form(path, fields).insert_header(("sec-fetch-site", "same-origin"))).await
    }

    /// Sends a form, and follows the redirect.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        self.get(answer.header(LOCATION.as_str())).await
    }

    pub async fn send(&self, mut request: TestRequest) -> Answer {
        for (name, value) in &*self.cookies.borrow() {
            request = request.cookie(Cookie::new(name.clone(), value.clone()));
        }
        let answer = match (self.app)(request).await {
            Ok(answer) => answer,
            Err(error) => panic!("{error}"),
        };
        for cookie in answer.response().cookies() {
            let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
            if value.is_empty() {
                self.cookies.borrow_mut().remove(&name);
            } else {
                self.cookies.borrow_mut().insert(name, value);
            }
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = to_bytes(answer.into_body().boxed()).await.unwrap();
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// A path of the console, or a whole one.
fn address(path: &str) -> String {
    if path.starts_with(MOUNT) { path.to_owned() } else { format!("{MOUNT}{path}") }
}

pub fn form(path: &str, fields: &[(&str, &str)]) -> TestRequest {
    TestRequest::post().uri(&address(path)).set_form(fields)
}
