//! The items, the contacts and the references of a deal, and the settings that deals have.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::{ExternalRef, NewCustomer};
use crm_core::deals::{Deal, NewDeal};
use crm_core::ids::{CustomerId, DealId};
use crm_core::pipelines::NewPipeline;
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        items_are_added_changed_and_removed,
        an_item_that_moved_is_not_written_over,
        the_sum_becomes_the_amount,
        contacts_have_roles,
        references_are_written_in_lines,
        a_viewer_changes_nothing,
        lost_reasons_are_chosen_named_and_put_in_order,
        rates_are_set_and_removed,
        pipelines_are_put_in_order,
    ]);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

/// A deal, and another customer.
async fn deal(database: &TestDatabase, person: Person) -> (DealId, CustomerId) {
    let mut scope = person.scope(database);
    let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await.unwrap().id;
    let ann = scope.customers().create(NewCustomer::person("Ann", "Lee")).await.unwrap().id;
    (scope.deals().create(lee, NewDeal::named("Keyboards")).await.unwrap().id, ann)
}

async fn held(database: &TestDatabase, person: Person, id: DealId) -> Deal {
    person.scope(database).deals().get(id).await.unwrap()
}

async fn items_are_added_changed_and_removed(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let (id, _) = deal(&database, person).await;
    let browser = browser(&database, person).await;
    let page = format!("/deals/{id}");
    assert!(ok(&browser, &page).await.has("No items"));
    let form = ok(&browser, &format!("{page}/items/new")).await;
    assert!(form.has("name=\"quantity\" value=\"1\"") && form.has("name=\"currency\" value=\"EUR\""));
    let fields = [
        ("version", "1"),
        ("name", "Bolt <b>"),
        ("quantity", "2.5"),
        ("unitPrice", "1,019.99"),
        ("currency", "EUR"),
        ("discountPercent", "10"),
        ("taxPercent", "19"),
    ];
    let shown = browser.submit(&format!("{page}/items"), &fields).await;
    for text in ["Bolt &#60;b&#62;", "2.5", "1,019.99 EUR", "10 %", "19 %", "2,294.98 EUR", "The items were saved."] {
        assert!(shown.has(text), "{text} is not in {}", shown.body);
    }
    let form = ok(&browser, &format!("{page}/items/0")).await;
    assert!(form.has("value=\"1019.99\"") && form.after("name=\"was\"", "value").starts_with("Bolt"));
    let wrong =
        browser.post(&format!("{page}/items/0"), &[("version", "2"), ("name", "Bolt"), ("unitPrice", "much")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("id=\"currency-fault\""));
    let nameless = [("version", "2"), ("unitPrice", "5"), ("currency", "EUR")];
    let wrong = browser.post(&format!("{page}/items"), &nameless).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("id=\"name-fault\""), "{}", wrong.body);
    let fields = [("version", "2"), ("was", "Bolt <b>"), ("name", "Nut"), ("unitPrice", "5"), ("currency", "EUR")];
    assert!(browser.submit(&format!("{page}/items/0"), &fields).await.has("Nut"));
    assert_eq!(browser.get(&format!("{page}/items/7")).await.status, StatusCode::NOT_FOUND);
    let stale = browser.submit(&format!("{page}/items/0/remove"), &[("version", "1")]).await;
    assert!(stale.has("Nothing was changed") && stale.has("Nut"));
    let removed = browser.submit(&format!("{page}/items/0/remove"), &[("version", "3")]).await;
    assert!(removed.has("No items") && held(&database, person, id).await.items.is_empty());
}

async fn an_item_that_moved_is_not_written_over(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let (id, _) = deal(&database, person).await;
    let browser = browser(&database, person).await;
    let items = format!("/deals/{id}/items");
    for (version, name) in [("1", "Bolt"), ("2", "Nut")] {
        browser.submit(&items, &[("version", version), ("name", name), ("unitPrice", "5"), ("currency", "EUR")]).await;
    }
    browser.submit(&format!("{items}/0/remove"), &[("version", "3")]).await;
    let fields = [("version", "3"), ("was", "Bolt"), ("name", "Big bolt"), ("unitPrice", "9"), ("currency", "EUR")];
    let gone = browser.post(&format!("{items}/0"), &fields).await;
    assert_eq!(gone.status, StatusCode::PRECONDITION_FAILED);
    assert!(gone.has("is another one now") && !gone.has("Save anyway"));
    // A new one is added all the same.
    let new =
        browser.post(&items, &[("version", "3"), ("name", "Nail"), ("unitPrice", "1"), ("currency", "EUR")]).await;
    assert!(new.status == StatusCode::PRECONDITION_FAILED && new.has("Save anyway"));
    assert_eq!(new.after("name=\"version\"", "value"), "4");
    let names: Vec<String> = held(&database, person, id).await.items.into_iter().map(|item| item.name).collect();
    assert_eq!(names, ["Nut"]);
}

