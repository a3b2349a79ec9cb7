//! Customers are looked for, compared, merged, and taken apart again.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::{Customer, CustomerPatch, NewCustomer, NewCustomerLink};
use crm_core::notes::NewNote;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        customers_are_found_compared_and_merged,
        a_choice_changes_what_comes_of_it,
        picked_customers_of_the_list_are_compared,
        an_old_address_leads_to_the_survivor,
        changes_since_are_told_before_a_merge_is_undone,
        links_are_counted_and_told,
        what_cannot_be_merged_is_told,
        roles_do_what_they_may,
    ]);
}

async fn made(database: &TestDatabase, person: Person, name: &str, job: &str) -> Customer {
    let new = NewCustomer {
        name: Some(name.to_owned()),
        job_title: (!job.is_empty()).then(|| job.to_owned()),
        ..NewCustomer::default()
    };
    person.scope(database).customers().create(new).await.unwrap()
}

async fn opened(database: &TestDatabase, role: Role) -> (Browser, Person, Customer, Customer) {
    let person = Person::new(company(), role);
    let (ann, anna) = (made(database, person, "Ann & Lee", "Buyer").await, made(database, person, "Ann Lee", "").await);
    (browser(database, person).await, person, ann, anna)
}

fn compared(one: &Customer, other: &Customer) -> String {
    format!("/customers/merge?id={}&id={}", one.id, other.id)
}

async fn merge(browser: &Browser, one: &Customer, other: &Customer) -> crate::support::Answer {
    let (one, other) = (one.id.to_string(), other.id.to_string());
    browser.submit("/customers/merge", &[("id", &*one), ("id", &*other), ("survivor", &*one)]).await
}

async fn customers_are_found_compared_and_merged(database: TestDatabase) {
    let (browser, person, ann, anna) = opened(&database, Role::Manager).await;
    person.scope(&database).notes(anna.id).create(NewNote::text("Of Anna")).await.unwrap();
    let page = browser.get(&format!("/customers/{}", ann.id)).await;
    assert!(page.has("Merge with…") && page.has(&format!("/customers/{}/merge\"", ann.id)));
    for nobody in ["", "-"] {
        let find = browser.get(&format!("/customers/{}/merge?q={nobody}", ann.id)).await;
        assert_eq!(find.status, StatusCode::OK, "{nobody:?} finds nobody, and is no error");
    }
    let find = browser.get(&format!("/customers/{}/merge?q=lee", ann.id)).await;
    assert!(find.has("Merge Ann &#38; Lee with other customers") && find.has(&format!("value=\"{}\"", anna.id)));
    let page = browser.get(&compared(&ann, &anna)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.has("Ann &#38; Lee, after the merge") && page.has("1 note") && page.has("Name: Ann Lee (Ann Lee)"));
    assert!(page.has(&format!("name=\"version.{}\" value=\"1\"", anna.id)));
    let done = merge(&browser, &ann, &anna).await;
    assert!(
        done.has("The customers were merged.") && done.has("Of Anna") && done.has("id=\"merges\""),
        "{}",
        done.body
    );
    let undo = done.after("id=\"merges\"", "action");
    let undone = browser.submit(undo.strip_prefix(crate::support::MOUNT).unwrap_or(&undo), &[]).await;
    assert!(undone.has("The merge was undone.") && !undone.has("id=\"merges\"") && !undone.has("Of Anna"));
    assert_eq!(browser.get(&format!("/customers/{}", anna.id)).await.status, StatusCode::OK);
}

async fn a_choice_changes_what_comes_of_it(database: TestDatabase) {
    let (browser, person, ann, anna) = opened(&database, Role::Manager).await;
    let chosen = format!("{}&survivor={}&field.name={}", compared(&ann, &anna), anna.id, ann.id);
    let page = browser.get(&chosen).await;
    assert!(page.has("Ann &#38; Lee, after the merge"), "{}", page.body);
    let ids = [ann.id.to_string(), anna.id.to_string()];
    let fields = [
        ("id", &*ids[0]),
        ("id", &*ids[1]),
        ("survivor", &*ids[1]),
        ("field.name", &*ids[0]),
        ("field.jobTitle", &*ids[1]),
    ];
    browser.submit("/customers/merge", &fields).await;
    let merged = person.scope(&database).customers().get(anna.id).await.unwrap();
    assert_eq!((merged.name.as_str(), merged.job_title), ("Ann & Lee", None));
}

async fn picked_customers_of_the_list_are_compared(database: TestDatabase) {
    let (browser, _, ann, anna) = opened(&database, Role::Manager).await;
    assert!(browser.get("/customers").await.has("name=\"do\" value=\"merge\""));
    let ids = [ann.id.to_string(), anna.id.to_string()];
    let page = browser.submit("/customers/bulk", &[("do", "merge"), ("id", &*ids[0]), ("id", &*ids[1])]).await;
    assert!(page.has("Merge customers") && page.has("after the merge"), "{}", page.body);
    let alone = browser.submit("/customers/bulk", &[("do", "merge"), ("id", &*ids[0])]).await;
    assert!(alone.has("Choose 2 to 11 customers."));
}

