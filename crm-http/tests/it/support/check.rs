//! Checks requests and answers against the document.

use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::document::{Operation, document};
use super::schema::{faults_of, resolved, undeclared};

/// Headers with a defined meaning: an answer that has one must document it.
const MEANINGFUL: [&str; 6] =
    ["etag", "location", "retry-after", "www-authenticate", "idempotency-replayed", "content-disposition"];
/// Headers of some answers only.
const OCCASIONAL: [&str; 3] = ["idempotency-replayed", "ratelimit", "ratelimit-policy"];
/// Headers that every answer of the whole service has.
const HARDENING: [&str; 4] =
    ["x-content-type-options", "x-frame-options", "referrer-policy", "content-security-policy"];
/// Faults of a request's shape: the document must see them too, or a client that trusts it runs into them.
const FAULTS_OF_SHAPE: [&str; 3] = ["unknown_field", "missing_field", "invalid_type"];

/// What the document gets wrong about a request and its answer.
pub fn exchange(call: &Call, answer: &Answer) -> Result<(), Vec<String>> {
    let path = call.path.split('?').next().unwrap_or_default();
    let mut faults = Vec::new();
    match document().find(call.method, path) {
        Some(operation) => {
            of_answer(operation, call, answer, &mut faults);
            of_request(operation, call, answer, &mut faults);
        }
        None if call.undocumented.is_some() => {}
        None => of_nothing(call, path, answer, &mut faults),
    }
    let is_preflight = call.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("access-control-request-method"));
    if !is_preflight {
        of_every(path, answer, &mut faults);
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// What holds for every answer, documented or not.
fn of_every(path: &str, answer: &Answer, faults: &mut Vec<String>) {
    // A host that mounts the routes elsewhere has headers of its own.
    if ["/api/", "/health", "/metrics", "/docs"].iter().any(|start| path.starts_with(start)) {
        let missing = HARDENING.into_iter().filter(|name| !answer.headers.contains_key(*name));
        faults.extend(missing.map(|name| format!("there is no {name}")));
    }
    if !path.contains("/api/") {
        return;
    }
    let id = answer.header("x-request-id");
    if id.is_none() {
        faults.push("there is no X-Request-Id".to_owned());
    }
    if answer.content_type() == "application/problem+json" && !answer.body.is_empty() {
        let problem = answer.json();
        if problem["requestId"].as_str() != id {
            faults.push("the problem has another requestId than the X-Request-Id".to_owned());
        }
        if problem["status"] != answer.status {
            faults.push("the problem has another status than the answer".to_owned());
        }
        if problem["type"] != format!("urn:problem-type:crm:{}", problem["code"].as_str().unwrap_or_default()) {
            faults.push("the problem's type is not made of its code".to_owned());
        }
    }
}

/// Of a request that is not in the document, only a refusal makes sense.
fn of_nothing(call: &Call, path: &str, answer: &Answer, faults: &mut Vec<String>) {
    if call.method == "OPTIONS" && answer.status < 300 {
        return;
    }
    let expected: &[u16] = if document().template(path).is_some() { &[401, 405] } else { &[401, 404] };
    if !expected.contains(&answer.status) {
        faults.push(format!("{} {path} is not in the document, and is answered {}", call.method, answer.status));
        return;
    }
    if call.method != "HEAD" {
        let problem = json!({ "$ref": "#/components/schemas/Problem" });
        of_body(&problem, answer, faults);
    }
}

fn of_answer(operation: &Operation, call: &Call, answer: &Answer, faults: &mut Vec<String>) {
    let Some(response) = operation.response(&answer.status.to_string()) else {
        faults.push(format!("{} declares no {}", operation.id, answer.status));
        return;
    };
    for name in MEANINGFUL.into_iter().filter(|name| answer.headers.contains_key(*name)) {
        if !declared_headers(response).any(|declared| declared.eq_ignore_ascii_case(name)) {
            faults.push(format!("{} {} declares no header {name}", operation.id, answer.status));
        }
    }
    for name in declared_headers(response) {
        // A customer with deals has no version that stands for all of it.
        let has_deals = operation.id == "getCustomer" && call.path.contains("includeDeals=true");
        let occasional = OCCASIONAL.contains(&name.to_ascii_lowercase().as_str()) || has_deals && name == "ETag";
        if !occasional && !answer.headers.contains_key(name) {
            faults.push(format!("{} {} declares the header {name}, which is not there", operation.id, answer.status));
        }
    }
    if call.method == "HEAD" {
        return;
    }
    let content = response["content"].as_object().filter(|content| !content.is_empty());
    let Some(content) = content else {
        if !answer.body.is_empty() {
            faults.push(format!("{} {} declares no body, but there is one", operation.id, answer.status));
        }
        return;
    };
    match content.get(answer.content_type()) {
        Some(media) if is_json(answer.content_type()) => of_body(&media["schema"], answer, faults),
        Some(_) => {}
        None => {
            let declared: Vec<&String> = content.keys().collect();
            faults.push(format!("{} {} declares {declared:?}", operation.id, answer.status));
        }
    }
}

/// JSON as a whole; lines of it are something else.
fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

fn declared_headers(response: &Value) -> impl Iterator<Item = &str> {
    response["headers"].as_object().into_iter().flat_map(|headers| headers.keys().map(String::as_str))
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

fn of_request(operation: &Operation, call: &Call, answer: &Answer, faults: &mut Vec<String>) {
    let accepted = answer.status < 400;
    if accepted && call.undocumented.is_none() {
        of_query(operation, call, faults);
    }
    let (Some(content), Some(body)) = (operation.body(), &call.body) else {
        return;
    };
    let media = content.iter().find(|(name, _)| is_json(name)).map(|(_, media)| &media["schema"]);
    let (Some(schema), Ok(body)) = (media, serde_json::from_slice::<Value>(body)) else {
        return;
    };
    let found = faults_of(schema, &body);
    if accepted && call.undocumented.is_none() {
        faults.extend(found.into_iter().map(|fault| format!("the body is accepted, though {fault}")));
    } else if answer.status == 400 && found.is_empty() {
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        if FAULTS_OF_SHAPE.contains(&code.as_str()) && call.undocumented.is_none() {
            faults.push(format!("the body is refused with {code}, but the document allows it"));
        }
    }
}

fn of_query(operation: &Operation, call: &Call, faults: &mut Vec<String>) {
    let query = call.path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match operation.parameters("query").find(|parameter| parameter["name"] == *name) {
            Some(parameter) if !is_valid(&parameter["schema"], &value) => {
                faults.push(format!("the parameter {name}={value} is accepted, but does not fit its schema"));
            }
            Some(_) => {}
            None => faults.push(format!("the parameter {name} is accepted, but not in the document")),
        }
    }
}

/// Whether a schema takes the text of a parameter, as whatever it can stand for.
fn is_valid(schema: &Value, text: &str) -> bool {
    let split: Vec<&str> = text.split(',').collect();
    let readings = [Some(json!(text)), serde_json::from_str(text).ok(), Some(json!(split))];
    readings.into_iter().flatten().any(|value| faults_of(resolved(schema), &value).is_empty())
}
