//! Values against the schemas of the document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value};

use super::document::document;

/// What a node of the document stands for: references are followed.
pub fn resolved(node: &Value) -> &Value {
    match node.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').expect("a reference into the document");
            resolved(document().root.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere")))
        }
        None => node,
    }
}

/// The examples of a media type: `example`, and all of `examples`.
pub fn examples(media: &Value) -> Vec<Value> {
    let one = media.get("example").cloned();
    let named = media["examples"].as_object().into_iter().flat_map(Map::values);
    one.into_iter().chain(named.filter_map(|example| resolved(example).get("value").cloned())).collect()
}

/// What is wrong with a value, by a schema of the document: one line for each fault.
pub fn faults_of(schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(schema);
    validator
        .iter_errors(value)
        .map(|error| {
            let at = error.instance_path().to_string();
            format!("at \"{at}\": {error}")
        })
        .collect()
}

fn validator(schema: &Value) -> Arc<Validator> {
    static COMPILED: Mutex<Option<HashMap<String, Arc<Validator>>>> = Mutex::new(None);
    let mut compiled = COMPILED.lock().expect("no panic while compiling");
    let compiled = compiled.get_or_insert_default();
    let validator = compiled.entry(schema.to_string()).or_insert_with(|| Arc::new(compile(schema)));
    Arc::clone(validator)
}

/// References lead to the components, so these go along.
fn compile(schema: &Value) -> Validator {
    let mut schema = schema.as_object().expect("a schema is an object").clone();
    let schemas = document().root["components"]["schemas"].clone();
    schema.insert("components".to_owned(), serde_json::json!({ "schemas": schemas }));
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&Value::Object(schema)).expect("a schema of the document is sound")
}

/// Members of a value that its schema does not declare. Schemas of answers stay open, so that fields may be added
/// without breaking a client; but requests must match it.
pub fn undeclared(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(&[schema], value, "", &mut found);
    found
}

fn walk(schemas: &[&Value], value: &Value, at: &str, found: &mut Vec<String>) {
    let mut parts = Vec::new();
    schemas.iter().for_each(|schema| flatten(schema, &mut parts));
    match value {
        Value::Object(members) => {
            let declares = parts.iter().any(|part| part.get("properties").is_some());
            let open = parts.iter().any(|part| part.get("additionalProperties").is_some_and(|more| more != false));
            for (name, member) in members {
                let inner: Vec<&Value> = parts.iter().filter_map(|part| part["properties"].get(name)).collect();
                let at = format!("{at}/{name}");
                if !inner.is_empty() {
                    walk(&inner, member, &at, found);
                } else if declares && !open {
                    found.push(at);
                }
            }
        }
        Value::Array(items) => {
            let inner: Vec<&Value> = parts.iter().filter_map(|part| part.get("items")).collect();
            for (index, item) in items.iter().enumerate() {
                walk(&inner, item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// A schema and everything it is composed of.
fn flatten<'s>(schema: &'s Value, into: &mut Vec<&'s Value>) {
    let schema = resolved(schema);
    into.push(schema);
    for word in ["allOf", "oneOf", "anyOf"] {
        schema[word].as_array().into_iter().flatten().for_each(|part| flatten(part, into));
    }
}
