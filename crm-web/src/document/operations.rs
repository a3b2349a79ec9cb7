//! What operations have in common: their ids, the ids in their paths, and the headers of their answers.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Components, OpenApi, PathItem, Ref, RefOr, Required, Response};

const SCHEMAS: &str = "#/components/schemas/";

/// Names the operations, and adds the path parameters and the response headers that they do not describe themselves.
pub fn complete_operations(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default().clone();
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            operation.operation_id = operation.operation_id.take().map(|name| camel_case(&name));
            describe_ids(path, operation);
            describe_headers(operation, &components);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// `list_notes`, the name of the function, becomes `listNotes`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |id, word| id + &word[..1].to_uppercase() + &word[1..])
}

/// `{noteId}` in a path is a `NoteId`.
fn describe_ids(path: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    for (place, name) in names.enumerate() {
        if !parameters.iter().any(|parameter| is_named(parameter, name)) {
            parameters.insert(place, id(name).into());
        }
    }
    if parameters.is_empty() {
        operation.parameters = None;
    }
}

fn is_named(parameter: &RefOr<Parameter>, name: &str) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.name == name)
}

fn id(name: &str) -> Parameter {
    let (first, rest) = name.split_at(1);
    let record = name.trim_end_matches("Id");
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(format!("The {record}'s id")))
        .schema(Some(Ref::from_schema_name(first.to_uppercase() + rest)))
        .build()
}

fn describe_headers(operation: &mut Operation, components: &Components) {
    let mut parameters = operation.parameters.iter().flatten();
    let can_be_repeated = parameters.any(|parameter| is_named(parameter, "Idempotency-Key"));
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        if !status.starts_with('2') {
            continue;
        }
        if status == "201" {
            add(response, "Location", "The path of the record");
        }
        if answers_with_a_record(response, components) {
            add(response, "ETag", "The version of the record");
        }
        if can_be_repeated {
            add(response, "Idempotency-Replayed", "`true` if this is the answer of an earlier request");
        }
    }
}

fn add(response: &mut Response, name: &str, description: &str) {
    response.headers.entry(name.to_owned()).or_insert_with(|| header(description).into());
}

fn header(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(Some(text)).description(Some(description)).build()
}

/// Records that count their writes have a field `version`, from 1 on; one that can be 0 counts something else.
fn answers_with_a_record(response: &Response, components: &Components) -> bool {
    let Some(RefOr::T(content)) = response.content.get("application/json") else {
        return false;
    };
    content.schema.as_ref().is_some_and(|schema| is_versioned(schema, components))
}

fn is_versioned(schema: &RefOr<Schema>, components: &Components) -> bool {
    let schema = match schema {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.strip_prefix(SCHEMAS);
            return name.and_then(|name| components.schemas.get(name)).is_some_and(|of| is_versioned(of, components));
        }
        RefOr::T(schema) => schema,
    };
    match schema {
        Schema::Object(object) => matches!(
            object.properties.get("version"),
            Some(RefOr::T(Schema::Object(version))) if version.schema_type == SchemaType::Type(Type::Integer) && version.minimum.is_none()
        ),
        Schema::AllOf(parts) => parts.items.iter().any(|part| is_versioned(part, components)),
        _ => false,
    }
}
