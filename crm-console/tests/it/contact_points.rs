//! Further e-mail addresses, numbers and postal addresses are edited in their place, without JavaScript.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::{Customer, CustomerPatch, NewCustomer};
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        entries_are_added_labelled_made_primary_and_removed,
        an_entry_is_changed_and_marked_in_its_place,
        a_faulty_entry_keeps_what_was_typed,
        an_entry_of_an_older_page_is_not_touched,
        viewers_see_entries_and_change_none,
    ]);
}

async fn opened(database: &TestDatabase) -> (Browser, Person, Customer) {
    let person = Person::new(company(), Role::SalesRep);
    let new = NewCustomer { email: Some("ann@lee.example".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    let ann = person.scope(database).customers().create(new).await.unwrap();
    (browser(database, person).await, person, ann)
}

fn version(page: &Answer) -> String {
    page.after("name=\"version\"", "value")
}

async fn entries_are_added_labelled_made_primary_and_removed(database: TestDatabase) {
    let (browser, person, ann) = opened(&database).await;
    let path = format!("/customers/{}", ann.id);
    let page = browser.get(&path).await;
    assert!(page.has("Add e-mail address") && !page.has("Make primary"), "the field shows the only one");
    let typed = [("version", &*version(&page)), ("address", " Ann@Home.example "), ("label", "home")];
    let page = browser.submit(&format!("{path}/contacts/emails"), &typed).await;
    assert!(page.has("mailto:ann@home.example") && page.has("The e-mail addresses were changed."));
    let typed = [("version", &*version(&page)), ("do", "primary"), ("label", "home")];
    let page = browser.submit(&format!("{path}/contacts/emails/1"), &typed).await;
    let typed = [("version", &*version(&page)), ("do", "save"), ("address", "ann@lee.example"), ("label", "work")];
    let page = browser.submit(&format!("{path}/contacts/emails/0"), &typed).await;
    let typed = [("version", &*version(&page)), ("number", "+49 30 901820"), ("label", "")];
    let page = browser.submit(&format!("{path}/contacts/phones"), &typed).await;
    assert!(page.has("tel:+4930901820"));
    for (city, kind) in [("Bonn", "other"), ("Kiel", "billing")] {
        let page = browser.get(&path).await;
        let typed = [("version", &*version(&page)), ("city", city), ("kind", kind), ("address", ""), ("country", "de")];
        browser.submit(&format!("{path}/contacts/addresses"), &typed).await;
    }
    let read = person.scope(&database).customers().get(ann.id).await.unwrap();
    let emails = serde_json::to_value(&read.emails).unwrap();
    assert_eq!((read.email.as_deref(), &emails[0]["label"]), (Some("ann@home.example"), &"work".into()));
    assert_eq!(
        (emails[1]["address"].as_str(), emails[1]["isPrimary"].as_bool()),
        (Some("ann@home.example"), Some(true))
    );
    assert_eq!(
        (read.phone.as_deref(), read.city.as_deref(), read.addresses.len()),
        (Some("+49 30 901820"), Some("Bonn"), 2)
    );
    let page = browser.get(&path).await;
    assert!(page.has("Billing") && page.has("Kiel, de"));
    let typed = [("version", &*version(&page)), ("do", "remove")];
    browser.submit(&format!("{path}/contacts/emails/1"), &typed).await;
    let read = person.scope(&database).customers().get(ann.id).await.unwrap();
    assert_eq!((read.email, read.emails.len()), (None, 1), "none takes the place of the primary one");
}

async fn a_faulty_entry_keeps_what_was_typed(database: TestDatabase) {
    let (browser, person, ann) = opened(&database).await;
    let other = NewCustomer { email: Some("taken@lee.example".to_owned()), ..NewCustomer::person("Bob", "Lee") };
    person.scope(&database).customers().create(other).await.unwrap();
    let path = format!("/customers/{}", ann.id);
    for (typed, fault) in [
        ("no address", "Enter an e-mail address such as"),
        ("", "Enter a value."),
        ("ANN@lee.example", "twice"),
        ("taken@lee.example", "Another customer has this e-mail address."),
    ] {
        let page = browser.get(&path).await;
        let fields = [("version", &*version(&page)), ("address", typed), ("label", "work")];
        let answer = browser.post(&format!("{path}/contacts/emails"), &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(answer.has(fault) && answer.has(&format!("value=\"{typed}\"")), "{typed}: {fault}");
        assert!(answer.has("<option value=\"work\" selected>") && answer.has("id=\"emails-fault\""), "{typed}");
    }
    let page = browser.get(&path).await;
    let nothing = [("version", &*version(&page)), ("city", " ")];
    let answer = browser.post(&format!("{path}/contacts/addresses"), &nothing).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for unknown in ["tags", "emails/7"] {
        let answer = browser.post(&format!("{path}/contacts/{unknown}"), &nothing).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}

async fn an_entry_is_changed_and_marked_in_its_place(database: TestDatabase) {
    let (browser, person, ann) = opened(&database).await;
    let path = format!("/customers/{}", ann.id);
    let page = browser.get(&path).await;
    assert!(page.has("Label or mark e-mail address"), "the only one can be marked, too");
    let marked = [("address", "ann@lee.example"), ("label", "work"), ("flag", "isInvalid"), ("do", "save")];
    let page = browser.submit(&format!("{path}/contacts/emails/0"), &form(&version(&page), &marked)).await;
    assert!(page.has("Invalid") && page.has("Work"));
    let typed = [("address", "ann@home.example"), ("label", "")];
    let page = browser.submit(&format!("{path}/contacts/emails"), &form(&version(&page), &typed)).await;
    let wrong = [("address", "nowhere"), ("label", "home"), ("flag", "isOptedOut"), ("do", "save")];
    let answer = browser.post(&format!("{path}/contacts/emails/1"), &form(&version(&page), &wrong)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("value=\"nowhere\"") && answer.has("Enter an e-mail address such as"));
    let right = [("address", "Ann@New.example"), ("label", "home"), ("flag", "isOptedOut"), ("do", "save")];
    browser.submit(&format!("{path}/contacts/emails/1"), &form(&version(&page), &right)).await;
    let read = person.scope(&database).customers().get(ann.id).await.unwrap();
    assert_eq!(read.email.as_deref(), Some("ann@lee.example"));
    assert_eq!(
        serde_json::to_value(&read.emails).unwrap(),
        serde_json::json!([
            { "address": "ann@lee.example", "label": "work", "isPrimary": true, "isInvalid": true, "isOptedOut": false },
            { "address": "ann@new.example", "label": "home", "isPrimary": false, "isInvalid": false, "isOptedOut": true },
        ])
    );
    let typed = [("number", "+49 30 901820"), ("label", "")];
    let page = browser.get(&path).await;
    let page = browser.submit(&format!("{path}/contacts/phones"), &form(&version(&page), &typed)).await;
    let typed = [("number", "+49 30 901821"), ("label", "office"), ("do", "save")];
    let page = browser.submit(&format!("{path}/contacts/phones/0"), &form(&version(&page), &typed)).await;
    assert!(page.has("tel:+4930901821") && !page.has("tel:+4930901820"), "the number is read anew");
}

/// What a form of the page sends.
fn form<'t>(version: &'t str, typed: &[(&'t str, &'t str)]) -> Vec<(&'t str, &'t str)> {
    [typed, &[("version", version)]].concat()
}

async fn an_entry_of_an_older_page_is_not_touched(database: TestDatabase) {
    let (browser, person, ann) = opened(&database).await;
    let path = format!("/customers/{}", ann.id);
    let page = browser.get(&path).await;
    let patch = CustomerPatch { email: Patch::Set("new@lee.example".to_owned()), ..CustomerPatch::default() };
    person.scope(&database).customers().update(ann.id, patch, None).await.unwrap();
    let remove = [("version", &*version(&page)), ("do", "remove")];
    let answer = browser.post(&format!("{path}/contacts/emails/0"), &remove).await;
    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED);
    assert!(answer.has("mailto:new@lee.example") && answer.has("was changed after you opened"));
}

async fn viewers_see_entries_and_change_none(database: TestDatabase) {
    let (_, person, ann) = opened(&database).await;
    let list = serde_json::json!({ "emails": [{ "address": "ann@lee.example" }, { "address": "<b>@lee.example", "isInvalid": true }] });
    assert!(
        person.scope(&database).customers().update(ann.id, serde_json::from_value(list).unwrap(), None).await.is_err()
    );
    let list = serde_json::json!({ "emails": [{ "address": "ann@lee.example" }, { "address": "old@lee.example", "isInvalid": true }] });
    person.scope(&database).customers().update(ann.id, serde_json::from_value(list).unwrap(), None).await.unwrap();
    let viewer = browser(&database, Person::new(person.company, Role::Viewer)).await;
    let path = format!("/customers/{}", ann.id);
    let page = viewer.get(&path).await;
    assert!(page.has("mailto:old@lee.example") && page.has("Invalid") && !page.has("Make primary"));
    let typed = [("version", "2"), ("address", "x@lee.example")];
    assert_eq!(viewer.post(&format!("{path}/contacts/emails"), &typed).await.status, StatusCode::FORBIDDEN);
}
