//! Rules that several features share, and the conversion of errors of the `validator` crate.

use std::borrow::Cow;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::base::error::Violations;
use crate::base::text::{self, Unprintable};

/// The maximum length of the name of a JSON member, in characters.
const MAX_KEY_LENGTH: usize = 100;
/// The description of [`is_key`].
pub(crate) const KEY_RULE: &str =
    "a name has 1 to 100 characters, without control characters, quotes and backslashes, and without blanks around it";

/// Converts a text to its stored form.
pub(crate) type Read = fn(&str) -> Result<Option<String>, Unprintable>;

/// Converts a field to its stored form.
pub(crate) fn normalise(field: &mut Option<String>, pointer: &str, read: Read, violations: &mut Violations) {
    match field.as_deref().map_or(Ok(None), read) {
        Ok(text) => *field = text,
        Err(Unprintable) => violations.add(pointer, CONTROL.0, CONTROL.1),
    }
}

/// The rule against control characters in one-line text: its code and description.
pub(crate) const CONTROL: (&str, &str) = ("control_character", "text must not have control characters");

/// Whether a JSON member can have this name: one-line text that a filter can refer to.
pub(crate) fn is_key(key: &str) -> bool {
    key.chars().count() <= MAX_KEY_LENGTH
        && !key.contains(['"', '\\'])
        && text::line(key).is_ok_and(|line| line.as_deref() == Some(key))
}

/// An error with a code and a description.
pub(crate) fn invalid(code: &'static str, message: &'static str) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

/// Collects all errors, with JSON pointers in camelCase.
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

/// `address_line2` becomes `addressLine2`.
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
