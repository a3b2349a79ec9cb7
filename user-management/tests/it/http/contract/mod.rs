//! Answers against the OpenAPI document.

mod document;
// The same rules as for the CRM's document; it asks its parent for the document.
#[path = "../../../../../crm-http/tests/it/support/schema.rs"]
#[allow(dead_code, reason = "the CRM's tests use all of it")]
mod schema;

use serde_json::Value;

pub use document::{Operation, document};
use schema::{faults_of, undeclared};

use super::support::Answer;

/// Headers with a defined meaning: an answer that has one must document it.
const MEANINGFUL: [&str; 4] = ["etag", "location", "retry-after", "www-authenticate"];
/// Headers of some answers only.
const OCCASIONAL: [&str; 2] = ["ratelimit", "ratelimit-policy"];
/// Headers that every answer has.
const HARDENING: [&str; 4] =
    ["x-content-type-options", "x-frame-options", "referrer-policy", "content-security-policy"];

/// What the document gets wrong about an answer.
pub fn faults(method: &str, path: &str, answer: &Answer) -> Vec<String> {
    let mut faults = Vec::new();
    let path = path.split('?').next().unwrap_or_default();
    of_every(answer, &mut faults);
    match document().find(method, path) {
        Some(operation) => of_answer(operation, method, answer, &mut faults),
        None if answer.status < 400 => faults.push(format!("{method} {path} is not in the document")),
        None => {}
    }
    faults
}

fn of_every(answer: &Answer, faults: &mut Vec<String>) {
    let missing = HARDENING.into_iter().filter(|name| !answer.headers.contains_key(*name));
    faults.extend(missing.map(|name| format!("there is no {name}")));
    if answer.content_type() != "application/problem+json" || answer.body.is_empty() {
        return;
    }
    let problem = answer.json();
    if problem["requestId"].as_str() != answer.header("x-request-id") {
        faults.push("the problem has another requestId than the X-Request-Id".to_owned());
    }
    if problem["status"] != answer.status {
        faults.push("the problem has another status than the answer".to_owned());
    }
}

fn of_answer(operation: &Operation, method: &str, answer: &Answer, faults: &mut Vec<String>) {
    let what = format!("{} {}", operation.id, answer.status);
    let Some(response) = operation.response(&answer.status.to_string()) else {
        return faults.push(format!("{what} is not declared"));
    };
    let declared: Vec<&String> = response["headers"].as_object().into_iter().flat_map(|all| all.keys()).collect();
    let is_declared = |name: &str| declared.iter().any(|known| known.eq_ignore_ascii_case(name));
    for name in MEANINGFUL.into_iter().filter(|name| answer.headers.contains_key(*name) && !is_declared(name)) {
        faults.push(format!("{what} declares no header {name}"));
    }
    let required = declared.iter().filter(|name| !OCCASIONAL.contains(&name.to_lowercase().as_str()));
    for name in required.filter(|name| !answer.headers.contains_key(name.as_str())) {
        faults.push(format!("{what} declares the header {name}, which is not there"));
    }
    if method == "HEAD" {
        return;
    }
    let Some(content) = response["content"].as_object().filter(|content| !content.is_empty()) else {
        if !answer.body.is_empty() {
            faults.push(format!("{what} declares no body, but there is one"));
        }
        return;
    };
    match content.get(answer.content_type()) {
        Some(media) if answer.content_type().ends_with("json") => of_body(&media["schema"], answer, faults),
        Some(_) => {}
        None => faults.push(format!("{what} declares {:?}", content.keys().collect::<Vec<_>>())),
    }
}

fn of_body(schema: &Value, answer: &Answer, faults: &mut Vec<String>) {
    match serde_json::from_slice(&answer.body) {
        Ok(body) => {
            faults.extend(faults_of(schema, &body));
            faults.extend(undeclared(schema, &body).into_iter().map(|at| format!("{at} is not in the document")));
        }
        Err(error) => faults.push(format!("the body is no JSON: {error}")),
    }
}
