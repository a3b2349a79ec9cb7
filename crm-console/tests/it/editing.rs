//! Forms work without JavaScript, lose nothing that was typed, and notice what others did meanwhile.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::{CustomerPatch, NewCustomer};
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, MOUNT, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_field_is_edited_in_its_place,
        a_fault_stands_beside_its_field,
        a_stale_version_shows_the_new_value,
        a_customer_is_added,
        a_faulty_form_keeps_what_was_typed,
        a_taken_address_is_told,
        notes_are_written_previewed_and_pinned,
        calls_are_logged_and_planned,
        tags_come_and_go,
    ]);
}

async fn opened(database: &TestDatabase) -> (Browser, Person, String) {
    let person = Person::new(company(), Role::SalesRep);
    let new = NewCustomer { email: Some("ann@lee.example".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    let ann = person.scope(database).customers().create(new).await.unwrap();
    (browser(database, person).await, person, format!("/customers/{}", ann.id))
}

fn version(page: &Answer) -> String {
    page.after("name=\"version\"", "value")
}

async fn a_field_is_edited_in_its_place(database: TestDatabase) {
    let (browser, _, ann) = opened(&database).await;
    let page = browser.get(&format!("{ann}?edit=phone")).await;
    assert!(page.has("field-editing") && page.has("type=\"tel\""));
    let saved = browser
        .submit(&format!("{ann}/fields/phone"), &[("version", &version(&page)), ("value", " +49 30 123456 ")])
        .await;
    assert!(saved.has("tel:+4930123456") && saved.has("Saved: Phone") && !saved.has("field-editing"));
    let page = browser.get(&format!("{ann}?edit=phone")).await;
    let cleared = browser.submit(&format!("{ann}/fields/phone"), &[("version", &version(&page)), ("value", "")]).await;
    assert!(!cleared.has("tel:"));
    // A name that was made of its parts follows them.
    let page = browser.get(&format!("{ann}?edit=lastName")).await;
    let renamed =
        browser.submit(&format!("{ann}/fields/lastName"), &[("version", &version(&page)), ("value", "Major")]).await;
    assert!(renamed.has("<h1>Ann Major</h1>"));
    let unknown = browser.post(&format!("{ann}/fields/metadata"), &[("version", "1"), ("value", "x")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

async fn a_fault_stands_beside_its_field(database: TestDatabase) {
    let (browser, _, ann) = opened(&database).await;
    let page = browser.get(&format!("{ann}?edit=email")).await;
    let fields = [("version", &*version(&page)), ("value", "no address")];
    let answer = browser.post(&format!("{ann}/fields/email"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("value=\"no address\"") && answer.has("Enter an e-mail address such as"));
    assert!(answer.has("aria-describedby=\"value-fault\""));
    let fields = [("version", "1"), ("value", "nonsense")];
    let answer = browser.post(&format!("{ann}/fields/status"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("This value cannot be read."));
}

async fn a_stale_version_shows_the_new_value(database: TestDatabase) {
    let (browser, person, ann) = opened(&database).await;
    let page = browser.get(&format!("{ann}?edit=email")).await;
    let id = ann.rsplit('/').next().unwrap().parse().unwrap();
    let patch = CustomerPatch { email: Patch::Set("new@lee.example".to_owned()), ..CustomerPatch::default() };
    person.scope(&database).customers().update(id, patch, None).await.unwrap();
    let mine = [("version", &*version(&page)), ("value", "mine@lee.example")];
    let stale = browser.post(&format!("{ann}/fields/email"), &mine).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened") && stale.has("<strong>new@lee.example</strong>"));
    assert!(stale.has("value=\"mine@lee.example\"") && stale.has("Save anyway") && stale.has("Keep the new value"));
    let again = [("version", &*version(&stale)), ("value", "mine@lee.example")];
    assert!(browser.submit(&format!("{ann}/fields/email"), &again).await.has("mailto:mine@lee.example"));
}

async fn a_customer_is_added(database: TestDatabase) {
    let (browser, ..) = opened(&database).await;
    let fields = [("kind", "person"), ("firstName", "Öz"), ("lastName", "Çelik"), ("status", "active"), ("email", "")];
    let page = browser.submit("/customers", &fields).await;
    assert!(page.has("<h1>Öz Çelik</h1>") && page.has("The customer was added."));
}

async fn a_faulty_form_keeps_what_was_typed(database: TestDatabase) {
    let (browser, ..) = opened(&database).await;
    let fields =
        [("kind", "organization"), ("name", ""), ("email", "x@"), ("city", "\"><b>Bonn"), ("status", "blocked")];
    let answer = browser.post("/customers", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in ["id=\"name-fault\"", "id=\"email-fault\"", "value=\"x@\"", "&#34;&#62;&#60;b&#62;Bonn"] {
        assert!(answer.has(text), "{text}");
    }
    assert!(answer.has("<option value=\"blocked\" selected>") && answer.has("value=\"organization\" checked"));
}

async fn a_taken_address_is_told(database: TestDatabase) {
    let (browser, ..) = opened(&database).await;
    let fields = [("kind", "organization"), ("name", "Lee"), ("email", "ann@lee.example")];
    let answer = browser.post("/customers", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("Another customer has this e-mail address."));
}

async fn notes_are_written_previewed_and_pinned(database: TestDatabase) {
    let (browser, _, ann) = opened(&database).await;
    let notes = format!("{ann}/notes");
    let preview = browser.post(&notes, &[("body", "a *wish*"), ("preview", "1"), ("private", "1")]).await;
    assert!(preview.status == StatusCode::OK && preview.has("<em>wish</em>") && preview.has(">a *wish*</textarea>"));
    assert!(!browser.get(&ann).await.has("wish"));
    let empty = browser.post(&notes, &[("body", " ")]).await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.has("id=\"body-fault\""));
    let page = browser.submit(&notes, &[("body", "a *wish*"), ("type", "feedback")]).await;
    assert!(page.has("<em>wish</em>") && page.has("noted feedback") && !page.has("class=\"entries pinned\""));
    let pin = page.after("class=\"entry entry-card\"", "action");
    assert!(browser.submit(&pin, &[("pinned", "true")]).await.has("class=\"entries pinned\""));
    assert!(!browser.submit(&pin, &[("pinned", "false")]).await.has("class=\"entries pinned\""));
}

async fn calls_are_logged_and_planned(database: TestDatabase) {
    let (browser, _, ann) = opened(&database).await;
    let calls = format!("{ann}/interactions?kind=interaction");
    let fields = [("compose", "call"), ("subject", "Price"), ("at", "2026-01-05T10:00"), ("minutes", "15")];
    let page = browser.submit(&calls, &fields).await;
    assert!(page.has("Price") && page.has("15 minutes") && page.has("Completed") && page.has("was logged"));
    let fields = [("compose", "meeting"), ("subject", "Visit"), ("at", "2999-01-05T10:00"), ("outcome", "connected")];
    let page = browser.submit(&calls, &fields).await;
    assert!(page.has("Planned") && page.has("was planned"));
    let complete = page.after("class=\"complete\"", "action");
    let page = browser.submit(&complete, &[("outcome", "interested")]).await;
    assert!(page.has("Interested") && !page.has("class=\"complete\""));
    let wrong = browser.post(&calls, &[("compose", "call"), ("at", "yesterday"), ("subject", "Kept")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("value=\"Kept\"") && wrong.has("This value cannot be read."));
    let wrong = browser.post(&calls, &[("compose", "call"), ("minutes", "99999")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("too small or too large"));
}

async fn tags_come_and_go(database: TestDatabase) {
    let (browser, _, ann) = opened(&database).await;
    let page = browser.submit(&format!("{ann}/tags"), &[("tag", "VIP")]).await;
    assert!(page.has("Remove tag VIP"));
    let remove = page.after("tags-edit", "action");
    assert!(remove.starts_with(MOUNT));
    assert!(!browser.submit(&remove, &[]).await.has("Remove tag VIP"));
    let long = "x".repeat(100);
    let answer = browser.post(&format!("{ann}/tags"), &[("tag", &long)]).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.has("id=\"tag-fault\""));
}
