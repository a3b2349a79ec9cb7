//! Many customers of the list at once: picked, counted, changed, and put back.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::customers::{Customer, CustomerQuery, NewCustomer};
use crm_core::ids::UserId;
use crm_core::page::PageRequest;
use testkit::{Suite, TestDatabase, tests};
use uuid::Uuid;

use crate::support::{Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        picked_customers_are_changed_and_put_back,
        a_whole_list_is_counted_first,
        a_deletion_is_counted_first,
        what_is_wrong_is_told,
        a_bar_has_what_the_person_may_do,
        a_stranger_undoes_nothing,
        the_notice_escapes_and_ignores_nonsense,
    ]; own: [a_long_list_is_changed_by_a_job]);
}

async fn some(person: Person, database: &TestDatabase, names: &[&str]) -> Vec<Customer> {
    let mut customers = Vec::new();
    for name in names {
        customers.push(person.scope(database).customers().create(NewCustomer::organization(*name)).await.unwrap());
    }
    customers
}

async fn opened(database: &TestDatabase, role: Role) -> (Browser, Person, Vec<Customer>) {
    let person = Person::new(company(), role);
    let customers = some(person, database, &["Ant & Co", "Bee", "Cat"]).await;
    (browser(database, person).await, person, customers)
}

async fn statuses(person: Person, database: &TestDatabase) -> Vec<String> {
    let query = CustomerQuery { sort: "name".parse().unwrap(), ..CustomerQuery::default() };
    let page = person.scope(database).customers().list(&query, &PageRequest::default()).await.unwrap();
    page.data.iter().map(|customer| format!("{} {}", customer.name, customer.status)).collect()
}

async fn picked_customers_are_changed_and_put_back(database: TestDatabase) {
    let (browser, person, customers) = opened(&database, Role::SalesRep).await;
    let list = browser.get("/customers?kind=organization").await;
    assert!(list.has(&format!("name=\"id\" value=\"{}\" form=\"bulk\"", customers[0].id)));
    assert!(list.has("Select Ant &#38; Co") || list.has("Select Ant &amp; Co"));
    let address = list.after("id=\"bulk\"", "action");
    assert!(address.ends_with("/customers/bulk?kind=organization"), "{address}");
    let ids = [customers[0].id.to_string(), customers[1].id.to_string()];
    let fields = [("do", "status:active"), ("id", &*ids[0]), ("id", &*ids[1])];
    let done = browser.submit("/customers/bulk?kind=organization", &fields).await;
    assert!(done.has("2 customers were changed.") && done.has(">Undo</button>"), "{}", done.body);
    assert_eq!(statuses(person, &database).await, ["Ant & Co active", "Bee active", "Cat prospect"]);
    let undo = done.after("id=\"bulk-notice\"", "action");
    assert!(undo.ends_with("/undo?kind=organization"), "{undo}");
    let undo = undo.strip_prefix(crate::support::MOUNT).unwrap();
    let undone = browser.submit(undo, &[]).await;
    assert!(undone.has("Undone: 2 customers were put back.") && !undone.has(">Undo</button>"));
    assert_eq!(statuses(person, &database).await, ["Ant & Co prospect", "Bee prospect", "Cat prospect"]);
    let again = browser.submit(undo, &[]).await;
    assert!(again.has("The bulk action was undone before."));
    for (name, value) in [("tag", "VIP"), ("untag", "vip")] {
        let fields = [("do", name), ("tag", value), ("id", &*ids[0])];
        assert!(browser.submit("/customers/bulk", &fields).await.has("1 customer was changed."), "{name}");
    }
    let owner = format!("owner:{}", person.user);
    for action in [&*owner, "owner:none", "archive"] {
        let done = browser.submit("/customers/bulk", &[("do", action), ("id", &*ids[0])]).await;
        assert!(done.has("1 customer was changed."), "{action}: {}", done.body);
    }
    browser.cookies.borrow_mut().insert("crm_language".to_owned(), "de".to_owned());
    let done = browser.submit("/customers/bulk", &[("do", "status:blocked"), ("id", &*ids[1])]).await;
    assert!(done.has("1 Kunde wurde geändert.") && done.has(">Rückgängig</button>"), "{}", done.body);
}

