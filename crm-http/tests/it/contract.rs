//! The contract is up to date and complete, and its examples are valid. All other tests check answers against it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};
use testkit::Suite;

use crate::support::{Operation, document, examples, faults_of, resolved, undeclared};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [
        the_committed_document_is_fresh,
        every_operation_explains_itself,
        every_operation_names_its_refusals,
        every_operation_has_examples,
        every_example_holds,
        every_parameter_and_property_is_described,
        every_component_is_used,
        every_tag_is_described_and_used,
        every_operation_but_few_needs_a_token,
        the_document_names_no_host,
        all_that_was_commissioned_is_there,
    ]);
}

/// All faults at once: one line each.
fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n  - {}", faults.len(), faults.join("\n  - "));
}

fn the_committed_document_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/crm.json");
    let generated = crm_http::openapi().to_pretty_json().expect("a document") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("the directory can be made");
        std::fs::write(&path, &generated).expect("the document can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let line = committed.lines().zip(generated.lines()).position(|(one, other)| one != other);
    assert!(
        committed == generated,
        "openapi/crm.json is stale from line {} on; BLESS=1 cargo test -p crm-http --test it contract rewrites it",
        line.map_or(committed.lines().count(), |line| line) + 1
    );
}

fn every_operation_explains_itself() {
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for operation in &document().operations {
        let Operation { id, method, path, node } = operation;
        let mut fault = |what: &str| faults.push(format!("{method} {path} ({id}): {what}"));
        if !id.starts_with(|letter: char| letter.is_ascii_lowercase()) || !id.chars().all(char::is_alphanumeric) {
            fault("its operationId is not written in camelCase");
        }
        if !ids.insert(id) {
            fault("its operationId is another's too");
        }
        if node["tags"].as_array().is_none_or(|tags| tags.len() != 1) {
            fault("it has not exactly one tag");
        }
        let summary = text(node, "summary");
        if summary.is_empty() || summary.ends_with('.') || summary.len() > 60 {
            fault("its summary is not a short phrase");
        }
        let description = text(node, "description");
        if description.is_empty() || description == summary {
            fault("it has no description");
        }
        for (status, response) in node["responses"].as_object().expect("responses") {
            if text(resolved(response), "description").is_empty() {
                fault(&format!("its {status} has no description"));
            }
        }
        let declared: BTreeSet<&str> = operation.parameters("path").filter_map(|one| one["name"].as_str()).collect();
        let named: BTreeSet<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        if declared != named {
            fault("its path parameters are not those of its path");
        }
    }
    report(&faults);
}

fn text<'n>(node: &'n Value, name: &str) -> &'n str {
    node[name].as_str().unwrap_or_default().trim()
}

/// What they write has no version: a set, of which the order of requests makes no difference, a file of one user that a
/// job works on, an address or a hold that there is or is not, and rates and quotas, of which each is set by itself.
const UNVERSIONED: [&str; 10] = [
    "removeCustomerTags",
    "removeCustomerTag",
    "removeLeadTags",
    "removeLeadTag",
    "createImport",
    "deleteImport",
    "deleteCalendarFeed",
    "setCurrencyRates",
    "setQuotas",
    "setLegalHold",
];

