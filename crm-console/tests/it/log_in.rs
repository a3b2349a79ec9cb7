//! Log-in at the user-management service, sessions, and how they end.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use async_trait::async_trait;
use crm_console::login::{PasswordLogin, PasswordLoginOptions};
use crm_console::{Console, DemoUser, migrations};
use crm_core::Crm;
use crm_core::actor::{Actor, Role};
use crm_core::sea_orm::{ConnectionTrait, Statement};
use crm_web::Service;
use crm_web::auth::{AuthError, Authenticator, bearer_token};
use crm_web::seal::SealKey;
use testkit::{Suite, TestDatabase, tests};

use crate::stand_in::{EMAIL, PASSWORD, StandIn};
use crate::support::{Browser, MOUNT, Person, company, form, open, read_actor};

const KEY: &[u8] = b"a secret that all instances share";
const SESSION: &str = "crm_session";

pub fn register(suite: &mut Suite) {
    tests!(suite, own: [
        a_person_logs_in_and_out,
        refusals_tell_nothing,
        a_second_factor_is_asked_for,
        a_planted_id_is_worth_nothing,
        over_https_the_cookie_is_bound_to_the_host,
        tokens_are_refreshed_one_at_a_time,
        an_ended_session_leads_to_the_log_in,
        an_outage_logs_nobody_out,
        the_database_has_no_secret,
        demo_users_log_in_with_one_click,
        migrations_go_up_and_down,
    ]);
}

/// Verifies the tokens of the stand-in.
struct Tokens;

#[async_trait(?Send)]
impl Authenticator for Tokens {
    async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
        read_actor(bearer_token(request.headers())?).ok_or(AuthError::Invalid("no such token"))
    }
}

struct World {
    um: StandIn,
    database: TestDatabase,
}

impl World {
    async fn new(database: TestDatabase) -> Self {
        migrations::up(&database.connection).await.unwrap();
        Self { um: StandIn::start(&Person::new(company(), Role::Admin).word()).await, database }
    }

    fn console(&self) -> Console {
        let service = Service::new(Crm::default(), self.database.connection.clone(), Tokens);
        let login = PasswordLogin::new(PasswordLoginOptions::new(&self.um.url)).unwrap();
        Console::new(service).with_login(login, SealKey::of(KEY))
    }

    async fn browser(&self) -> Browser {
        open(self.console()).await
    }

    async fn logged_in(&self) -> Browser {
        let browser = self.browser().await;
        let answer = browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    async fn sessions(&self) -> i64 {
        let backend = self.database.connection.get_database_backend();
        let count = Statement::from_string(backend, "SELECT count(*) AS count FROM crm_console_sessions");
        self.database.connection.query_one_raw(count).await.unwrap().unwrap().try_get("", "count").unwrap()
    }
}

async fn a_person_logs_in_and_out(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.browser().await;
    let away = browser.get("/customers?q=a").await;
    assert_eq!(away.status, StatusCode::SEE_OTHER);
    let page = browser.get(away.header("location")).await;
    let next = page.after("name=\"next\"", "value");
    assert_eq!(next, format!("{MOUNT}/customers?q=a"));
    let answer = browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD), ("next", &next)]).await;
    assert_eq!(answer.header("location"), next);
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    let page = browser.get("/").await;
    assert!(page.has("Pat Person") && page.has("Acme Ltd") && page.has("action=\"/erp/crm/log-out\""));
    assert_eq!(browser.get("/log-in").await.header("location"), "/erp/crm/");
    assert!(world.um.with(|state| state.forwarded.is_none() && state.device.is_none()));
    let held = browser.cookies.borrow().clone();
    let out = browser.post("/log-out", &[]).await;
    assert_eq!((out.header("location"), out.header("clear-site-data")), ("/erp/crm/log-in", "\"cache\""));
    assert_eq!((world.sessions().await, world.um.with(|state| state.log_outs.len())), (0, 1));
    // The old id opens nothing, even for a person who kept it.
    *browser.cookies.borrow_mut() = held;
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(world.um.with(|state| state.device.clone()).as_deref(), Some("device-1"));
}