async fn an_old_address_leads_to_the_survivor(database: TestDatabase) {
    let (browser, _, ann, anna) = opened(&database, Role::Manager).await;
    merge(&browser, &ann, &anna).await;
    let old = browser.get(&format!("/customers/{}?kind=note", anna.id)).await;
    assert_eq!(old.status, StatusCode::PERMANENT_REDIRECT);
    assert!(
        old.header("location").ends_with(&format!("/customers/{}?kind=note", ann.id)),
        "{}",
        old.header("location")
    );
    let gone = browser.post(&format!("/customers/{}/delete", anna.id), &[]).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.has("The customer has another address now"));
}

async fn changes_since_are_told_before_a_merge_is_undone(database: TestDatabase) {
    let (browser, person, ann, anna) = opened(&database, Role::Manager).await;
    let done = merge(&browser, &ann, &anna).await;
    let patch = CustomerPatch { job_title: Patch::Set("Owner".to_owned()), ..CustomerPatch::default() };
    person.scope(&database).customers().update(ann.id, patch, None).await.unwrap();
    person.scope(&database).notes(ann.id).create(NewNote::text("New")).await.unwrap();
    let undo = done.after("id=\"merges\"", "action");
    let undo = undo.strip_prefix(crate::support::MOUNT).unwrap_or(&undo);
    let told = browser.post(undo, &[]).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.has("Job title was changed") && told.has("A note was added"), "{}", told.body);
    let kept = browser.submit(undo, &[("changes", "keep")]).await;
    assert!(kept.has("The merge was undone.") && kept.has("Owner"));
    let again = browser.post(undo, &[("changes", "keep")]).await;
    assert!(again.has("The merge was undone before."));
}

async fn links_are_counted_and_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let browser = browser(&database, person).await;
    let mut scope = person.scope(&database);
    let mut firms = Vec::new();
    for name in ["Lee & Co", "Lee Ltd", "Shop"] {
        firms.push(scope.customers().create(NewCustomer::organization(name)).await.unwrap());
    }
    let ann = made(&database, person, "Ann", "").await;
    for (customer, to, label) in [
        (&ann, &firms[1], "employee"),
        (&ann, &firms[0], "owner"),
        (&ann, &firms[1], "owner"),
        (&firms[0], &firms[1], "partner"),
    ] {
        scope.links(customer.id).create(NewCustomerLink::to(to.id, label)).await.unwrap();
    }
    let page = browser.get(&compared(&firms[0], &firms[1])).await;
    for text in [
        "1 link with another customer",
        "1 link that it has already: both become one",
        "1 link between these customers, or to a second parent",
    ] {
        assert!(page.has(text), "{text}: {}", page.body);
    }
    let done = merge(&browser, &firms[0], &firms[1]).await;
    assert!(done.has("The customers were merged."), "{}", done.body);
    assert!(browser.get(&format!("/customers/{}", ann.id)).await.has("Lee &#38; Co"));
    scope.links(firms[0].id).create(NewCustomerLink::to(firms[2].id, "partner")).await.unwrap();
    let undo = done.after("id=\"merges\"", "action");
    let undo = undo.strip_prefix(crate::support::MOUNT).unwrap_or(&undo);
    let told = browser.post(undo, &[]).await;
    assert!(told.status == StatusCode::CONFLICT && told.has("A link was added"), "{}", told.body);
    assert!(browser.submit(undo, &[("changes", "keep")]).await.has("The merge was undone."));
    // Below itself an organization cannot be.
    for (child, parent) in [(0, 2), (2, 1)] {
        scope.links(firms[child].id).create(NewCustomerLink::to(firms[parent].id, "parent")).await.unwrap();
    }
    let refused = browser.get(&compared(&firms[0], &firms[1])).await;
    assert!(refused.has("role=\"alert\"") && !refused.has("merge-preview"), "{}", refused.body);
}

async fn what_cannot_be_merged_is_told(database: TestDatabase) {
    let (browser, person, ann, anna) = opened(&database, Role::Manager).await;
    let (one, other) = (ann.id.to_string(), anna.id.to_string());
    let version = format!("version.{other}");
    let patch = CustomerPatch { job_title: Patch::Set("Owner".to_owned()), ..CustomerPatch::default() };
    person.scope(&database).customers().update(anna.id, patch, None).await.unwrap();
    let fields = [("id", &*one), ("id", &*other), ("survivor", &*one), (&*version, "1")];
    let stale = browser.post("/customers/merge", &fields).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("One of the customers has changed meanwhile.") && stale.has("Owner"));
    assert!(browser.get("/customers/merge").await.has("Choose 2 to 11 customers."));
}

async fn roles_do_what_they_may(database: TestDatabase) {
    let (browser, _, ann, anna) = opened(&database, Role::SalesRep).await;
    assert!(!browser.get("/customers").await.has("value=\"merge\""));
    assert!(!browser.get(&format!("/customers/{}", ann.id)).await.has("Merge with…"));
    assert_eq!(browser.get(&compared(&ann, &anna)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get(&format!("/customers/{}/merge", ann.id)).await.status, StatusCode::FORBIDDEN);
}
