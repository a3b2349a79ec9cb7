//! Custom fields: their settings, and their values on the page and in the form of a customer.

use actix_web::http::StatusCode;
use crm_core::actor::Role;
use crm_core::custom_fields::{CustomFieldOption, CustomFieldQuery, CustomFieldType, NewCustomField};
use crm_core::customers::NewCustomer;
use crm_core::page::PageRequest;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, tests};

use crate::support::{Answer, Browser, Person, browser, company};

pub fn register(suite: &mut Suite) {
    tests!(suite, databases: [
        a_field_is_added_changed_and_archived,
        faults_stand_beside_what_was_typed,
        options_that_are_taken_out_are_archived,
        fields_are_put_in_order,
        a_field_is_deleted_after_a_question,
        only_administrators_change_fields,
        a_customer_shows_and_takes_values,
        a_new_customer_has_the_fields,
        a_stale_link_is_no_script,
        lists_have_columns_of_custom_fields,
    ]);
}

async fn ok(browser: &Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer
}

async fn define(database: &TestDatabase, person: Person, new: NewCustomField) -> String {
    person.scope(database).custom_fields().create(new).await.unwrap().id.to_string()
}

fn of(field_type: CustomFieldType, key: &str, label: &str) -> NewCustomField {
    NewCustomField::of(field_type, key, label)
}

fn tier() -> NewCustomField {
    let gold = CustomFieldOption { label: Some("Gold".into()), ..CustomFieldOption::new("g") };
    let options = Some(vec![gold, CustomFieldOption::new("silver")]);
    NewCustomField { options, group: Some("Contract".into()), ..of(CustomFieldType::Select, "tier", "Tier") }
}

async fn keys(database: &TestDatabase, person: Person) -> Vec<String> {
    let mut scope = person.scope(database);
    let page = scope.custom_fields().list(&CustomFieldQuery::default(), &PageRequest::default()).await.unwrap();
    page.data.into_iter().map(|field| field.key).collect()
}

async fn lists_have_columns_of_custom_fields(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    define(&database, person, tier()).await;
    define(&database, person, of(CustomFieldType::Customer, "partner", "Partner")).await;
    let mut scope = person.scope(&database);
    let partner = scope.customers().create(NewCustomer::organization("Salt Ltd")).await.unwrap();
    let fields = json!({ "tier": "g", "partner": partner.id, "loose": "kept" }).as_object().cloned();
    scope.customers().create(NewCustomer { custom_fields: fields, ..NewCustomer::organization("Lee") }).await.unwrap();
    let dialogue = ok(&browser, "/customers/columns").await;
    assert!(dialogue.has("value=\"customFields.tier\">Tier</label>"), "{}", dialogue.body);
    let chosen = [("state", ""), ("column", "customFields.tier"), ("column", "customFields.partner")];
    let list = browser.submit("/customers/columns", &chosen).await;
    assert!(list.has(">Gold<") && list.has(&format!("/customers/{}\">Salt Ltd", partner.id)), "{}", list.body);
    // Without an index the heading is no link.
    assert!(list.has(">Tier</th>") && !list.has("sort=customFields"));
    let loose = ok(&browser, "/customers?columns=name,customFields.loose").await;
    assert!(loose.has(">loose</th>") && loose.has(">kept<"));
    let stale = ok(&browser, "/customers?sort=customFields.tier").await;
    assert!(stale.has(">Lee<"), "an order that there is no more is the usual one");
}