async fn refusals_tell_nothing(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.browser().await;
    let unknown = browser.post("/log-in", &[("email", "bob@acme.example"), ("password", PASSWORD)]).await;
    let wrong = browser.post("/log-in", &[("email", EMAIL), ("password", "wrong-MARK")]).await;
    assert_eq!((unknown.status, wrong.status), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY));
    let neutral = |page: &str| page.replace("bob@acme.example", EMAIL);
    let without_id = |page: &str| page.split("request").next().unwrap().to_owned();
    assert_eq!(without_id(&neutral(&unknown.body)), without_id(&wrong.body));
    assert!(wrong.has("is wrong.") && !wrong.has("wrong-MARK") && wrong.header("set-cookie").is_empty());
    let next = browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD), ("next", "//evil.example/")]).await;
    assert_eq!(next.header("location"), "/erp/crm/");
    world.um.with(|state| state.is_throttling = true);
    let answer = browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert!(answer.status == StatusCode::TOO_MANY_REQUESTS && answer.has("too many attempts"));
    world.um.with(|state| state.is_down = true);
    let answer = browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert!(answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.has("not available at the moment"));
    let foreign = form("/log-in", &[("email", EMAIL), ("password", PASSWORD)]);
    let foreign = foreign.insert_header(("sec-fetch-site", "cross-site"));
    assert_eq!(browser.send(foreign).await.status, StatusCode::FORBIDDEN);
}

async fn a_second_factor_is_asked_for(database: TestDatabase) {
    let world = World::new(database).await;
    world.um.with(|state| state.second_factor = true);
    let browser = world.browser().await;
    let ask = browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert!(ask.has("name=\"code\"") && ask.has(EMAIL) && !ask.has(PASSWORD));
    let wrong = browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD), ("code", "1")]).await;
    assert!(wrong.has("name=\"code\"") && wrong.has("The code is wrong."));
    let right = browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD), ("code", "123456")]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
}

