//! Adding, reading, replacing and changing.

use serde_json::{Value, json};
use testkit::Suite;

use super::{Made, Resource, of_resource};

pub fn register(suite: &mut Suite, resource: &'static Resource) {
    of_resource!(
        suite,
        resource,
        [
            what_is_added_can_be_read_and_listed,
            a_record_keeps_every_field_it_is_given,
            what_is_taken_cannot_be_taken_twice,
            a_head_is_a_get_without_a_body,
            another_company_finds_nothing,
        ]
    );
    if resource.can("PUT", "") {
        of_resource!(
            suite,
            resource,
            [
                a_put_of_what_was_read_changes_nothing,
                a_put_replaces_every_field,
                a_put_with_a_missing_field_is_refused_and_names_it,
                a_put_with_nulls_clears,
            ]
        );
    }
    if resource.can("PATCH", "") {
        of_resource!(
            suite,
            resource,
            [
                a_patch_leaves_sets_and_clears,
                a_patch_that_changes_nothing_writes_nothing,
                a_merge_patch_may_say_that_it_is_one,
            ]
        );
    }
}

async fn what_is_added_can_be_read_and_listed(made: Made) {
    let added = made.add(&(made.resource.new)(1)).await;
    let record = added.json();
    assert_eq!(added.header("location"), Some(&*made.path(&record)), "the place: {added}");
    assert_eq!(record["version"], 1);
    assert_eq!(record["createdAt"], record["updatedAt"]);
    let read = made.api.admin().get(made.path(&record)).await.expect(200);
    assert_eq!(read.json(), record, "what is read is what was added");
    assert_eq!(read.etag(), added.etag());
    let list = made.api.admin().get(&made.list).await.ok();
    assert_eq!(list["data"], json!([record]), "what is listed is what was added");
    assert_eq!(list["pagination"]["total"], 1);
}

async fn a_record_keeps_every_field_it_is_given(made: Made) {
    for body in (made.resource.full)() {
        let (record, given) = (made.add(&body).await.json(), body.as_object().expect("an object"));
        for (name, value) in given {
            assert_eq!(&record[name], value, "{name} of {record}");
        }
        assert_eq!(made.api.admin().get(made.path(&record)).await.ok(), record);
    }
}

async fn what_is_taken_cannot_be_taken_twice(made: Made) {
    let Some(unique) = made.resource.unique else {
        return;
    };
    let (body, code, pointer) = unique();
    let admin = made.api.admin();
    made.add(&body).await;
    admin.post(&made.list).json(&made.posted(&body)).await.problem_at(409, code, pointer);
    let other = made.fresh().await;
    if made.resource.can("PATCH", "") {
        let patched = admin.patch(&other).json(&body).await;
        match patched.status {
            // What is given once cannot be taken later.
            422 => assert_eq!(patched.violations(), [(pointer.to_owned(), "immutable".to_owned())]),
            _ => drop(patched.problem_at(409, code, pointer)),
        }
    }
    // Uniqueness ends at the company.
    let elsewhere = Made::in_company(made.api.other_company(), made.resource).await;
    elsewhere.add(&body).await;
}

async fn a_head_is_a_get_without_a_body(made: Made) {
    let path = made.fresh().await;
    for path in [path, made.list.clone()] {
        let get = made.api.admin().get(&path).await.expect(200);
        let head = made.api.admin().call("HEAD", &path).await.expect(200);
        assert_eq!(head.header("etag"), get.header("etag"));
        assert_eq!(head.content_type(), get.content_type());
    }
    made.api.admin().call("HEAD", made.missing()).await.expect(404);
}

async fn another_company_finds_nothing(made: Made) {
    let record = made.new(1).await;
    let path = made.path(&record);
    let stranger = made.api.other_company();
    let list = stranger.admin().get(&made.list).await;
    match made.resource.list == made.list {
        true => assert_eq!(list.ok()["data"], json!([])),
        // Its parent is not found by a user of another company either.
        false => drop(list.problem(404, "not_found")),
    }
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let call = stranger.admin().call(method, &path);
        let call = match method {
            "PUT" => call.json(&(made.resource.full)()[0]),
            "PATCH" => call.json(&json!({})),
            _ => call,
        };
        if made.resource.can(method, "") {
            call.await.problem(404, "not_found");
        }
    }
    assert_eq!(made.api.admin().get(&path).await.ok(), record, "nothing has happened to it");
}

