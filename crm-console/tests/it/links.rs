//! Links of a customer are found, added, changed, ended and removed on their page, without JavaScript.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::{Customer, CustomerLinkQuery, NewCustomer, NewCustomerLink};
use crm_core::notes::NewNote;
use crm_core::page::PageRequest;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_person_gets_an_organization,
        a_link_is_changed_ended_and_removed,
        what_is_refused_is_told,
        an_organization_shows_its_people,
        viewers_see_links_and_change_none,
    ]);
}

async fn opened(database: &TestDatabase) -> (Browser, Person, Customer, Customer) {
    let person = Person::new(company(), Role::Manager);
    let mut scope = person.scope(database);
    let ann = scope.customers().create(NewCustomer::person("Ann", "Smith")).await.unwrap();
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap();
    (browser(database, person).await, person, ann, lee)
}

fn version(page: &Answer, link: &str) -> String {
    page.after(&format!("/links/{link}"), "value")
}

async fn link_of(database: &TestDatabase, person: Person, customer: &Customer) -> crm_core::customers::CustomerLink {
    let mut scope = person.scope(database);
    let page = scope.links(customer.id).list(&CustomerLinkQuery::default(), &PageRequest::default()).await.unwrap();
    page.data.into_iter().next().expect("a link")
}

async fn a_person_gets_an_organization(database: TestDatabase) {
    let (browser, person, ann, lee) = opened(&database).await;
    let path = format!("/customers/{}", ann.id);
    let page = browser.get(&path).await;
    assert!(page.has("Organizations and people") && page.has("Link with a customer"));
    let found = browser.get(&format!("{path}?link=lee")).await;
    assert!(found.has(&format!("<option value=\"{}\"", lee.id)) && found.has("Employee"));
    assert!(browser.get(&format!("{path}?link=nobody")).await.has("No customers match"));
    let lee_id = lee.id.to_string();
    let typed =
        [("search", "lee"), ("customer", &*lee_id), ("label", "employee"), ("title", "Buyer"), ("isPrimary", "true")];
    let page = browser.submit(&format!("{path}/links"), &typed).await;
    assert!(page.has("The links were changed.") && (page.has("Lee &amp; Co") || page.has("Lee &#38; Co")));
    assert!(page.has(&format!("/customers/{}\"", lee.id)) && page.has("Buyer"));
    let read = person.scope(&database).customers().get(ann.id).await.unwrap();
    assert_eq!((read.organization_id, read.organization_name.as_deref()), (Some(lee.id), Some("Lee & Co")));
}

async fn a_link_is_changed_ended_and_removed(database: TestDatabase) {
    let (browser, person, ann, lee) = opened(&database).await;
    let new = NewCustomerLink::to(lee.id, "employee");
    let link = person.scope(&database).links(ann.id).create(new).await.unwrap();
    let (path, id) = (format!("/customers/{}", lee.id), link.id.to_string());
    let act = format!("{path}/links/{id}");
    let page = browser.get(&path).await;
    let typed = [
        ("version", &*version(&page, &id)),
        ("do", "save"),
        ("label", "director"),
        ("title", "Head"),
        ("startedOn", "2024-02-29"),
        ("endedOn", ""),
    ];
    let page = browser.submit(&act, &typed).await;
    assert!(page.has("Director") && page.has("Head"));
    let page = browser.submit(&act, &[("version", &*version(&page, &id)), ("do", "primary")]).await;
    assert!(page.has("Primary"));
    let stale = browser.post(&act, &[("version", "1"), ("do", "end")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let page = browser.submit(&act, &[("version", &*version(&page, &id)), ("do", "end")]).await;
    assert!(page.has("Former"));
    assert!(!link_of(&database, person, &ann).await.is_primary);
    let page = browser.submit(&act, &[("version", &*version(&page, &id)), ("do", "resume")]).await;
    assert!(!page.has("Former"));
    browser.submit(&act, &[("version", &*version(&page, &id)), ("do", "remove")]).await;
    let gone = browser.post(&act, &[("version", "1"), ("do", "remove")]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

async fn what_is_refused_is_told(database: TestDatabase) {
    let (browser, person, ann, lee) = opened(&database).await;
    let kim = person.scope(&database).customers().create(NewCustomer::organization("Kim & Co")).await.unwrap();
    let path = format!("/customers/{}", lee.id);
    let (ann, kim) = (ann.id.to_string(), kim.id.to_string());
    for (customer, label, fault) in [
        (&ann, "parent", "This label does not fit"),
        (&kim, "employee", "This label does not fit"),
        (&kim, "parent", ""),
        (&kim, "parent", "has another parent"),
        (&kim, "~parent", "is below this one"),
    ] {
        let typed = [("search", "co"), ("customer", &**customer), ("label", label), ("title", "Typed")];
        let answer = browser.post(&format!("{path}/links"), &typed).await;
        if fault.is_empty() {
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            continue;
        }
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{label}");
        assert!(answer.has(fault) && answer.has("value=\"Typed\""), "{label}: {}", answer.body);
    }
    let page = browser.get(&path).await;
    assert!(page.has("Parent organization"));
    assert!(browser.get(&format!("/customers/{kim}")).await.has("Subsidiary"));
}

async fn an_organization_shows_its_people(database: TestDatabase) {
    let (browser, person, ann, lee) = opened(&database).await;
    let mut scope = person.scope(&database);
    let new = NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(lee.id, "employee") };
    scope.links(ann.id).create(new).await.unwrap();
    scope.notes(ann.id).create(NewNote::text("Wants a quote")).await.unwrap();
    let path = format!("/customers/{}", lee.id);
    let alone = browser.get(&path).await;
    assert!(alone.has("With people") && alone.has("Ann Smith") && !alone.has("Wants a quote"));
    let all = browser.get(&format!("{path}?people=1")).await;
    assert!(all.has("Wants a quote") && all.has(&format!("/customers/{}/notes/", ann.id)));
}

async fn viewers_see_links_and_change_none(database: TestDatabase) {
    let (_, person, ann, lee) = opened(&database).await;
    let new = NewCustomerLink::to(lee.id, "employee");
    let link = person.scope(&database).links(ann.id).create(new).await.unwrap();
    let viewer = browser(&database, Person::new(person.company, Role::Viewer)).await;
    let path = format!("/customers/{}", ann.id);
    let page = viewer.get(&path).await;
    assert!(page.has("Employee") && !page.has("Link with a customer"));
    let lee = lee.id.to_string();
    let answer = viewer.post(&format!("{path}/links"), &[("customer", &*lee), ("label", "owner")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = viewer.post(&format!("{path}/links/{}", link.id), &[("version", "1"), ("do", "remove")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
