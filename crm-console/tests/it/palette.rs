//! The command palette, and the warning of similar customers.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        the_palette_finds_customers_and_pages,
        similar_customers_are_shown_before_one_is_added,
        a_form_is_checked_while_it_is_filled_in,
    ]);
}

async fn the_palette_finds_customers_and_pages(database: TestDatabase) {
    let company = company();
    let admin = Person::new(company, Role::Admin);
    admin.scope(&database).customers().create(NewCustomer::person("Ann", "Lee")).await.unwrap();
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    let admin = browser(&database, admin).await;
    let stranger = browser(&database, Person::new(crate::support::company(), Role::Admin)).await;
    let found = |page: &str| page.split("id=\"found\"").nth(1).unwrap().split("</main>").next().unwrap().to_owned();
    let all = found(&admin.get("/palette").await.body);
    assert!(all.contains("Dashboard") && all.contains("Add customer") && !all.contains("Ann Lee"));
    let offered = found(&viewer.get("/palette").await.body);
    assert!(!offered.contains("Add customer") && !offered.contains("Add task") && offered.contains("Tasks"));
    let lee = found(&admin.get("/palette?q=lee").await.body);
    assert!(lee.contains("Ann Lee") && !lee.contains("Dashboard"));
    assert!(found(&admin.get("/palette?q=dash").await.body).contains("Dashboard"));
    let none = found(&stranger.get("/palette?q=lee").await.body);
    assert!(none.contains("Nothing has this name"), "{none}");
}

async fn similar_customers_are_shown_before_one_is_added(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let mut scope = person.scope(&database);
    let phone = Some("+49 30 901820".to_owned());
    scope.customers().create(NewCustomer { phone, ..NewCustomer::person("Ann", "Lee") }).await.unwrap();
    let browser = browser(&database, person).await;
    for twin in [
        [("firstName", "ann"), ("lastName", "LEE"), ("phone", "")],
        [("firstName", "Annie"), ("lastName", "Lee"), ("phone", "+4930901820")],
    ] {
        let fields = [&twin[..], &[("kind", "person")]].concat();
        let asked = browser.post("/customers", &fields).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.has("The customer has not been added") && asked.has("Ann Lee") && asked.has("name=\"anyway\""));
        assert!(asked.has(&format!("value=\"{}\"", twin[0].1)), "what was typed is lost");
        browser.submit("/customers", &[&fields[..], &[("anyway", "1")]].concat()).await;
    }
    assert!(browser.get("/customers").await.has("3 customers"));
    // Another name is added at once.
    browser.submit("/customers", &[("kind", "person"), ("firstName", "Ann"), ("lastName", "Leeson")]).await;
}

async fn a_form_is_checked_while_it_is_filled_in(database: TestDatabase) {
    let company = company();
    let person = Person::new(company, Role::SalesRep);
    let browser = browser(&database, person).await;
    let page = browser.post("/customers/new", &[("kind", "person"), ("email", "nonsense"), ("firstName", "Ann")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.after("id=\"check\"", "class").contains("fault") && page.has("value=\"nonsense\""), "{}", page.body);
    // What is still empty is no fault yet, and nothing was added.
    let page = browser.post("/customers/new", &[("kind", "person"), ("email", "ann@lee.example")]).await;
    assert!(!page.body.split("id=\"check\"").nth(1).unwrap().contains("fault"));
    assert!(browser.get("/customers").await.has("No customers yet"));
}