async fn a_whole_list_is_counted_first(database: TestDatabase) {
    let (browser, person, _) = opened(&database, Role::Manager).await;
    let mut fields = vec![("do", "status:active"), ("all", "1"), ("tag", "")];
    let counted = browser.post("/customers/bulk?q=ant", &fields).await;
    assert_eq!(counted.status, StatusCode::OK);
    assert!(counted.has("Set the status of these customers to Active?") && counted.has("1 customer will be changed."));
    assert!(counted.has("name=\"confirmed\"") && counted.after("bulk-confirm-actions", "action").ends_with("?q=ant"));
    assert_eq!(statuses(person, &database).await[0], "Ant & Co prospect");
    fields.push(("confirmed", "1"));
    let done = browser.submit("/customers/bulk?q=ant", &fields).await;
    assert!(done.has("1 customer was changed.") && done.has("value=\"ant\""), "the list is the same as before");
    assert_eq!(statuses(person, &database).await, ["Ant & Co active", "Bee prospect", "Cat prospect"]);
    let counted = browser.post("/customers/bulk?q=ant", &fields[..2]).await;
    assert!(counted.has("No customer will be changed.") && counted.has("1 was so already."));
    assert!(!counted.has("name=\"confirmed\"") && counted.has("Back to the list"));
}

async fn a_deletion_is_counted_first(database: TestDatabase) {
    let (browser, person, customers) = opened(&database, Role::Manager).await;
    let id = customers[0].id.to_string();
    let counted = browser.post("/customers/bulk", &[("do", "delete"), ("id", &id)]).await;
    assert!(counted.has("Move these customers to the trash?") && counted.has("button-danger"));
    assert_eq!(statuses(person, &database).await.len(), 3);
    let done = browser.submit("/customers/bulk", &[("do", "delete"), ("id", &id), ("confirmed", "1")]).await;
    assert!(done.has("1 customer was changed.") && !done.has("Ant &#38; Co"));
    let undo = done.after("id=\"bulk-notice\"", "action");
    browser.submit(undo.strip_prefix(crate::support::MOUNT).unwrap(), &[]).await;
    assert_eq!(statuses(person, &database).await.len(), 3);
}

async fn what_is_wrong_is_told(database: TestDatabase) {
    let (browser, _, customers) = opened(&database, Role::SalesRep).await;
    let id = customers[0].id.to_string();
    for (fields, text) in [
        (vec![("do", "status:active")], "Select at least one customer."),
        (vec![("do", "dance"), ("id", &id)], "Choose what to do"),
        (vec![("do", "status:dancing"), ("id", &id)], "Choose what to do"),
        (vec![("do", "tag"), ("tag", " "), ("id", &id)], "Enter a value."),
        (vec![("do", "owner:7e57ab1e-0000-4000-8000-000000000000"), ("id", &id)], ""),
    ] {
        let answer = browser.post("/customers/bulk", &fields).await;
        assert!(answer.status.is_client_error() && answer.has(text), "{fields:?}: {} {}", answer.status, answer.body);
    }
    let list = browser.get("/customers/bulk?q=ant").await;
    assert_eq!((list.status, list.header("location").ends_with("/customers?q=ant")), (StatusCode::SEE_OTHER, true));
}