async fn a_field_is_added_changed_and_archived(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let browser = browser(&database, person).await;
    assert!(ok(&browser, "/settings/custom-fields").await.has("No custom fields here"));
    ok(&browser, "/settings/custom-fields/new").await;
    let fields = [
        ("label", "Seats"),
        ("key", "seats"),
        ("type", "integer"),
        ("minimum", "1"),
        ("default", "5"),
        ("isRequired", "true"),
        ("group", "Contract"),
    ];
    let page = browser.submit("/settings/custom-fields", &fields).await;
    assert!(
        page.has("The custom field was added.") && page.has("<code>seats</code>") && page.has("Whole number, required")
    );
    let path = page.after("class=\"row-link\"", "href");
    let form = ok(&browser, &path).await;
    assert!(form.has("value=\"Seats\"") && form.has("id=\"default\"") && !form.has("id=\"key\""));
    let version = form.after("name=\"version\"", "value");
    let page = browser.submit(&path, &[("version", &*version), ("label", "Licences"), ("maximum", "9.5")]).await;
    assert!(page.has("Licences") && !page.has("required"), "what is not ticked is off");
    let stale = browser.post(&path, &[("version", &*version), ("label", "Mine")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.has("was changed after you opened it") && stale.has("value=\"Mine\""));
    let version = ok(&browser, &path).await.after("name=\"version\"", "value");
    let page = browser.submit(&format!("{path}/archive"), &[("version", &*version), ("archived", "true")]).await;
    assert!(page.has("was archived") && page.has("No custom fields here"));
    let archive = ok(&browser, "/settings/custom-fields?archived=true").await;
    assert!(archive.has("Licences"));
    let version = archive.after("/archive\"", "value");
    let page = browser.submit(&format!("{path}/archive"), &[("version", &*version)]).await;
    assert!(page.has("in use again") && page.has("Licences"));
}

async fn faults_stand_beside_what_was_typed(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    define(&database, person, tier()).await;
    let browser = browser(&database, person).await;
    for (fields, fault, words) in [
        (vec![("label", ""), ("key", "a")], "label-fault", "Enter a value."),
        (vec![("label", "A"), ("key", "tier")], "key-fault", "Another custom field has this key"),
        (vec![("label", "A"), ("key", "a"), ("type", "select")], "options-fault", "Enter a value."),
        (vec![("label", "A"), ("key", "a"), ("minimum", "one")], "minimum-fault", "cannot be read"),
        (vec![("label", "A"), ("key", "a"), ("pattern", "(")], "pattern-fault", "no regular expression"),
        (vec![("label", "A"), ("key", "a"), ("type", "date"), ("default", "soon")], "default-fault", "Enter a day"),
    ] {
        let mut sent = vec![("type", "text"), ("description", "kept")];
        sent.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        sent.extend(fields);
        let answer = browser.post("/settings/custom-fields", &sent).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fault}");
        assert!(answer.has(fault) && answer.has(words) && answer.has("value=\"kept\""), "{fault}: {}", answer.body);
    }
    assert_eq!(keys(&database, person).await, ["tier"]);
    // Only these fields, by a setting of the company.
    let version = ok(&browser, "/settings/custom-fields").await.after("only-defined\"", "value");
    let fields = [("version", &*version), ("only", "true")];
    let page = browser.submit("/settings/custom-fields/only-defined", &fields).await;
    assert!(page.has("name=\"only\" value=\"true\" checked"), "{}", page.body);
}

async fn options_that_are_taken_out_are_archived(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let id = define(&database, person, tier()).await;
    let browser = browser(&database, person).await;
    let path = format!("/settings/custom-fields/{id}");
    let form = ok(&browser, &path).await;
    assert!(form.has("g | Gold\nsilver</textarea>"), "{}", form.body);
    let version = form.after("name=\"version\"", "value");
    browser
        .submit(&path, &[("version", &*version), ("label", "Tier"), ("options", "silver\r\nbronze | Bronze\r\n")])
        .await;
    let field = person.scope(&database).custom_fields().get(id.parse().unwrap()).await.unwrap();
    let options: Vec<(&str, bool)> =
        field.options.iter().map(|option| (option.value.as_str(), option.is_archived)).collect();
    assert_eq!(options, [("silver", false), ("bronze", false), ("g", true)]);
}

async fn fields_are_put_in_order(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let mut ids = Vec::new();
    for key in ["a", "b", "c"] {
        ids.push(define(&database, person, of(CustomFieldType::Text, key, key)).await);
    }
    let browser = browser(&database, person).await;
    for (id, to, order) in
        [(&ids[2], "up", ["a", "c", "b"]), (&ids[0], "down", ["c", "a", "b"]), (&ids[2], "up", ["c", "a", "b"])]
    {
        browser.submit(&format!("/settings/custom-fields/{id}/move"), &[("to", to)]).await;
        assert_eq!(keys(&database, person).await, order);
    }
}

async fn a_field_is_deleted_after_a_question(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let id = define(&database, person, of(CustomFieldType::Text, "code", "Code")).await;
    let browser = browser(&database, person).await;
    let path = format!("/settings/custom-fields/{id}/delete");
    let question = ok(&browser, &path).await;
    assert!(question.has("Delete the custom field Code?"));
    let version = question.after("name=\"version\"", "value");
    let page = browser.submit(&path, &[("version", &version)]).await;
    assert!(page.has("was deleted"));
    assert_eq!(keys(&database, person).await, Vec::<String>::new());
}

async fn only_administrators_change_fields(database: TestDatabase) {
    let company = company();
    let id = define(&database, Person::new(company, Role::Admin), tier()).await;
    for role in [Role::Manager, Role::Viewer] {
        let browser = browser(&database, Person::new(company, role)).await;
        let list = ok(&browser, "/settings/custom-fields").await;
        assert!(list.has("Tier") && !list.has("custom-fields/new") && !list.has("/move"), "{role}");
        let form = ok(&browser, &format!("/settings/custom-fields/{id}")).await;
        assert!(!form.has("button-primary"), "{role}");
        assert_eq!(browser.get("/settings/custom-fields/new").await.status, StatusCode::FORBIDDEN);
        for (path, fields) in [
            ("/settings/custom-fields".to_owned(), vec![("label", "A"), ("key", "a"), ("type", "text")]),
            (format!("/settings/custom-fields/{id}"), vec![("version", "1"), ("label", "A")]),
            (format!("/settings/custom-fields/{id}/archive"), vec![("version", "1"), ("archived", "true")]),
            (format!("/settings/custom-fields/{id}/delete"), vec![("version", "1")]),
        ] {
            assert_eq!(browser.post(&path, &fields).await.status, StatusCode::FORBIDDEN, "{role} {path}");
        }
    }
    // Another company's are not found.
    let stranger = browser(&database, Person::new(crate::support::company(), Role::Admin)).await;
    assert_eq!(stranger.get(&format!("/settings/custom-fields/{id}")).await.status, StatusCode::NOT_FOUND);
}