async fn the_sum_becomes_the_amount(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let (id, _) = deal(&database, person).await;
    let browser = browser(&database, person).await;
    let items = format!("/deals/{id}/items");
    browser.submit(&items, &[("version", "1"), ("name", "Bolt"), ("unitPrice", "5"), ("currency", "EUR")]).await;
    let page = browser.submit(&format!("{items}/amount"), &[("version", "2"), ("on", "true")]).await;
    assert!(page.has("The amount of the deal is the sum of its items."));
    let deal = held(&database, person, id).await;
    assert_eq!((deal.amount_from_items, deal.amount.map(|amount| amount.amount)), (true, Some(500)));
    let page = browser.submit(&format!("{items}/amount"), &[("version", "3"), ("on", "false")]).await;
    assert!(page.has("does not depend on its items") && !held(&database, person, id).await.amount_from_items);
}

async fn contacts_have_roles(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let (id, ann) = deal(&database, person).await;
    let browser = browser(&database, person).await;
    let contacts = format!("/deals/{id}/contacts");
    assert!(ok(&browser, &format!("{contacts}/new")).await.has("Ann Lee"));
    let form = ok(&browser, &format!("{contacts}/new?customer={ann}")).await;
    assert!(form.has("Decision maker") && form.has(&format!("action=\"/erp/crm{contacts}/{ann}\"")));
    let page = browser.submit(&format!("{contacts}/{ann}"), &[("role", "champion"), ("isPrimary", "true")]).await;
    assert!(page.has("Ann Lee") && page.has("Champion · first"), "{}", page.body);
    let form = ok(&browser, &format!("{contacts}/{ann}")).await;
    assert!(form.has("value=\"champion\" selected") && form.has("value=\"true\" selected"));
    // A role is a word of the company, too.
    browser.submit(&format!("{contacts}/{ann}"), &[("role", "lawyer"), ("isPrimary", "false")]).await;
    assert!(ok(&browser, &format!("{contacts}/{ann}")).await.has("value=\"lawyer\" selected"));
    let strange = CustomerId(uuid::Uuid::new_v4());
    assert_eq!(browser.get(&format!("{contacts}/{strange}")).await.status, StatusCode::NOT_FOUND);
    let page = browser.submit(&format!("{contacts}/{ann}/remove"), &[]).await;
    assert!(page.has("No contacts") && held(&database, person, id).await.contacts.is_empty());
}