async fn a_bar_has_what_the_person_may_do(database: TestDatabase) {
    let company = company();
    let maker = Person::new(company, Role::Admin);
    let customers = some(maker, &database, &["Ant"]).await;
    for (role, update, tag, delete) in [
        (Role::Admin, true, true, true),
        (Role::Manager, true, true, true),
        (Role::SalesRep, true, true, false),
        (Role::Support, false, true, false),
        (Role::Viewer, false, false, false),
    ] {
        let browser = browser(&database, Person::new(company, role)).await;
        let list = browser.get("/customers").await;
        let has = |value: &str| list.has(&format!("name=\"do\" value=\"{value}\""));
        assert_eq!([has("archive"), has("tag"), has("delete")], [update, tag, delete], "{role}");
        assert_eq!(list.has("form=\"bulk\""), update || tag || delete, "{role}");
        let id = customers[0].id.to_string();
        let answer = browser.post("/customers/bulk", &[("do", "owner:none"), ("id", &id)]).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, update, "{role}: {}", answer.status);
    }
}

async fn a_stranger_undoes_nothing(database: TestDatabase) {
    let (browser_of_one, person, customers) = opened(&database, Role::SalesRep).await;
    let id = customers[0].id.to_string();
    let done = browser_of_one.submit("/customers/bulk", &[("do", "status:active"), ("id", &id)]).await;
    let undo = done.after("id=\"bulk-notice\"", "action");
    let undo = undo.strip_prefix(crate::support::MOUNT).unwrap();
    let same_company = Person { user: UserId(Uuid::new_v4()), ..person };
    for stranger in [same_company, Person::new(company(), Role::Admin)] {
        let answer = browser(&database, stranger).await.post(undo, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let other = Person::new(company(), Role::Admin);
    let answer =
        browser(&database, other).await.post("/customers/bulk", &[("do", "status:blocked"), ("id", &id)]).await;
    assert!(answer.header("location").contains("bulk=done.0.0.1."), "{}", answer.header("location"));
    assert_eq!(statuses(person, &database).await[0], "Ant & Co active");
}

async fn a_long_list_is_changed_by_a_job(database: TestDatabase) {
    let person = Person::new(company(), Role::Manager);
    let mut file = "Name\n".to_owned();
    (0..1_001).for_each(|number| file.push_str(&format!("Customer {number}\n")));
    let file = Box::new(std::io::Cursor::new(file));
    person.scope(&database).customers().import(file, Default::default()).await.unwrap();
    let browser = browser(&database, person).await;
    let counted = browser.post("/customers/bulk", &[("do", "archive"), ("all", "1")]).await;
    assert!(counted.has("1,001 customers will be changed."));
    let running = browser.submit("/customers/bulk", &[("do", "archive"), ("all", "1"), ("confirmed", "1")]).await;
    assert!(running.has("Customers are being changed: 0 %") && running.has("hx-trigger=\"every 2s\""));
    let here = running.after("id=\"bulk-notice\"", "hx-get");
    let here = here.strip_prefix(crate::support::MOUNT).unwrap().to_owned();
    let crm = crm_core::Crm::default();
    crm.run_due_jobs(&database.connection, &crm_core::jobs::JobOptions::default()).await.unwrap();
    let done = browser.get(&here).await;
    assert!(done.has("1,001 customers were changed.") && !done.has("every 2s"), "{}", done.body);
    let undo = done.after("id=\"bulk-notice\"", "action");
    let undoing = browser.submit(undo.strip_prefix(crate::support::MOUNT).unwrap(), &[]).await;
    assert!(undoing.has("Customers are being put back"));
    let cancel = undoing.after("id=\"bulk-notice\"", "action");
    let stopped = browser.submit(cancel.strip_prefix(crate::support::MOUNT).unwrap(), &[]).await;
    assert!(stopped.has("The change was stopped."));
}

async fn the_notice_escapes_and_ignores_nonsense(database: TestDatabase) {
    let (browser, ..) = opened(&database, Role::Admin).await;
    for nonsense in
        ["<b>", "done.x.1.1", "done.1", "started.x", "refused.<b>", "started.7e57ab1e-0000-4000-8000-000000000000"]
    {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("bulk", nonsense).finish();
        let list = browser.get(&format!("/customers?{query}")).await;
        assert!(list.status == StatusCode::OK && !list.has("bulk-notice") && !list.has("<b>"), "{nonsense}");
    }
}