async fn a_customer_shows_and_takes_values(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    for new in [
        tier(),
        of(CustomFieldType::Date, "end", "Contract end"),
        of(CustomFieldType::Integer, "seats", "Seats"),
        of(CustomFieldType::Boolean, "on", "Active"),
        of(CustomFieldType::Money, "deal", "Deal"),
        NewCustomField { options: tier().options, ..of(CustomFieldType::MultiSelect, "many", "Many") },
    ] {
        define(&database, person, new).await;
    }
    let custom_fields = json!({ "tier": "g", "on": true, "free": "not shown" }).as_object().cloned();
    let new = NewCustomer { custom_fields, ..NewCustomer::organization("Lee & Co") };
    let lee = person.scope(&database).customers().create(new).await.unwrap();
    let browser = browser(&database, person).await;
    let url = format!("/customers/{}", lee.id);
    let page = ok(&browser, &url).await;
    assert!(page.has("<h2>Contract</h2>") && page.has("<h2>More</h2>") && page.has("Gold") && page.has("Yes"));
    assert!(!page.has("not shown"));
    for (key, control, sent, shown) in [
        ("tier", "<option value=\"g\" selected", vec!["silver"], "silver"),
        ("end", "type=\"date\"", vec!["2026-12-31"], "2026-12-31"),
        ("seats", "type=\"number\"", vec!["25"], "25"),
        ("on", "<option value=\"true\" selected", vec!["false"], "No"),
        ("deal", "type=\"text\"", vec!["12.50 eur"], "12.50 EUR"),
        ("many", "type=\"checkbox\"", vec!["silver", "g"], "Gold, silver"),
    ] {
        let form = ok(&browser, &format!("{url}?edit=customFields.{key}")).await;
        assert!(form.has("field-editing") && form.has(control), "{key}: {}", form.body);
        let version = form.after("name=\"version\"", "value");
        let mut fields = vec![("version", &*version)];
        fields.extend(sent.into_iter().map(|value| ("value", value)));
        let page = browser.submit(&format!("{url}/fields/customFields.{key}"), &fields).await;
        assert!(page.has("Saved: ") && page.has(shown), "{key}");
    }
    let stored = person.scope(&database).customers().get(lee.id).await.unwrap().custom_fields;
    let deal = json!({ "amount": 1250, "currency": "EUR" });
    let expected = json!({
        "tier": "silver", "end": "2026-12-31", "seats": 25, "on": false, "deal": deal, "many": ["g", "silver"], "free": "not shown",
    });
    assert_eq!(Value::Object(stored), expected);
    let version = ok(&browser, &format!("{url}?edit=customFields.end")).await.after("name=\"version\"", "value");
    let fields = [("version", &*version), ("value", "soon")];
    let wrong = browser.post(&format!("{url}/fields/customFields.end"), &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has("Enter a day such as 2026-01-31.") && wrong.has("value=\"soon\""));
    let fields = [("version", &*version), ("value", "")];
    let cleared = browser.submit(&format!("{url}/fields/customFields.many"), &fields).await;
    assert!(!cleared.has("Gold, silver"));
    let unknown = browser.post(&format!("{url}/fields/customFields.free"), &[("version", "1")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

async fn a_new_customer_has_the_fields(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    define(&database, person, NewCustomField { default: Some(json!("silver")), ..tier() }).await;
    let seats = of(CustomFieldType::Integer, "seats", "Seats");
    define(&database, person, NewCustomField { is_required: Some(true), ..seats }).await;
    let browser = browser(&database, person).await;
    let form = ok(&browser, "/customers/new").await;
    assert!(form.has("<legend>Contract</legend>") && form.has("<option value=\"silver\" selected"), "{}", form.body);
    let fields = [("kind", "organization"), ("name", "Lee & Co"), ("customFields.tier", "g")];
    let faulty = browser.post("/customers", &fields).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(faulty.has("customFields.seats-fault") && faulty.has("<option value=\"g\" selected"));
    let fields = [fields.as_slice(), &[("customFields.seats", "5")]].concat();
    let page = browser.submit("/customers", &fields).await;
    assert!(page.has("The customer was added.") && page.has("Gold"), "{}", page.body);
}

async fn a_stale_link_is_no_script(database: TestDatabase) {
    let person = Person::new(company(), Role::Admin);
    let custom_fields = json!({ "site": "javascript://%0aalert(1)", "parent": "javascript:alert(1)" });
    let new =
        NewCustomer { custom_fields: custom_fields.as_object().cloned(), ..NewCustomer::organization("Lee & Co") };
    let lee = person.scope(&database).customers().create(new).await.unwrap();
    define(&database, person, of(CustomFieldType::Url, "site", "Site")).await;
    define(&database, person, of(CustomFieldType::Customer, "parent", "Parent")).await;
    let page = ok(&browser(&database, person).await, &format!("/customers/{}", lee.id)).await;
    assert!(page.has("Site") && !page.has("href=\"javascript"), "{}", page.body);
}
