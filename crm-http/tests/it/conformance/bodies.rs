//! Malformed bodies, and bodies that violate rules.

use serde_json::{Value, json};
use testkit::Suite;

use super::{Made, Resource, of_resource};
use crate::support::Call;

pub fn register(suite: &mut Suite, resource: &'static Resource) {
    of_resource!(
        suite,
        resource,
        [
            all_rules_that_are_broken_are_told_at_once,
            an_unknown_field_is_refused_and_named,
            a_value_of_the_wrong_type_is_refused_and_named,
            a_body_that_is_no_json_is_refused,
            a_body_that_is_no_object_is_refused,
            a_body_of_another_type_is_refused,
            a_body_that_is_too_large_is_refused,
        ]
    );
}

/// The writes that take a body: adding, replacing, changing.
async fn writes(made: &Made) -> Vec<Call> {
    let (path, admin) = (made.fresh().await, made.api.admin());
    let all = [("POST", &made.list), ("PUT", &path), ("PATCH", &path)];
    all.into_iter()
        .filter(|(method, _)| made.resource.can(method, ""))
        .map(|(method, path)| admin.call(method, path))
        .collect()
}

/// A body with some members, as this write takes it: a PUT takes all fields.
fn body(made: &Made, call: &Call, members: &Value) -> Value {
    let mut body = match call.method {
        "PUT" => (made.resource.full)()[0].clone(),
        "POST" => made.body(9),
        _ => json!({}),
    };
    for (name, value) in members.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

async fn all_rules_that_are_broken_are_told_at_once(made: Made) {
    let (members, faults) = (made.resource.invalid)();
    let faults: Vec<_> = faults.into_iter().map(|(pointer, code)| (pointer.to_owned(), code.to_owned())).collect();
    let writes = writes(&made).await;
    let before = made.api.records().await;
    for call in writes {
        let body = body(&made, &call, &members);
        let (method, answer) = (call.method, call.json(&body).await);
        assert_eq!(answer.violations(), faults, "{method}");
    }
    assert_eq!(made.api.records().await, before, "nothing is written");
}

async fn an_unknown_field_is_refused_and_named(made: Made) {
    for call in writes(&made).await {
        let body = body(&made, &call, &json!({ "nmae": "Ann" }));
        call.json(&body).await.problem_at(400, "unknown_field", "/nmae");
    }
}

async fn a_value_of_the_wrong_type_is_refused_and_named(made: Made) {
    for call in writes(&made).await {
        for (pointer, members) in (made.resource.mistyped)() {
            let body = body(&made, &call, &members);
            call.clone().json(&body).await.problem_at(400, "invalid_type", pointer);
        }
    }
}

async fn a_body_that_is_no_json_is_refused(made: Made) {
    for call in writes(&made).await {
        let unfinished = format!("{{\"{}\": \"\u{fffd}", made.resource.optional);
        let twice = format!("{} {{}}", body(&made, &call, &json!({})));
        for body in ["", "{", &twice, "{'name': 'Ann'}", "name=Ann", &unfinished] {
            call.clone().body("application/json", body.to_owned()).await.problem(400, "malformed_json");
        }
        let broken = [b"{\"", made.resource.optional.as_bytes(), b"\": \"\xff\xfe\"}"].concat();
        call.clone().body("application/json", broken).await.problem(400, "malformed_json");
        let deep = "[".repeat(100_000);
        call.body("application/json", format!("{{\"metadata\": {deep}")).await.expect(400);
    }
}

async fn a_body_that_is_no_object_is_refused(made: Made) {
    for call in writes(&made).await {
        for body in ["[]", "null", "1", "\"name\"", "true"] {
            call.clone().body("application/json", body).await.problem_at(400, "invalid_type", "");
        }
    }
}

async fn a_body_of_another_type_is_refused(made: Made) {
    for call in writes(&made).await {
        let text = body(&made, &call, &json!({})).to_string();
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
            call.clone().body(content_type, text.clone()).await.problem(415, "unsupported_media_type");
        }
        let without = call.clone().body("", text.clone()).without_header("Content-Type").await;
        without.problem(415, "unsupported_media_type");
        let encoded = call.body("application/json", text).header("Content-Encoding", "gzip").await;
        encoded.problem(415, "unsupported_media_type");
    }
}

async fn a_body_that_is_too_large_is_refused(made: Made) {
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1024 * 1024));
    for call in writes(&made).await {
        call.clone().body("application/json", large.clone()).await.problem(413, "payload_too_large");
        // Who announces little may send no more.
        let lied = call.clone().body("application/json", large.clone()).header("Content-Length", "2");
        lied.await.problem(413, "payload_too_large");
        // Who announces too much need not send it.
        let announced = call.body("application/json", "{}").header("Content-Length", "2000000");
        announced.await.problem(413, "payload_too_large");
    }
}
