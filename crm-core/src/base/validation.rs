//! Rules that several features have, and the way from the `validator` crate's errors to ours.

use std::borrow::Cow;

use serde_json::{Map, Value};
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::base::error::Violations;
use crate::base::text;

/// The largest JSON object that a record keeps, in bytes.
const LARGEST_OBJECT: usize = 16 * 1024;

/// How deep that object may nest. Readers of JSON give up at some depth, and history nests it deeper than it came.
const DEEPEST_OBJECT: usize = 32;

/// A JSON object that is not too large.
pub(crate) fn object(object: &Map<String, Value>) -> Result<(), ValidationError> {
    if !object.values().all(|value| is_within(value, DEEPEST_OBJECT - 1)) {
        return Err(invalid("too_deep", "at most 32 levels of JSON"));
    }
    let size = serde_json::to_vec(object).map_or(usize::MAX, |json| json.len());
    if size > LARGEST_OBJECT {
        return Err(invalid("too_long", "at most 16 KiB of JSON"));
    }
    if text::holds_nul(&Value::Object(object.clone())) {
        return Err(invalid("control_character", "text must not have NUL characters"));
    }
    Ok(())
}

/// True if `value` nests no deeper than `levels`. Looks no deeper itself.
fn is_within(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_within(item, levels - 1)),
        Value::Object(members) => levels > 0 && members.values().all(|member| is_within(member, levels - 1)),
        _ => true,
    }
}

/// A fault, by its code and in words.
pub(crate) fn invalid(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

/// Collects all faults, with JSON pointers in camelCase.
pub(crate) fn collect(errors: &ValidationErrors, at: &str, into: &mut Violations) {
    let mut fields: Vec<_> = errors.errors().iter().collect();
    fields.sort_by_key(|(name, _)| name.to_string());
    for (name, kind) in fields {
        let at = format!("{at}/{}", camel_case(name));
        match kind {
            ValidationErrorsKind::Field(errors) => {
                for error in errors {
                    into.add(at.clone(), code(error), detail(error));
                }
            }
            ValidationErrorsKind::Struct(inner) => collect(inner, &at, into),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{at}/{index}"), into);
                }
            }
        }
    }
}

fn code(error: &ValidationError) -> &str {
    match &*error.code {
        "length" if error.params.contains_key("min") && is_empty(error) => "required",
        "length" => "too_long",
        "email" => "email_invalid",
        "range" => "out_of_range",
        code => code,
    }
}

fn is_empty(error: &ValidationError) -> bool {
    match error.params.get("value") {
        Some(serde_json::Value::String(text)) => text.is_empty(),
        Some(serde_json::Value::Array(items)) => items.is_empty(),
        _ => false,
    }
}

fn detail(error: &ValidationError) -> Cow<'static, str> {
    if let Some(message) = &error.message {
        return message.clone();
    }
    match (code(error), error.params.get("max")) {
        ("required", _) => "a value is required".into(),
        ("too_long", Some(max)) => format!("at most {max} long").into(),
        ("email_invalid", _) => "expected an e-mail address such as ann@example.com".into(),
        ("out_of_range", Some(max)) => match error.params.get("min") {
            Some(min) => format!("from {min} to {max}").into(),
            None => format!("at most {max}").into(),
        },
        (code, _) => format!("breaks the rule {code}").into(),
    }
}

/// `address_line2` is `addressLine2`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.extend(letters);
    }
    camel
}