fn every_operation_names_its_refusals() {
    let mut faults = Vec::new();
    for operation in &document().operations {
        let Operation { id, method, path, .. } = operation;
        let declared: BTreeSet<u16> = operation.statuses().collect();
        let mut expect = |statuses: &[u16], why: &str| {
            let missing: Vec<_> = statuses.iter().filter(|status| !declared.contains(status)).collect();
            if !missing.is_empty() {
                faults.push(format!("{method} {path} ({id}) {why}, but does not declare {missing:?}"));
            }
        };
        if !operation.is_public() {
            expect(&[401, 403, 429, 500, 503], "needs a caller");
        }
        if path.contains('{') {
            expect(&[404], "names a record");
        }
        if operation.parameters("query").next().is_some() {
            expect(&[400], "takes parameters");
        }
        if operation.takes("header", "If-Match") {
            expect(&[400, 404, 412], "takes If-Match");
        }
        if operation.takes("header", "If-None-Match") {
            expect(&[304], "takes If-None-Match");
        }
        if operation.takes("header", "Idempotency-Key") {
            expect(&[400, 409, 422], "takes an Idempotency-Key");
        }
        if operation.body().is_some() {
            expect(&[400, 408, 413, 415], "takes a body");
        }
        if operation.body().is_some() && ["PUT", "PATCH"].contains(method) {
            expect(&[409, 422], "writes what it is given");
        }
        let tagged = |status: &str| operation.response(status).is_some_and(|one| one["headers"].get("ETag").is_some());
        if *method == "GET" && tagged("200") && !operation.takes("header", "If-None-Match") {
            faults.push(format!("{method} {path} ({id}) gives an ETag, but does not take If-None-Match"));
        }
        let writes = ["PUT", "PATCH", "DELETE"].contains(method) && !UNVERSIONED.contains(&id.as_str());
        if writes && !operation.takes("header", "If-Match") {
            faults.push(format!("{method} {path} ({id}) writes, but does not take If-Match"));
        }
        if let Some(created) = operation.response("201")
            && (created["headers"].get("Location").is_none()
                || (created["headers"].get("ETag").is_none() && !UNVERSIONED.contains(&id.as_str())))
        {
            faults.push(format!("{method} {path} ({id}) adds a record, but declares no Location or no ETag"));
        }
    }
    report(&faults);
}

/// Media types with their schemas and what they belong to: of requests and answers.
fn media() -> Vec<(String, &'static str, &'static Value)> {
    let mut all = Vec::new();
    for operation in &document().operations {
        for (name, media) in operation.body().into_iter().flatten() {
            all.push((format!("the body of {}", operation.id), name.as_str(), media));
        }
        for status in operation.statuses() {
            let response = operation.response(&status.to_string()).expect("a response");
            for (name, media) in response["content"].as_object().into_iter().flatten() {
                all.push((format!("the {status} of {}", operation.id), name.as_str(), media));
            }
        }
    }
    all
}

fn every_operation_has_examples() {
    let missing: Vec<String> = media()
        .into_iter()
        // A file is chosen, not typed.
        .filter(|(_, name, _)| *name != "multipart/form-data")
        .filter(|(_, _, media)| examples(media).is_empty())
        .map(|(what, name, _)| format!("{what} ({name}) has no example"))
        .collect();
    report(&missing);
}

fn every_example_holds() {
    let mut faults = Vec::new();
    let mut check = |what: &str, schema: &Value, example: &Value| {
        faults.extend(faults_of(schema, example).into_iter().map(|fault| format!("{what}: {fault}")));
        faults.extend(undeclared(schema, example).into_iter().map(|at| format!("{what}: {at} is not in the schema")));
    };
    for (what, name, media) in
        media().into_iter().filter(|(_, name, _)| *name == "application/json" || name.ends_with("+json"))
    {
        for example in examples(media) {
            check(&format!("the example of {what} ({name})"), &media["schema"], &example);
        }
    }
    for (what, schema) in schemas() {
        let more = schema["examples"].as_array().into_iter().flatten();
        let values = ["example", "default"].into_iter().filter_map(|word| schema.get(word));
        for example in values.chain(more) {
            check(&format!("the example of {what}"), schema, example);
        }
    }
    for operation in &document().operations {
        for parameter in operation.node["parameters"].as_array().into_iter().flatten().map(resolved) {
            if let Some(example) = parameter.get("example") {
                check(
                    &format!("the example of {} of {}", parameter["name"], operation.id),
                    &parameter["schema"],
                    example,
                );
            }
        }
    }
    report(&faults);
}

