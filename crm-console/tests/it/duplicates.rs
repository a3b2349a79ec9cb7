//! The pages of possible duplicates.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [a_pair_is_shown_and_dismissed, others_see_no_buttons]);
}

/// A pair, whose names are no markup; gives its path.
async fn pair(database: &TestDatabase, person: Person) -> String {
    let mut scope = person.scope(database);
    let mut ids = Vec::new();
    for first in ["Robert", "Bob"] {
        let phone = Some("+1 212 555 2368".to_owned());
        let new = NewCustomer { phone, ..NewCustomer::person(first, "<b>Stone</b>") };
        ids.push(scope.customers().create(new).await.unwrap().id);
    }
    let pair = scope.duplicates().compare(ids[0], ids[1]).await.unwrap().unwrap();
    format!("/duplicates/{}", pair.id)
}

async fn a_pair_is_shown_and_dismissed(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let path = pair(&database, person).await;
    let browser = browser(&database, person).await;
    let list = browser.get("/duplicates").await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(list.has("1 pair") && list.has("Same telephone number") && list.has(&path), "{}", list.body);
    assert!(!list.has("<b>Stone"), "names are no markup");
    let page = browser.get(&path).await;
    assert!(page.has("Not a duplicate") && page.has("Similar name") && page.has("84 %"), "{}", page.body);
    assert!(page.has("/customers/merge?id="), "they can be merged");
    browser.submit(&format!("{path}/dismiss"), &[("version", "1")]).await;
    assert!(browser.get("/duplicates").await.has("No possible duplicates"));
    assert!(browser.get("/duplicates?status=dismissed").await.has(&path));
    let stale = browser.post(&format!("{path}/reopen"), &[("version", "1")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    browser.submit(&format!("{path}/reopen"), &[("version", "2")]).await;
    browser.submit("/duplicates/scan", &[]).await;
    assert!(browser.get("/duplicates").await.has("Customers are being compared"));
}

async fn others_see_no_buttons(database: TestDatabase) {
    let company = company();
    let path = pair(&database, Person::new(company, Role::Admin)).await;
    let browser = browser(&database, Person::new(company, Role::Viewer)).await;
    let page = browser.get(&path).await;
    assert!(page.status == StatusCode::OK && !page.has("Not a duplicate"));
    assert!(!browser.get("/duplicates").await.has("Scan now"));
    assert_eq!(browser.post(&format!("{path}/dismiss"), &[("version", "1")]).await.status, StatusCode::FORBIDDEN);
}
