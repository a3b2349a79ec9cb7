//! Adds to the schemas what derives cannot express.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{OpenApi, RefOr};

/// Answers in which some fields are absent instead of `null`.
const SPARSE: &[&str] = &["Problem", "Fault"];
const SCHEMAS: &str = "#/components/schemas/";

/// Marks all fields of answers as required, with `null` where there is no value. Moves the description of a nullable
/// field to where readers expect it. In the answers named by `sparse`, as in problem documents, some fields are absent
/// instead.
pub fn complete_schemas(document: &mut OpenApi, sparse: &[&str]) {
    let written = written_by_clients(document);
    let Some(components) = &mut document.components else {
        return;
    };
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::OneOf(variants)) = schema {
            variants.items.iter_mut().for_each(describe_variant);
        }
        let RefOr::T(Schema::Object(object)) = schema else {
            continue;
        };
        object.properties.values_mut().for_each(lift_description);
        if !written.contains(name) && !SPARSE.iter().chain(sparse).any(|sparse| sparse == name) {
            object.required = object.properties.keys().cloned().collect();
        }
    }
}

/// Derives cannot describe the property that tells the variants of an enumeration apart.
fn describe_variant(variant: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = variant {
        object.properties.values_mut().for_each(lift_description);
        if let Some(RefOr::T(Schema::Object(tag))) = object.properties.get_mut("type") {
            tag.description.get_or_insert_with(|| "Which of them it is.".to_owned());
        }
    }
}

fn lift_description(property: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::OneOf(either)) = property
        && either.description.is_none()
    {
        for item in &mut either.items {
            if let RefOr::Ref(reference) = item
                && !reference.description.is_empty()
            {
                either.description = Some(std::mem::take(&mut reference.description));
            }
        }
    }
}

/// The schemas of request bodies and of their parts: there an absent field has its own meaning.
fn written_by_clients(document: &OpenApi) -> BTreeSet<String> {
    let document = serde_json::to_value(document).unwrap_or_default();
    let operations = document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    let operations = operations.filter_map(Value::as_object).flat_map(|path| path.values());
    let mut written = BTreeSet::new();
    let mut found: Vec<String> = operations.flat_map(|operation| references(&operation["requestBody"])).collect();
    while let Some(name) = found.pop() {
        found.extend(
            references(&document["components"]["schemas"][&name]).into_iter().filter(|inner| !written.contains(inner)),
        );
        written.insert(name);
    }
    written
}

/// The names of all schemas that a part of the document refers to.
fn references(part: &Value) -> Vec<String> {
    match part {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(SCHEMAS));
            own.map(str::to_owned).into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
