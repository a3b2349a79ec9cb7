//! Tags over HTTP: references by name or id, and the body but not the version of the customer changes.

use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use crate::support::{Answer, Api};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        tags_are_removed_by_body_by_query_and_by_path,
        a_request_without_tags_does_not_know_what_it_wants,
        names_in_paths_are_decoded_once,
        both_lists_are_the_same,
        tags_is_no_customer,
        a_tag_changes_the_body_and_not_the_version,
        a_put_passes_over_tags,
        customers_are_narrowed_by_their_tags,
        adding_and_merging_can_be_repeated_under_a_key,
        a_body_of_null_is_none,
    ]);
}

async fn customer(api: &Api, name: &str, tags: &[&str]) -> String {
    let customer = api.admin().post("/api/customers").json(&json!({ "name": name })).await.ok();
    let path = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
    api.admin().post(format!("{path}/tags")).json(&json!({ "tags": tags })).await.expect(200);
    path
}

fn names(answer: &Answer) -> Vec<String> {
    let tags = answer.json()["data"].clone();
    tags.as_array().expect("tags").iter().map(|tag| tag["name"].as_str().expect("a name").to_owned()).collect()
}

async fn tags_are_removed_by_body_by_query_and_by_path(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = customer(&api, "Lee", &["a", "b", "c", "d", "e", "f", "g", "h", "i"]).await;
    let (tags, admin) = (format!("{path}/tags"), api.admin());
    let id = admin.get(&tags).await.ok()["data"][0]["id"].as_str().expect("an id").to_owned();
    let left = admin.delete(&tags).json(&json!({ "tags": [id, "B", "none"] })).await.expect(200);
    assert_eq!(names(&left), ["c", "d", "e", "f", "g", "h", "i"]);
    let left = admin.delete(format!("{tags}?tag=c&tag=D,e")).await.expect(200);
    assert_eq!(names(&left), ["f", "g", "h", "i"]);
    let left = admin.delete(format!("{tags}?tag=f")).json(&json!({ "tags": ["g"] })).await.expect(200);
    assert_eq!(names(&left), ["h", "i"], "both");
    let left = admin.delete(format!("{tags}/H")).await.expect(200);
    assert_eq!(names(&left), ["i"]);
    let id = left.json()["data"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(names(&admin.delete(format!("{tags}/{id}")).await.expect(200)), Vec::<String>::new());
    assert_eq!(names(&admin.delete(format!("{tags}/{id}")).await.expect(200)), Vec::<String>::new());
    assert_eq!(admin.get(&path).await.ok()["tags"], json!([]));
}

async fn a_request_without_tags_does_not_know_what_it_wants(database: TestDatabase) {
    let api = Api::new(&database).await;
    let tags = format!("{}/tags", customer(&api, "Lee", &["VIP"]).await);
    let delete = |query: &str| api.admin().delete(format!("{tags}{query}"));
    delete("").await.problem_of_parameter(400, "missing_parameter", "tag");
    delete("?tag=").await.problem_of_parameter(400, "missing_parameter", "tag");
    delete("?name=VIP").await.problem_of_parameter(400, "unknown_parameter", "name");
    delete("").json(&json!({ "tag": ["VIP"] })).await.problem_at(400, "unknown_field", "/tag");
    delete("").json(&json!({ "tags": "VIP" })).await.problem_at(400, "invalid_type", "/tags");
    delete("").body("text/plain", "{\"tags\": []}").await.problem(415, "unsupported_media_type");
    delete("").body("application/json", "{\"tags\"").await.problem(400, "malformed_json");
    assert_eq!(names(&delete("").json(&json!({ "tags": [] })).await.expect(200)), ["VIP"]);
}

async fn names_in_paths_are_decoded_once(database: TestDatabase) {
    let api = Api::new(&database).await;
    let all = ["100%", "a b", "a/b", "a+b", "50%25", "Größter Kunde", "c#", "?", "..", "tags"];
    let tags = format!("{}/tags", customer(&api, "Lee", &all).await);
    let mut left: Vec<String> = names(&api.admin().get(&tags).await.expect(200));
    assert_eq!(left.len(), all.len());
    for (path, name) in [
        ("100%25", "100%"),
        ("a%20b", "a b"),
        ("a%2Fb", "a/b"),
        ("a+b", "a+b"),
        ("50%2525", "50%25"),
        ("gr%C3%B6%C3%9Fter%20kunde", "Größter Kunde"),
        ("C%23", "c#"),
        ("%3F", "?"),
        ("%2E%2E", ".."),
        ("tags", "tags"),
    ] {
        left.retain(|other| other != name);
        assert_eq!(names(&api.admin().delete(format!("{tags}/{path}")).await.expect(200)), left, "{path}");
    }
}

async fn both_lists_are_the_same(database: TestDatabase) {
    let api = Api::new(&database).await;
    customer(&api, "Lee", &["VIP", "Newsletter", "New"]).await;
    for query in ["", "?q=NEW&sort=-name", "?limit=2&count=none"] {
        let list = api.admin().get(format!("/api/tags{query}")).await.ok();
        assert_eq!(api.admin().get(format!("/api/customers/tags{query}")).await.ok(), list);
        assert!(list["data"].as_array().is_some_and(|tags| tags.len() >= 2 && tags[0]["usageCount"] == 1), "{list}");
    }
}

async fn tags_is_no_customer(database: TestDatabase) {
    let api = Api::new(&database).await;
    for method in ["DELETE", "PATCH", "PUT"] {
        let answer = api.admin().call(method, "/api/customers/tags").json(&json!({})).await;
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        answer.problem(405, "method_not_allowed");
    }
}

async fn a_tag_changes_the_body_and_not_the_version(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = customer(&api, "Lee", &[]).await;
    let before = api.admin().get(&path).await.expect(200);
    api.admin().post(format!("{path}/tags")).json(&json!({ "tags": ["VIP"] })).await.expect(200);
    let after = api.admin().get(&path).header("If-None-Match", before.etag()).await.expect(200);
    let (before_body, mut body) = (before.json(), after.json());
    assert_eq!(body["tags"][0]["name"], "VIP");
    body["tags"] = json!([]);
    assert_eq!(body, before_body);
    api.admin().get(&path).header("If-None-Match", after.etag()).await.expect(304);
    // A write that was decided upon before the tag still holds.
    api.admin().patch(&path).json(&json!({ "city": "Bonn" })).if_match(before.etag()).await.expect(200);
    let tag = format!("/api/tags/{}", after.json()["tags"][0]["id"].as_str().expect("an id"));
    let seen = api.admin().get(&tag).await.expect(200);
    customer(&api, "Other", &["vip"]).await;
    let now = api.admin().get(&tag).header("If-None-Match", seen.etag()).await.expect(200);
    assert_eq!((&now.json()["usageCount"], &now.json()["version"]), (&json!(2), &json!(1)));
    api.admin().patch(&tag).json(&json!({ "color": "#ABCDEF" })).if_match(seen.etag()).await.expect(200);
    assert_eq!(api.admin().get(&path).await.ok()["tags"][0]["color"], "#abcdef");
}

async fn a_put_passes_over_tags(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = customer(&api, "Lee", &["VIP"]).await;
    let mut body = api.admin().get(&path).await.ok();
    let before = api.records().await;
    body["tags"] = json!([]);
    let put = api.admin().put(&path).json(&body).await.ok();
    assert_eq!(put["tags"][0]["name"], "VIP");
    assert_eq!(api.records().await, before);
    api.admin().patch(&path).json(&json!({ "tags": [] })).await.problem_at(400, "unknown_field", "/tags");
    let new = json!({ "name": "New", "tags": ["VIP"] });
    api.admin().post("/api/customers").json(&new).await.problem_at(400, "unknown_field", "/tags");
}

async fn customers_are_narrowed_by_their_tags(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (name, tags) in [("Lee a", &["VIP", "New"][..]), ("Lee b", &["VIP"]), ("Lee c", &["New"]), ("Lee d", &[])] {
        customer(&api, name, tags).await;
    }
    let customers = |page: &Value, at: &str| -> Vec<String> {
        let names =
            page["data"].as_array().expect("customers").iter().map(|one| one.pointer(at).expect("a name").clone());
        let mut names: Vec<String> = names.map(|name| name.as_str().expect("a text").replace("Lee ", "")).collect();
        names.sort();
        names
    };
    for (query, expected) in [
        ("tag=vip", &["a", "b"][..]),
        ("tag=vip,new", &["a", "b", "c"]),
        ("tag=VIP&tag=new", &["a", "b", "c"]),
        ("tagAll=vip,new", &["a"]),
        ("tagAll=vip&tagAll=new", &["a"]),
        ("tag=new&tagAll=vip", &["a"]),
        ("tag=nothing", &[]),
        ("tag=", &["a", "b", "c", "d"]),
    ] {
        let list = api.admin().get(format!("/api/customers?{query}")).await.ok();
        assert_eq!(customers(&list, "/name"), expected, "{query}");
        let found = api.admin().get(format!("/api/customers/search?q=lee&{query}")).await.ok();
        assert_eq!(customers(&found, "/customer/name"), expected, "{query}");
        let export = api.admin().get(format!("/api/customers/export?format=ndjson&{query}")).await.expect(200);
        assert_eq!(export.text().lines().count(), expected.len(), "{query}");
    }
    let body = json!({ "q": "lee", "tag": ["New"], "tagAll": ["vip"] });
    let found = api.admin().post("/api/customers/search").json(&body).await.ok();
    assert_eq!(customers(&found, "/customer/name"), ["a"]);
}

/// For clients that send a body with every request.
async fn a_body_of_null_is_none(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = customer(&api, "Lee", &["New", "VIP"]).await + "/tags";
    let removed = api.admin().delete(format!("{path}?tag=vip")).json(&Value::Null).await.expect(200);
    assert_eq!(names(&removed), ["New"]);
    let nothing = || api.admin().delete(&path);
    for call in [nothing(), nothing().json(&Value::Null)] {
        call.await.problem_of_parameter(400, "missing_parameter", "tag");
    }
    nothing().json(&json!([])).await.problem_at(400, "invalid_type", "");
    assert_eq!(names(&api.admin().get(&path).await), ["New"]);
}

async fn adding_and_merging_can_be_repeated_under_a_key(database: TestDatabase) {
    let api = Api::new(&database).await;
    let path = customer(&api, "Lee", &["V.I.P.", "VIP"]).await;
    let add = |tags: Value| api.admin().post(format!("{path}/tags")).json(&json!({ "tags": tags })).once("add");
    let first = add(json!(["New"])).await.expect(200);
    api.admin().delete(format!("{path}/tags/new")).await.expect(200);
    let again = add(json!(["New"])).await.expect(200);
    assert_eq!((again.text(), again.header("idempotency-replayed")), (first.text(), Some("true")));
    assert_eq!(names(&api.admin().get(format!("{path}/tags")).await), ["V.I.P.", "VIP"], "it was not added again");
    add(json!(["Other"])).await.problem(422, "idempotency_key_reused");

    let tags = api.admin().get(format!("{path}/tags")).await.ok();
    let id = |n: usize| tags["data"][n]["id"].as_str().expect("an id");
    let merge = || {
        let call = api.admin().post(format!("/api/tags/{}/merge", id(0))).json(&json!({ "into": id(1) }));
        call.if_match("\"1-00\"").once("merge")
    };
    let (first, again) = (merge().await.expect(200), merge().await.expect(200));
    assert_eq!((first.text(), first.etag()), (again.text(), again.etag()));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.json()["usageCount"], 1);
}
