//! A lead becomes a customer, after a look at what would come of it, and is a lead again.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::deals::NewDeal;
use crm_core::ids::CustomerId;
use crm_core::leads::ConvertLead;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase};

use super::{add, ann, named, ok, read};
use crate::support::{Person, browser, company};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_preview_tells_and_changes_nothing,
        a_lead_becomes_a_new_customer_and_a_lead_again,
        a_lead_turns_out_to_be_a_customer,
        customers_and_organizations_are_searched_for,
        what_stands_in_the_way_is_told,
        who_may_not_undo_is_offered_nothing,
    ]);
}

/// A new customer with a new organization and a deal.
const WHOLE: [(&str, &str); 6] = [
    ("customer", "new"),
    ("organization", "new"),
    ("withDeal", "1"),
    ("deal", "200 units"),
    ("amount", "12,500"),
    ("currency", "EUR"),
];

/// The names of all customers.
async fn customers(database: &TestDatabase, person: Person) -> Vec<String> {
    let page = person.scope(database).customers().list(&CustomerQuery::default(), &PageRequest::default()).await;
    let mut names: Vec<String> = page.unwrap().data.into_iter().map(|customer| customer.name).collect();
    names.sort();
    names
}

async fn a_preview_tells_and_changes_nothing(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let id = add(&database, person, ann()).await;
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}/convert");
    let form = ok(&browser, &path).await;
    assert!(
        form.has("A new customer") && form.has("A new organization: Lee &#38; Co") && form.has("value=\"Ann Lee\"")
    );
    let told = browser.post(&path, &[&WHOLE[..], &[("preview", "1"), ("version", "1")]].concat()).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    for text in [
        "This will happen",
        "Ann Lee becomes a new customer.",
        "The organization Lee &#38; Co is added, and the customer is linked with it.",
        "A deal with the customer is added.",
        "The lead gets the status Qualified.",
        "value=\"200 units\"",
        "name=\"withDeal\" value=\"1\" checked",
    ] {
        assert!(told.has(text), "{text} is not in {}", told.body);
    }
    let lead = read(&database, person, id).await;
    assert!(lead.conversion.is_none() && lead.version == 1 && customers(&database, person).await.is_empty());
}

async fn a_lead_becomes_a_new_customer_and_a_lead_again(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let id = add(&database, person, ann()).await;
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}/convert");
    let customer = browser.submit(&path, &[&WHOLE[..], &[("convert", "1"), ("version", "1")]].concat()).await;
    for text in ["The lead was converted.", "<h1>Ann Lee</h1>", "Was a lead", "200 units", "12,500 EUR"] {
        assert!(customer.has(text), "{text}");
    }
    assert!(customer.has(&format!("action=\"/erp/crm/leads/{id}/convert/undo\"")), "the notice undoes it");
    assert_eq!(customers(&database, person).await, ["Ann Lee", "Lee & Co"]);
    let page = ok(&browser, &format!("/leads/{id}")).await;
    for text in ["This lead was converted", "The customer", "The organization", "The deal", "Take the conversion back"]
    {
        assert!(page.has(text), "{text}");
    }
    // A converted lead is written no more.
    for text in ["composer", "tag-add", &format!("/leads/{id}/edit"), "stage-path"] {
        assert!(!page.has(text), "{text}");
    }
    assert!(!ok(&browser, "/leads").await.has("Ann Lee"));
    assert!(ok(&browser, "/leads/table?converted=true").await.has("Ann Lee"));

    let undo = customer.after("id=\"leads\"", "action");
    let lead = browser.submit(&undo, &[("back", &*format!("/erp/crm/customers/{id}"))]).await;
    assert!(lead.has("The conversion was taken back.") && lead.has("composer") && !lead.has("id=\"conversion\""));
    assert_eq!(customers(&database, person).await, ["Lee & Co"]);
    assert_eq!(browser.get(&format!("/customers/{id}")).await.status, StatusCode::SEE_OTHER);
}

