//! The statuses of leads in the settings.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::lead_statuses::{LeadStatus, LeadStatusQuery};
use crm_core::leads::NewLead;
use crm_core::page::PageRequest;
use testkit::{Suite, TestDatabase};

use super::{add, ok};
use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        statuses_are_added_changed_and_put_into_order,
        what_stands_in_the_way_is_told,
        only_some_roles_change_statuses,
    ]);
}

const LIST: &str = "/settings/lead-statuses";

async fn statuses(database: &TestDatabase, person: Person) -> Vec<LeadStatus> {
    let request = PageRequest::default().limit(100);
    person.scope(database).lead_statuses().list(&LeadStatusQuery::default(), &request).await.unwrap().data
}

async fn statuses_are_added_changed_and_put_into_order(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    assert!(ok(&browser, LIST).await.has("No statuses yet"));
    let list = browser.submit(&format!("{LIST}/usual"), &[]).await;
    assert!(list.has("The usual statuses were added.") && list.has("Qualified") && list.has("Default"));
    let new = [("name", "No budget"), ("type", "lost"), ("color", "#b91c1c"), ("requiresReason", "true")];
    let list = browser.submit(LIST, &new).await;
    assert!(list.has("The status was added.") && list.has("needs a reason") && list.has("fill=\"#b91c1c\""));
    let last = statuses(&database, person).await.pop().unwrap();
    assert_eq!((last.code.as_str(), last.requires_reason, last.position), ("no_budget", true, 5));

    let path = format!("{LIST}/{}", last.id);
    let page = ok(&browser, &path).await;
    assert!(page.has("<code>no_budget</code>") && page.has("value=\"true\" checked"));
    let changed = [("name", "Too dear"), ("color", "#1d4ed8"), ("version", "1")];
    let list = browser.submit(&path, &changed).await;
    assert!(list.has("The status was saved.") && list.has("Too dear") && !list.has("needs a reason"));
    let stale = browser.post(&path, &changed).await;
    assert!(stale.status == StatusCode::PRECONDITION_FAILED && stale.has("Save anyway"));

    browser.submit(&format!("{path}/move"), &[("to", "up")]).await;
    let codes: Vec<String> = statuses(&database, person).await.into_iter().map(|status| status.code).collect();
    assert_eq!(codes, ["new", "contacted", "in_progress", "qualified", "no_budget", "unqualified"]);
    let version = ok(&browser, &path).await.after("name=\"version\"", "value");
    let list = browser.submit(&format!("{path}/archive"), &[("archived", "true"), ("version", &*version)]).await;
    assert!(list.has("The status was archived.") && list.has("Archived"));
    let asked = ok(&browser, &format!("{path}/delete")).await;
    assert!(asked.has("Delete the status Too dear?"));
    let version = asked.after("name=\"version\"", "value");
    assert!(browser.submit(&format!("{path}/delete"), &[("version", &*version)]).await.has("The status was deleted."));
}

async fn what_stands_in_the_way_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    add(&database, person, NewLead::organization("Smith & Sons")).await;
    let browser = browser(&database, person).await;
    let all = statuses(&database, person).await;
    let taken = browser.post(LIST, &[("name", "CONTACTED"), ("type", "ongoing")]).await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.has("Another status has this name."));
    let nameless = browser.post(LIST, &[("type", "open")]).await;
    assert!(nameless.status == StatusCode::UNPROCESSABLE_ENTITY && nameless.has("id=\"name-fault\""));
    let default = format!("{LIST}/{}", all[0].id);
    let version = all[0].version.to_string();
    let refused = browser.post(&format!("{default}/delete"), &[("version", &*version)]).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.has("New leads begin with this status."));
    let odd = browser.post(LIST, &[("name", "Odd"), ("type", "open"), ("requiresReason", "true")]).await;
    assert!(odd.status == StatusCode::UNPROCESSABLE_ENTITY && odd.has("id=\"reason-fault\""));
}

async fn only_some_roles_change_statuses(database: TestDatabase) {
    let company = company();
    let admin = Person::new(company, Role::Admin);
    admin.scope(&database).lead_statuses().add_usual().await.unwrap();
    let status = statuses(&database, admin).await.remove(1);
    let path = format!("{LIST}/{}", status.id);
    for role in Role::ALL {
        let browser = browser(&database, Person::new(company, *role)).await;
        let may = matches!(role, Role::Admin | Role::Manager);
        let list = ok(&browser, LIST).await;
        assert!(list.has("Contacted") && list.has("Add a status") == may, "{role}");
        if !may {
            let fields = [("name", "x"), ("version", "1"), ("to", "up"), ("archived", "true")];
            for path in [LIST.to_owned(), path.clone(), format!("{path}/move"), format!("{path}/archive")] {
                assert_eq!(browser.post(&path, &fields).await.status, StatusCode::FORBIDDEN, "{role} {path}");
            }
            assert_eq!(browser.get(&format!("{path}/delete")).await.status, StatusCode::FORBIDDEN, "{role}");
        }
    }
    let stranger = browser(&database, Person::new(crate::support::company(), Role::Admin)).await;
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.post(&path, &[("name", "x"), ("version", "1")]).await.status, StatusCode::NOT_FOUND);
}