async fn references_are_written_in_lines(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let (id, _) = deal(&database, person).await;
    let browser = browser(&database, person).await;
    let path = format!("/deals/{id}/references");
    let fields = [("version", "1"), ("quoteRef", "erp: Q-1"), ("invoiceRefs", "erp: I-1\r\n\r\n erp:I-2 ")];
    let page = browser.submit(&path, &fields).await;
    assert!(page.has("erp: Q-1") && page.has("erp: I-1, erp: I-2"));
    let deal = held(&database, person, id).await;
    let quote = ExternalRef { system: "erp".to_owned(), id: "Q-1".to_owned() };
    assert_eq!((deal.quote_ref, deal.order_ref, deal.invoice_refs.len()), (Some(quote), None, 2));
    let wrong = browser.post(&path, &[("version", "2"), ("orderRef", "O-1")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("id=\"orderRef-fault\""));
    let stale = browser.post(&path, &[("version", "1"), ("orderRef", "erp: O-1")]).await;
    assert!(stale.status == StatusCode::PRECONDITION_FAILED && stale.has("Save anyway"));
}

async fn a_viewer_changes_nothing(database: TestDatabase) {
    let (company, manager) = (company(), Role::Manager);
    let (id, ann) = deal(&database, Person::new(company, manager)).await;
    let viewer = browser(&database, Person::new(company, Role::Viewer)).await;
    let page = ok(&viewer, &format!("/deals/{id}")).await;
    assert!(!page.has("/items/new") && !page.has("/contacts/new") && !page.has("/references"));
    for path in ["items/new", "contacts/new", "references"] {
        assert_eq!(viewer.get(&format!("/deals/{id}/{path}")).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["items".to_owned(), format!("contacts/{ann}"), "references".to_owned()] {
        let fields = [("version", "1"), ("name", "x"), ("unitPrice", "1"), ("currency", "EUR")];
        let refused = viewer.post(&format!("/deals/{id}/{path}"), &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    let other = browser(&database, Person::new(crate::support::company(), Role::Admin)).await;
    for path in ["items/new", "contacts/new", "references"] {
        assert_eq!(other.get(&format!("/deals/{id}/{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

async fn lost_reasons_are_chosen_named_and_put_in_order(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let path = "/settings/lost-reasons";
    let mut page = ok(&browser, path).await;
    assert!(page.has("Every word is a reason"));
    /// The fields that are sent, and the codes that there are then.
    type Step<'s> = (&'s [(&'s str, &'s str)], &'s [&'s str]);
    let steps: [Step<'_>; 5] = [
        (&[("do", "add"), ("label", "Too expensive")], &["too_expensive"]),
        (&[("do", "add"), ("label", "Too late")], &["too_expensive", "too_late"]),
        (&[("do", "up"), ("code", "too_late")], &["too_late", "too_expensive"]),
        (&[("do", "archive"), ("code", "too_late")], &["too_late", "too_expensive"]),
        (&[("do", "rename"), ("code", "too_expensive"), ("label", "Price <i>")], &["too_late", "too_expensive"]),
    ];
    for (fields, codes) in steps {
        let version = page.after("name=\"version\"", "value");
        page = browser.submit(path, &[fields, &[("version", &*version)]].concat()).await;
        let held = person.scope(&database).settings().get().await.unwrap().lost_reasons;
        assert_eq!(held.iter().map(|reason| reason.code.as_str()).collect::<Vec<_>>(), codes);
    }
    assert!(page.has("The reasons were saved.") && page.has("Price &#60;i&#62;") && page.has("Archived"));
    let stale = browser.post(path, &[("do", "add"), ("label", "x"), ("version", "1")]).await;
    assert!(stale.status == StatusCode::PRECONDITION_FAILED && stale.has("were changed after you opened"));
    let empty = [("do", "add"), ("label", " "), ("version", &*page.after("name=\"version\"", "value"))];
    assert_eq!(browser.post(path, &empty).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Who loses a deal is offered the reasons of the company.
    let (id, _) = deal(&database, person).await;
    let form = ok(&browser, &format!("/deals/{id}/move")).await;
    assert!(form.has("<option value=\"too_expensive\">Price &#60;i&#62;</option>"));
    assert!(!form.has("too_late") && !form.has("no_budget"));
    let viewer = super::support::browser(&database, Person::new(person.company, Role::Viewer)).await;
    let refused = viewer.post(path, &[("do", "add"), ("label", "x"), ("version", "1")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

async fn rates_are_set_and_removed(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    let path = "/settings/currency-rates";
    assert!(ok(&browser, path).await.has("No rates yet"));
    let fields = [("currency", "usd"), ("rate", "0.9259"), ("source", "ecb"), ("date", "2026-01-05")];
    let page = browser.submit(path, &fields).await;
    assert!(page.has("USD") && page.has("0.9259") && page.has("ecb") && page.has("The rate was set."));
    for (name, value, fault) in [
        ("currency", "XXXX", "currency-fault"),
        ("currency", "EUR", "currency-fault"),
        ("rate", "0,9", "rate-fault"),
        ("rate", "0", "rate-fault"),
        ("date", "2999-01-01", "date-fault"),
    ] {
        let usual = [("currency", "USD"), ("rate", "1"), ("date", "2026-01-05")];
        let fields = usual.map(|(field, usual)| (field, if field == name { value } else { usual }));
        let wrong = browser.post(path, &fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}={value}");
        assert!(wrong.has(&format!("id=\"{fault}\"")), "{name}={value}: {}", wrong.body);
    }
    let page = browser.submit(&format!("{path}/remove"), &[("currency", "USD"), ("date", "2026-01-05")]).await;
    assert!(page.has("No rates yet"));
    let viewer = super::support::browser(&database, Person::new(person.company, Role::Viewer)).await;
    assert_eq!(viewer.post(path, &fields).await.status, StatusCode::FORBIDDEN);
}

async fn pipelines_are_put_in_order(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let mut scope = person.scope(&database);
    let mut ids = Vec::new();
    for name in ["First", "Second", "Third"] {
        ids.push(scope.pipelines().create(NewPipeline::named(name)).await.unwrap().id);
    }
    let browser = browser(&database, person).await;
    let names = async || {
        let page = person.scope(&database).pipelines().list(&Default::default(), &Default::default()).await.unwrap();
        page.data.into_iter().map(|pipeline| pipeline.name).collect::<Vec<_>>()
    };
    let before = names().await;
    let last = before.iter().position(|name| name == "Third").unwrap();
    let place = format!("/settings/pipelines/{}/place", ids[2]);
    browser.submit(&place, &[("to", "up")]).await;
    let mut expected = before.clone();
    expected.swap(last - 1, last);
    assert_eq!(names().await, expected);
    let page = browser.submit(&place, &[("to", "down")]).await;
    assert!(page.has("new order") && names().await == before);
}