async fn a_planted_id_is_worth_nothing(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.browser().await;
    let planted = "ab".repeat(32);
    browser.cookies.borrow_mut().insert(SESSION.to_owned(), planted.clone());
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    let first = browser.cookies.borrow()[SESSION].clone();
    assert_ne!(first, planted);
    // Another log-in ends the session before it.
    browser.post("/log-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_ne!(browser.cookies.borrow()[SESSION], first);
    assert_eq!(world.sessions().await, 1);
    // What the browser sends as a token itself counts for nothing.
    let bearer = TestRequest::get()
        .uri("/erp/crm/")
        .insert_header(("authorization", format!("Bearer {}", Person::new(company(), Role::Admin).word())));
    assert_eq!(world.browser().await.send(bearer).await.status, StatusCode::SEE_OTHER);
}

async fn over_https_the_cookie_is_bound_to_the_host(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.browser().await;
    let request = form("/log-in", &[("email", EMAIL), ("password", PASSWORD)])
        .insert_header(("sec-fetch-site", "same-origin"))
        .insert_header(("x-forwarded-proto", "https"));
    let answer = browser.send(request).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-crm_session=") && cookie.contains("; Secure"), "{cookie}");
    // A plain cookie, which a neighbour could have set, is not looked at.
    let id = browser.cookies.borrow()["__Host-crm_session"].clone();
    browser.cookies.borrow_mut().clear();
    browser.cookies.borrow_mut().insert(SESSION.to_owned(), id);
    let get = TestRequest::get().uri("/erp/crm/").insert_header(("x-forwarded-proto", "https"));
    assert_eq!(browser.send(get).await.status, StatusCode::SEE_OTHER);
}

async fn tokens_are_refreshed_one_at_a_time(database: TestDatabase) {
    let world = World::new(database).await;
    // Valid for less than the time before which tokens are replaced.
    world.um.with(|state| (state.expires_in, state.delay) = (30, Duration::from_millis(300)));
    let browser = world.logged_in().await;
    world.um.with(|state| state.expires_in = 900);
    let other = open(world.console()).await;
    other.cookies.borrow_mut().clone_from(&browser.cookies.borrow());
    let agent = |path: &str| TestRequest::get().uri(path).insert_header(("user-agent", "Mozilla/5.0 (of Ann)"));
    let (a, b, c, d) = tokio::join!(
        browser.send(agent("/erp/crm/")),
        other.send(agent("/erp/crm/customers")),
        browser.send(agent("/erp/crm/customers/new")),
        other.send(agent("/erp/crm/"))
    );
    for answer in [a, b, c, d] {
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(world.um.with(|state| (state.refreshes, state.thefts)), (1, 0));
    // The service goes on to know whose session it is.
    assert_eq!(world.um.with(|state| state.user_agent.clone()).as_deref(), Some("Mozilla/5.0 (of Ann)"));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(world.um.with(|state| state.refreshes), 1);
}

async fn an_ended_session_leads_to_the_log_in(database: TestDatabase) {
    let world = World::new(database).await;
    world.um.with(|state| state.expires_in = 30);
    let browser = world.logged_in().await;
    world.um.with(crate::stand_in::State::end_sessions);
    let answer = browser.get("/customers").await;
    assert!(answer.header("location").starts_with("/erp/crm/log-in?next="));
    assert_eq!(world.sessions().await, 0);
}

async fn an_outage_logs_nobody_out(database: TestDatabase) {
    let world = World::new(database).await;
    world.um.with(|state| state.expires_in = 2);
    let browser = world.logged_in().await;
    world.um.with(|state| state.is_down = true);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let answer = browser.get("/").await;
    assert!(answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.has("Not available at the moment"));
    world.um.with(|state| (state.is_down, state.expires_in) = (false, 900));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

async fn the_database_has_no_secret(database: TestDatabase) {
    let world = World::new(database).await;
    let browser = world.logged_in().await;
    let backend = world.database.connection.get_database_backend();
    let all = Statement::from_string(backend, "SELECT id, sealed FROM crm_console_sessions");
    let row = world.database.connection.query_one_raw(all).await.unwrap().unwrap();
    let (id, sealed): (String, Vec<u8>) = (row.try_get("", "id").unwrap(), row.try_get("", "sealed").unwrap());
    let text = String::from_utf8_lossy(&sealed);
    let cookie = browser.cookies.borrow()[SESSION].clone();
    assert!(id != cookie && !text.contains("refresh-1") && !text.contains("admin") && !text.contains("Acme"));
    // Another key opens nothing.
    let login = PasswordLogin::new(PasswordLoginOptions::new(&world.um.url)).unwrap();
    let service = Service::new(Crm::default(), world.database.connection.clone(), Tokens);
    let other = open(Console::new(service).with_login(login, SealKey::random())).await;
    other.cookies.borrow_mut().clone_from(&browser.cookies.borrow());
    assert_eq!(other.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

async fn demo_users_log_in_with_one_click(database: TestDatabase) {
    let world = World::new(database).await;
    let user = DemoUser { label: "Ann of Acme".to_owned(), email: EMAIL.to_owned(), password: PASSWORD.to_owned() };
    let browser = open(world.console().with_demo_users(vec![user])).await;
    let page = browser.get("/log-in").await;
    assert!(page.has("Ann of Acme") && !world.browser().await.get("/log-in").await.has("one click"));
    let email = page.after("demo-users", "value=\"/erp/crm/\"><input type=\"hidden\" name=\"email\" value");
    let answer = browser.post("/log-in", &[("email", &email), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

async fn migrations_go_up_and_down(database: TestDatabase) {
    migrations::up(&database.connection).await.unwrap();
    migrations::up(&database.connection).await.unwrap();
    assert!(migrations::status(&database.connection).await.unwrap().iter().all(|migration| migration.applied));
    migrations::down(&database.connection, None).await.unwrap();
    assert!(migrations::status(&database.connection).await.unwrap().iter().all(|migration| !migration.applied));
    assert!(migration::status(&database.connection).await.unwrap().iter().all(|migration| migration.applied));
}