/// All schemas there are, those inside of others too, by where they stand.
fn schemas() -> Vec<(String, &'static Value)> {
    let mut all = Vec::new();
    for (name, schema) in document().root["components"]["schemas"].as_object().expect("schemas") {
        inner_schemas(name, schema, &mut all);
    }
    for (what, name, media) in media() {
        inner_schemas(&format!("{what} ({name})"), &media["schema"], &mut all);
    }
    for operation in &document().operations {
        for parameter in operation.node["parameters"].as_array().into_iter().flatten().map(resolved) {
            let what = format!("the parameter {} of {}", text(parameter, "name"), operation.id);
            inner_schemas(&what, &parameter["schema"], &mut all);
        }
    }
    all
}

fn inner_schemas(what: &str, schema: &'static Value, into: &mut Vec<(String, &'static Value)>) {
    into.push((what.to_owned(), schema));
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        inner_schemas(&format!("{what}/{name}"), property, into);
    }
    for word in ["items", "additionalProperties", "not"] {
        if let Some(inner) = schema.get(word).filter(|inner| inner.is_object()) {
            inner_schemas(&format!("{what}/{word}"), inner, into);
        }
    }
    for word in ["allOf", "oneOf", "anyOf"] {
        for inner in schema[word].as_array().into_iter().flatten() {
            inner_schemas(&format!("{what}/{word}"), inner, into);
        }
    }
}

fn every_parameter_and_property_is_described() {
    let mut faults = Vec::new();
    for operation in &document().operations {
        for parameter in operation.node["parameters"].as_array().into_iter().flatten().map(resolved) {
            if text(parameter, "description").is_empty() {
                faults.push(format!("the parameter {} of {}", text(parameter, "name"), operation.id));
            }
        }
        if operation.body().is_some() && text(&operation.node["requestBody"], "description").is_empty() {
            faults.push(format!("the body of {}", operation.id));
        }
        for status in operation.statuses() {
            let response = operation.response(&status.to_string()).expect("a response");
            for (name, header) in response["headers"].as_object().into_iter().flatten() {
                if text(resolved(header), "description").is_empty() {
                    faults.push(format!("the header {name} of the {status} of {}", operation.id));
                }
            }
        }
    }
    for (name, schema) in document().root["components"]["schemas"].as_object().expect("schemas") {
        if !is_described(schema) {
            faults.push(format!("the schema {name}"));
        }
    }
    for (what, schema) in schemas() {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if !is_described(property) {
                faults.push(format!("the property {what}/{name}"));
            }
        }
    }
    faults.sort_unstable();
    faults.dedup();
    report(&faults);
}

/// By itself, by what it refers to, or by what it is composed of.
fn is_described(schema: &Value) -> bool {
    let composed =
        || ["allOf", "oneOf", "anyOf"].iter().flat_map(|word| schema[*word].as_array().into_iter().flatten());
    !text(schema, "description").is_empty()
        || schema.get("$ref").is_some_and(|_| is_described(resolved(schema)))
        || composed().any(is_described)
}

fn every_component_is_used() {
    let root = &document().root;
    let mut used = BTreeSet::new();
    references(&root["paths"], &mut used);
    loop {
        let mut more = used.clone();
        used.iter()
            .for_each(|reference| references(root.pointer(&reference[1..]).expect("no dangling reference"), &mut more));
        if more == used {
            break;
        }
        used = more;
    }
    let mut unused = Vec::new();
    for (kind, components) in root["components"].as_object().expect("components") {
        for name in components.as_object().into_iter().flat_map(Map::keys) {
            let named = kind == "securitySchemes" && root["security"].to_string().contains(&format!("\"{name}\""));
            if !named && !used.contains(&format!("#/components/{kind}/{name}")) {
                unused.push(format!("{kind}/{name} is used nowhere"));
            }
        }
    }
    report(&unused);
}

fn references(node: &Value, into: &mut BTreeSet<String>) {
    match node {
        Value::Object(members) => {
            into.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|inner| references(inner, into));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, into)),
        _ => {}
    }
}

