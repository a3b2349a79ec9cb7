//! From the `validator` crate's errors to ours.

use std::borrow::Cow;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::error::Violations;

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
