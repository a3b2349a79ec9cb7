//! The stream that tells open pages what changes.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use crm_console::Console;
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::notes::NewNote;
use crm_web::Service;
use crm_web::service::Limits;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Browser, Host, MOUNT, Person, browser, company, open};

const STREAM: &str = "/events/stream";

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        tells_what_changes_from_where_a_page_was,
        private_notes_of_others_are_not_told,
        another_company_hears_nothing,
        who_is_not_logged_in_is_refused,
        the_number_of_streams_is_limited,
        pages_say_what_they_show,
    ]);
}

/// A page's stream, which ends almost at once, so that a test reads all of it.
struct Page {
    browser: Browser,
    service: Service,
    person: Person,
}

impl Page {
    async fn new(database: &TestDatabase, person: Person) -> Self {
        let limits = Limits { stream_time: Duration::from_millis(300), ..Limits::default() };
        let service = Service::new(Crm::default(), database.connection.clone(), Host).with_limits(limits);
        let browser = open(Console::new(service.clone())).await;
        browser.cookies.borrow_mut().insert("erp".to_owned(), person.word());
        Self { browser, service, person }
    }

    /// The id of the last event that there is.
    async fn now(&self, database: &TestDatabase) -> String {
        let feed = self.person.scope(database).events().after(None, 1_000).await.unwrap();
        self.service.cursor_key().seal(feed.cursor)
    }

    /// What is told after an event.
    async fn told(&self, id: &str) -> Vec<(String, Value)> {
        let answer = self.browser.get(&format!("{STREAM}?after={id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.header("content-type"), "text/event-stream");
        assert_eq!(answer.header("x-accel-buffering"), "no");
        assert!(answer.has("retry: 2000"));
        messages(&answer.body)
    }
}

/// The ids and the data of all messages.
fn messages(text: &str) -> Vec<(String, Value)> {
    let message = |part: &str| {
        let of = |name: &str| part.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        Some((of("id: ")?, serde_json::from_str(&of("data: ")?).unwrap()))
    };
    text.split("\n\n").filter_map(message).collect()
}

async fn tells_what_changes_from_where_a_page_was(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let page = Page::new(&database, person).await;
    let mut scope = person.scope(&database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let start = page.now(&database).await;
    let ray = scope.customers().create(NewCustomer::organization("Ray AG")).await.unwrap();
    scope.notes(lee.id).create(NewNote::text("SECRET-WORDS")).await.unwrap();
    let all = page.told(&start).await;
    let [(first, customer), (_, note)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(*customer, json!({ "kind": "customer", "id": ray.id, "version": 1, "customer": ray.id }));
    assert_eq!((&note["kind"], &note["customer"]), (&json!("note"), &json!(lee.id)));
    assert!(!note.to_string().contains("SECRET-WORDS"));
    // From there on, each once.
    let rest = page.told(first).await;
    assert_eq!(rest.iter().map(|(_, data)| data).collect::<Vec<_>>(), [note]);
    let by_header =
        TestRequest::get().uri(&format!("{MOUNT}{STREAM}")).insert_header(("last-event-id", first.as_str()));
    assert_eq!(messages(&page.browser.send(by_header).await.body).len(), 1);
    assert_eq!(page.browser.get(&format!("{STREAM}?after=nonsense")).await.status, StatusCode::BAD_REQUEST);
}

async fn private_notes_of_others_are_not_told(database: TestDatabase) {
    let company = company();
    let author = Person::new(company, Role::SalesRep);
    let mut scope = author.scope(&database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let pages = [Page::new(&database, author).await, Page::new(&database, Person::new(company, Role::Admin)).await];
    let starts = [pages[0].now(&database).await, pages[1].now(&database).await];
    scope.notes(lee.id).create(NewNote::text("x").private()).await.unwrap();
    assert_eq!(pages[0].told(&starts[0]).await.len(), 1);
    assert!(pages[1].told(&starts[1]).await.is_empty());
}

async fn another_company_hears_nothing(database: TestDatabase) {
    let other = Page::new(&database, Person::new(company(), Role::Admin)).await;
    let start = other.now(&database).await;
    let author = Person::new(company(), Role::Admin);
    author.scope(&database).customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    assert!(other.told(&start).await.is_empty());
}

async fn who_is_not_logged_in_is_refused(database: TestDatabase) {
    let browser = browser(&database, Person::new(company(), Role::Viewer)).await;
    browser.cookies.borrow_mut().clear();
    assert_eq!(browser.get(STREAM).await.status, StatusCode::UNAUTHORIZED);
}

async fn the_number_of_streams_is_limited(database: TestDatabase) {
    let person = Person::new(company(), Role::Viewer);
    let mut limits = Limits::default();
    limits.streams.user = std::num::NonZeroU32::new(1);
    let service = Service::new(Crm::default(), database.connection.clone(), Host).with_limits(limits);
    let seat = service.open_streams().take_seat(person.scope(&database).actor(), limits.streams, None).unwrap();
    let browser = open(Console::new(service)).await;
    browser.cookies.borrow_mut().insert("erp".to_owned(), person.word());
    let refused = browser.get(STREAM).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "30"));
    drop(seat);
}

async fn pages_say_what_they_show(database: TestDatabase) {
    let person = Person::new(company(), Role::SalesRep);
    let lee = person.scope(&database).customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    let browser = browser(&database, person).await;
    let page = browser.get(&format!("/customers/{}", lee.id)).await;
    assert_eq!(page.after("data-live=\"customer\"", "data-record"), lee.id.to_string());
    assert_eq!(page.after("data-live=\"customer\"", "data-version"), "1");
    assert_eq!(page.after("class=\"shell\"", "data-events"), format!("{MOUNT}{STREAM}"));
    assert!(browser.get("/customers").await.has("data-live=\"list\""));
    assert!(browser.get("/").await.has("data-live=\"dashboard\""));
    for path in ["/tasks", "/tasks/agenda", "/tasks/calendar"] {
        assert!(browser.get(path).await.has("data-live=\"tasks\""), "{path}");
    }
    assert!(!browser.get("/customers/new").await.has("data-live=\""));
}
