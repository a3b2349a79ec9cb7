//! Several e-mail addresses, telephone numbers and postal addresses over HTTP.

use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::Api;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        lists_are_written_and_read,
        a_put_may_leave_lists_out,
        faults_are_told_at_the_entries,
        an_address_in_a_list_is_a_conflict,
    ]);
}

async fn add(api: &Api, body: Value) -> Value {
    api.admin().post("/api/customers").json(&body).await.expect(201).json()
}

fn path(customer: &Value) -> String {
    format!("/api/customers/{}", customer["id"].as_str().expect("an id"))
}

async fn lists_are_written_and_read(database: TestDatabase) {
    let api = Api::new(&database).await;
    let ann = add(
        &api,
        json!({
            "name": "Ann",
            "emails": [{ "address": "Ann@x.example", "label": "work" }, { "address": "ann@home.example", "isOptedOut": true }],
            "phones": [{ "number": "+49 30 901820", "label": "office" }],
            "addresses": [{ "city": "Bonn" }, { "kind": "billing", "city": "Paris", "country": "France", "isPrimary": true }],
        }),
    )
    .await;
    let emails = json!([
        { "address": "ann@x.example", "label": "work", "isPrimary": true, "isInvalid": false, "isOptedOut": false },
        { "address": "ann@home.example", "label": null, "isPrimary": false, "isInvalid": false, "isOptedOut": true },
    ]);
    assert_eq!((&ann["email"], &ann["emails"]), (&json!("ann@x.example"), &emails));
    assert_eq!((&ann["phone"], &ann["phones"][0]["e164"]), (&json!("+49 30 901820"), &json!("+4930901820")));
    assert_eq!((&ann["city"], &ann["countryCode"]), (&json!("Paris"), &json!("FR")));
    assert_eq!((&ann["addresses"][0]["kind"], &ann["addresses"][1]["countryCode"]), (&json!("other"), &json!("FR")));
    assert_eq!(api.admin().get(path(&ann)).await.ok(), ann);
    let patch = json!({ "email": "ann@home.example", "phones": null });
    let patched = api.admin().patch(path(&ann)).json(&patch).await.ok();
    assert_eq!((&patched["email"], &patched["phone"]), (&json!("ann@home.example"), &json!(null)));
    assert_eq!((&patched["emails"][1]["isPrimary"], &patched["phones"]), (&json!(true), &json!([])));
    let list = api.admin().get("/api/customers").await.ok();
    assert_eq!(list["data"][0], patched);
}

async fn a_put_may_leave_lists_out(database: TestDatabase) {
    let api = Api::new(&database).await;
    let ann =
        add(&api, json!({ "name": "Ann", "emails": [{ "address": "a@x.example" }, { "address": "b@x.example" }] }))
            .await;
    let put = async |body: Value| api.admin().put(path(&ann)).json(&body).await.ok();
    assert_eq!(put(ann.clone()).await, ann, "as it was read");
    let mut older = ann.clone();
    for list in ["emails", "phones", "addresses"] {
        older.as_object_mut().expect("members").remove(list);
    }
    assert_eq!(put(older.clone()).await, ann);
    older["email"] = json!("c@x.example");
    let changed = put(older.clone()).await;
    let addresses = |customer: &Value| -> Vec<Value> {
        customer["emails"].as_array().expect("a list").iter().map(|email| email["address"].clone()).collect()
    };
    assert_eq!(addresses(&changed), ["c@x.example", "b@x.example"]);
    older["emails"] = json!(null);
    older["email"] = json!(null);
    assert_eq!(addresses(&put(older).await), [json!(null); 0]);
}

async fn faults_are_told_at_the_entries(database: TestDatabase) {
    let api = Api::new(&database).await;
    let faulty = json!({
        "name": "Ann",
        "emails": [{ "address": "a@x.example" }, { "address": "no address" }, { "address": "A@x.example" }],
        "phones": [{ "number": "" }],
        "addresses": [{ "kind": "home" }],
        "website": "-",
    });
    let expected = [
        ("/addresses/0", "required"),
        ("/emails/1/address", "email_invalid"),
        ("/emails/2/address", "duplicate"),
        ("/phones/0/number", "required"),
        ("/website", "website_invalid"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    let mut post = api.admin().post("/api/customers").json(&faulty).await.expect(422).violations();
    post.sort();
    assert_eq!(post, expected);
    let ann = add(&api, json!({ "name": "Ann" })).await;
    let mut patch = api.admin().patch(path(&ann)).json(&faulty).await.expect(422).violations();
    patch.sort();
    assert_eq!(patch, expected);
    for (list, pointer, code) in [
        (json!({ "emails": [{ "address": "a@x.example", "label": "car" }] }), "/emails/0/label", "invalid_type"),
        (json!({ "emails": [{ "address": "a@x.example", "verified": true }] }), "/emails/0/verified", "unknown_field"),
        (json!({ "phones": [{ "label": "work" }] }), "/phones/0/number", "missing_field"),
    ] {
        api.admin().patch(path(&ann)).json(&list).await.problem_at(400, code, pointer);
    }
    assert_eq!(api.admin().get(path(&ann)).await.ok(), ann);
}

async fn an_address_in_a_list_is_a_conflict(database: TestDatabase) {
    let api = Api::new(&database).await;
    add(&api, json!({ "name": "Ann", "emails": [{ "address": "a@x.example" }, { "address": "b@x.example" }] })).await;
    let post = |body: Value| api.admin().post("/api/customers").json(&body);
    for body in [
        json!({ "name": "Bob", "email": "B@x.example" }),
        json!({ "name": "Bob", "emails": [{ "address": "c@x.example" }, { "address": "b@x.example" }] }),
    ] {
        let answer = post(body).await.expect(409);
        assert_eq!(answer.json()["code"], "customer_email_taken");
    }
}