fn every_tag_is_described_and_used() {
    let root = &document().root;
    let used: BTreeSet<&str> = document().operations.iter().filter_map(|one| one.node["tags"][0].as_str()).collect();
    let tags = root["tags"].as_array().expect("tags");
    let declared: BTreeSet<&str> = tags.iter().map(|tag| text(tag, "name")).collect();
    assert_eq!(declared, used, "the tags that are declared, and those that operations have");
    assert!(tags.iter().all(|tag| !text(tag, "description").is_empty()), "every tag has a description");
}

fn every_operation_but_few_needs_a_token() {
    assert_eq!(document().root["security"], json!([{ "bearerAuth": [] }]));
    let mut faults = Vec::new();
    for Operation { id, path, node, .. } in &document().operations {
        let expected = match path.as_str() {
            "/health/detailed" => None,
            path if path.starts_with("/health") || path == "/metrics" => Some(json!([{}])),
            // The address is the secret.
            "/calendar/{secret}.ics" => Some(json!([{}])),
            // A form stands on a public page.
            path if path.starts_with("/api/capture/") => Some(json!([{}])),
            _ => None,
        };
        if node.get("security") != expected.as_ref() {
            faults.push(format!("{id}: its security is {:?}", node.get("security")));
        }
    }
    report(&faults);
}

fn the_document_names_no_host() {
    let mut faults = Vec::new();
    for server in document().root["servers"].as_array().expect("servers") {
        if !text(server, "url").starts_with('/') {
            faults.push(format!("the server {server} is no path"));
        }
    }
    let text = document().root.to_string();
    for word in ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"] {
        if text.contains(word) {
            faults.push(format!("it says {word}"));
        }
    }
    for (at, _) in text.match_indices("://") {
        let host: String =
            text[at + 3..].chars().take_while(|one| one.is_alphanumeric() || ".-".contains(*one)).collect();
        // RFC 2606: names for documentation.
        if !host.is_empty() && ![".example", "example.com", "example.org"].iter().any(|end| host.ends_with(end)) {
            faults.push(format!("it names the host {host}"));
        }
    }
    report(&faults);
}

/// The routes that the module was commissioned with.
fn all_that_was_commissioned_is_there() {
    const COMMISSIONED: [(&str, &str); 26] = [
        ("GET", "/api/customers"),
        ("POST", "/api/customers"),
        ("GET", "/api/customers/{customerId}"),
        ("PUT", "/api/customers/{customerId}"),
        ("DELETE", "/api/customers/{customerId}"),
        ("GET", "/api/customers/search"),
        ("GET", "/api/customers/{customerId}/history"),
        ("GET", "/api/customers/{customerId}/notes"),
        ("POST", "/api/customers/{customerId}/notes"),
        ("PUT", "/api/customers/{customerId}/notes/{noteId}"),
        ("DELETE", "/api/customers/{customerId}/notes/{noteId}"),
        ("GET", "/api/customers/{customerId}/interactions"),
        ("POST", "/api/customers/{customerId}/interactions"),
        ("PUT", "/api/customers/{customerId}/interactions/{interactionId}"),
        ("PATCH", "/api/customers/{customerId}/interactions/{interactionId}/complete"),
        ("GET", "/api/customers/tags"),
        ("POST", "/api/customers/{customerId}/tags"),
        ("DELETE", "/api/customers/{customerId}/tags"),
        ("GET", "/api/stats"),
        ("GET", "/api/stats/dashboard"),
        ("GET", "/api/stats/performance"),
        ("GET", "/api/stats/customers/{customerId}/activity"),
        ("GET", "/health"),
        ("GET", "/health/detailed"),
        ("GET", "/health/ready"),
        ("GET", "/health/live"),
    ];
    let is_there = |(method, path): &(&str, &str)| {
        document().operations.iter().any(|operation| operation.method == *method && operation.path == *path)
    };
    let missing: Vec<String> =
        COMMISSIONED.iter().filter(|route| !is_there(route)).map(|(method, path)| format!("{method} {path}")).collect();
    report(&missing);
}