async fn a_put_of_what_was_read_changes_nothing(made: Made) {
    let (path, record) = made.filled().await;
    let before = made.api.records().await;
    let put = made.api.admin().put(&path).json(&record).await.expect(200);
    assert_eq!(put.json(), record);
    assert_eq!(put.etag(), made.api.admin().get(&path).await.etag());
    assert_eq!(made.api.records().await, before, "nothing is written");
}

async fn a_put_replaces_every_field(made: Made) {
    let (path, before) = made.filled().await;
    let body = (made.resource.full)()[1].clone();
    let after = made.api.admin().put(&path).json(&body).await.ok();
    for (name, value) in body.as_object().expect("an object") {
        assert_eq!(&after[name], value, "{name} of {after}");
    }
    assert_eq!((&after["id"], &after["createdAt"]), (&before["id"], &before["createdAt"]));
    assert_eq!(after["version"], 2);
    assert_eq!(made.api.admin().get(&path).await.ok(), after);
}

async fn a_put_with_a_missing_field_is_refused_and_names_it(made: Made) {
    let (path, record) = made.filled().await;
    let body = (made.resource.full)()[1].clone();
    for name in body.as_object().expect("an object").keys() {
        let mut partial = body.clone();
        partial.as_object_mut().expect("an object").remove(name);
        let answer = made.api.admin().put(&path).json(&partial).await;
        answer.problem_at(400, "missing_field", &format!("/{name}"));
    }
    assert_eq!(made.api.admin().get(&path).await.ok(), record, "nothing is wiped");
}

async fn a_put_with_nulls_clears(made: Made) {
    let (path, _) = made.filled().await;
    let mut body = (made.resource.full)()[0].clone();
    body[made.resource.optional] = Value::Null;
    let after = made.api.admin().put(&path).json(&body).await.ok();
    assert_eq!(after[made.resource.optional], Value::Null);
    body[made.resource.optional] = json!("");
    let again = made.api.admin().put(&path).json(&body).await.ok();
    assert_eq!(again[made.resource.optional], Value::Null, "an empty text is no text");
    assert_eq!(again["version"], after["version"]);
}

async fn a_patch_leaves_sets_and_clears(made: Made) {
    let (path, before) = made.filled().await;
    let (admin, field) = (made.api.admin(), made.resource.optional);
    let set = admin.patch(&path).json(&json!({ field: "Changed  " })).await.ok();
    assert_eq!(set[field], "Changed", "set, and trimmed");
    let cleared = admin.patch(&path).json(&json!({ field: null })).await.ok();
    assert_eq!(cleared[field], Value::Null, "cleared");
    for (name, value) in before.as_object().expect("an object") {
        // What a language model has made follows the texts, where one is switched on.
        if ![field, "version", "updatedAt", "ai"].contains(&name.as_str()) {
            assert_eq!(&cleared[name], value, "{name} is left alone");
        }
    }
    assert_eq!(cleared["version"], 3);
    assert!(cleared["updatedAt"].as_str() > before["updatedAt"].as_str());
}

async fn a_patch_that_changes_nothing_writes_nothing(made: Made) {
    let (path, before) = made.filled().await;
    let records = made.api.records().await;
    let same = json!({ made.resource.optional: before[made.resource.optional] });
    for body in [json!({}), same] {
        assert_eq!(made.api.admin().patch(&path).json(&body).await.ok(), before);
    }
    assert_eq!(made.api.records().await, records);
}

async fn a_merge_patch_may_say_that_it_is_one(made: Made) {
    let path = made.fresh().await;
    let body = json!({ made.resource.optional: "x" }).to_string();
    for content_type in ["application/merge-patch+json", "application/json; charset=utf-8", "Application/JSON"] {
        made.api.admin().patch(&path).body(content_type, body.clone()).await.expect(200);
    }
}