async fn a_lead_turns_out_to_be_a_customer(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let known = NewCustomer { email: Some("ann@lee.example".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    let known = person.scope(&database).customers().create(known).await.unwrap().id.to_string();
    let id = add(&database, person, ann()).await;
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}/convert");
    let form = ok(&browser, &path).await;
    assert!(form.has(&format!("value=\"{known}\"")) && form.has("may be the same"));
    let told = browser.post(&path, &[("customer", &*known), ("preview", "1")]).await;
    assert!(told.has("The lead becomes a part of Ann Lee.") && told.has(&format!("value=\"{known}\" checked")));
    let customer = browser.submit(&path, &[("customer", &*known), ("organization", "new")]).await;
    assert!(customer.has("The lead was converted.") && customer.has("Was a lead"));
    // The merge is no merge of customers, and is not undone like one.
    assert!(!customer.has("id=\"merges\"") && !customer.has("customers/merges/"));
    assert_eq!(customers(&database, person).await, ["Ann Lee"]);
    let page = ok(&browser, &format!("/leads/{id}")).await;
    assert!(page.has("The customer that it is a part of") && page.has(&format!("customers/{known}")));
    let lead = browser.submit(&customer.after("id=\"leads\"", "action"), &[]).await;
    assert!(lead.has("The conversion was taken back."));
    assert!(!ok(&browser, &format!("/customers/{known}")).await.has("Was a lead"));
}

async fn customers_and_organizations_are_searched_for(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let mut scope = person.scope(&database);
    let smith = scope.customers().create(NewCustomer::organization("Smith & Sons")).await.unwrap().id.to_string();
    let ida = scope.customers().create(NewCustomer::person("Ida", "Moor")).await.unwrap().id.to_string();
    let id = add(&database, person, ann()).await;
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}/convert");
    let found = browser.post(&path, &[("search", "1"), ("find", "moor"), ("findOrganization", "smith")]).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(found.has(&format!("value=\"{ida}\"")) && found.has(&format!("name=\"organization\" value=\"{smith}\"")));
    // The one who is chosen stays, whatever is searched for next.
    let next = [("search", "1"), ("find", "nobody"), ("customer", &*ida), ("organization", &*smith)];
    let next = browser.post(&path, &next).await;
    assert!(next.has(&format!("value=\"{ida}\" checked")) && next.has(&format!("value=\"{smith}\" checked")));
    let told = browser.post(&path, &[("customer", "new"), ("organization", &*smith), ("preview", "1")]).await;
    assert!(told.has("The customer is linked with Smith &#38; Sons."));
    // An organization works for nobody.
    let firm = named(&database, person, "Harbour").await;
    assert!(!ok(&browser, &format!("/leads/{firm}/convert")).await.has("name=\"organization\""));
}

async fn what_stands_in_the_way_is_told(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let mut scope = person.scope(&database);
    let reject = SettingsPatch { duplicate_policy: Patch::Set(DuplicatePolicy::Reject), ..SettingsPatch::default() };
    scope.settings().update(reject, None).await.unwrap();
    let known = NewCustomer { email: Some("ann@lee.example".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    scope.customers().create(known).await.unwrap();
    let id = add(&database, person, ann()).await;
    let browser = browser(&database, person).await;
    let path = format!("/leads/{id}/convert");
    for button in ["preview", "convert"] {
        let refused = browser.post(&path, &[("customer", "new"), (button, "1")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{button}: {}", refused.body);
        assert!(refused.has("role=\"alert\"") && !refused.has("This will happen"));
    }
    let other = named(&database, person, "Harbour").await;
    let path = format!("/leads/{other}/convert");
    let deal = [("withDeal", "1"), ("deal", "200 units"), ("amount", "1.2.3"), ("currency", "EUR"), ("convert", "1")];
    let refused = browser.post(&path, &deal).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.has("Enter an amount such as"));
    let stale = browser.post(&path, &[("convert", "1"), ("version", "7")]).await;
    assert!(stale.status == StatusCode::PRECONDITION_FAILED && stale.has("was changed after you opened it"));
    // A customer who has other deals by now is one.
    browser.submit(&path, &[("convert", "1")]).await;
    scope.deals().create(CustomerId(other.0), NewDeal::named("Later")).await.unwrap();
    let told = browser.submit(&format!("{path}/undo"), &[]).await;
    assert!(told.has("Not taken back: the customer has other deals by now"));
}

async fn who_may_not_undo_is_offered_nothing(database: TestDatabase) {
    let company = company();
    let manager = Person::new(company, Role::Manager);
    let id = add(&database, manager, ann()).await;
    manager.scope(&database).leads().convert(id, ConvertLead::default(), None).await.unwrap();
    let browser = browser(&database, Person::new(company, Role::SalesRep)).await;
    let lead = ok(&browser, &format!("/leads/{id}")).await;
    assert!(lead.has("This lead was converted") && !lead.has("convert/undo"));
    let customer = ok(&browser, &format!("/customers/{id}")).await;
    assert!(customer.has("Was a lead") && !customer.has("convert/undo"));
    assert_eq!(browser.post(&format!("/leads/{id}/convert/undo"), &[]).await.status, StatusCode::FORBIDDEN);
}
