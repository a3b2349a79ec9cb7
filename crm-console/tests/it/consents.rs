//! The consents of a customer, and whether they may be contacted.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [consents_are_recorded_withdrawn_and_asked_for]);
}

async fn consents_are_recorded_withdrawn_and_asked_for(database: TestDatabase) {
    let company = company();
    let person = Person::new(company, Role::SalesRep);
    let ann = NewCustomer { email: Some("ann@example.com".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    let ann = Person::new(company, Role::Admin).scope(&database).customers().create(ann).await.unwrap().id;
    let rep = browser(&database, person).await;
    let path = format!("/customers/{ann}/consents");
    assert!(rep.get(&format!("/customers/{ann}")).await.has("/consents\""));
    let page = rep.get(&path).await;
    assert!(page.has("Consents of Ann Lee") && page.has("Nothing was said yet"));
    let asked = format!("{path}?purpose=newsletter&channel=email");
    assert!(rep.get(&asked).await.has("Nothing was said."));
    let fields = [("purpose", "newsletter"), ("channel", "email"), ("state", "granted"), ("proof", "<i>")];
    let page = rep.submit(&path, &fields).await;
    assert!(page.has("It is in the ledger now.") && page.has("Agrees") && page.has("&#60;i&#62;"));
    let page = rep.get(&asked).await;
    assert!(page.has("Yes.") && page.has("ann@example.com"));
    let wrong = rep.post(&path, &[("purpose", "1st"), ("channel", "email"), ("state", "granted")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("id=\"purpose-fault\""));
    rep.submit(&path, &[("purpose", "newsletter"), ("channel", "email"), ("state", "withdrawn")]).await;
    assert!(rep.get(&asked).await.has("Agrees no more."));
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    assert!(!viewer.get(&path).await.has("name=\"state\""));
    assert_eq!(viewer.post(&path, &fields).await.status, StatusCode::FORBIDDEN);
    let stranger = browser(&database, Person::new(crate::support::company(), Role::Admin)).await;
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
}
