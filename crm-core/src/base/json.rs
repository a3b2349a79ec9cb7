//! JSON objects of records: limited to what both databases return unchanged.

use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use crate::base::error::Violations;
use crate::base::text;
use crate::base::validation;

/// The maximum size of a JSON object, in bytes.
const MAX_OBJECT_BYTES: usize = 16 * 1024;
/// The maximum nesting of an object. JSON parsers have a limit, and history nests the object deeper.
const MAX_OBJECT_DEPTH: usize = 32;
/// The number of significant digits of a fraction that are always preserved.
const MAX_DIGITS: usize = 17;

const INEXACT: (&str, &str) =
    ("number_inexact", "this number cannot be represented in 64 bits; use a text to preserve its digits");

/// Checks an object of a record, and converts its numbers to the form in which they are read back.
pub(crate) fn normalise(object: &mut Option<Map<String, Value>>, at: &str, violations: &mut Violations) {
    let Some(members) = object else {
        return;
    };
    if !members.values().all(|value| is_within(value, MAX_OBJECT_DEPTH - 1)) {
        return violations.add(at, "too_deep", format!("at most {MAX_OBJECT_DEPTH} levels of JSON"));
    }
    if serde_json::to_vec(members).map_or(usize::MAX, |json| json.len()) > MAX_OBJECT_BYTES {
        return violations.add(at, "too_long", "at most 16 KiB of JSON");
    }
    for (key, value) in members {
        if !validation::is_key(key) {
            violations.add(below(at, key), "key_invalid", validation::KEY_RULE);
        }
        normalise_value(value, &below(at, key), violations);
    }
}

/// Whether `value` nests at most `levels` deep. Stops at this depth.
fn is_within(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_within(item, levels - 1)),
        Value::Object(members) => levels > 0 && members.values().all(|member| is_within(member, levels - 1)),
        _ => true,
    }
}

fn normalise_value(value: &mut Value, at: &str, violations: &mut Violations) {
    match value {
        Value::String(text) if !text::is_block(text) => {
            violations.add(at, "control_character", "text must not have control characters");
        }
        Value::Number(number) => match settled(number) {
            Some(settled) => *number = settled,
            None => violations.add(at, INEXACT.0, INEXACT.1),
        },
        Value::Array(items) => {
            items
                .iter_mut()
                .enumerate()
                .for_each(|(index, item)| normalise_value(item, &format!("{at}/{index}"), violations));
        }
        Value::Object(members) => {
            for (key, value) in members {
                let at = below(at, key);
                if key.chars().any(char::is_control) {
                    violations.add(at.clone(), "key_invalid", "names of members must not have control characters");
                }
                normalise_value(value, &at, violations);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A number as PostgreSQL returns it: integers of 64 bits are written without exponent. There is no negative zero.
fn settled(number: &Number) -> Option<Number> {
    const LEAST: f64 = -9_223_372_036_854_775_808.0;
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    /// Floating point numbers from here on are written with an exponent.
    const LONG: f64 = 1e16;
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return Some(number.clone());
    };
    if float == 0.0 && float.is_sign_negative() {
        return None;
    }
    if float.abs() < LONG || !(LEAST..BEYOND).contains(&float) {
        return Some(number.clone());
    }
    // Floating point numbers of this size are integers with exact digits.
    format!("{float:.0}")
        .parse::<i64>()
        .map(Number::from)
        .or_else(|_| format!("{float:.0}").parse::<u64>().map(Number::from))
        .ok()
}

/// Finds the numbers in a JSON text that a parser would change: integers beyond 64 bits, and fractions with more digits
/// than double precision. The text must be valid JSON.
///
/// # Errors
/// All such numbers, by pointer.
pub fn exact_numbers(json: &str) -> Result<(), Violations> {
    let mut violations = Violations::default();
    // Few texts have such long numbers or exponents, and only those are parsed.
    if is_suspicious(json)
        && let Ok(raw) = serde_json::from_str(json)
    {
        check_numbers(raw, "", &mut violations);
    }
    violations.into_result()
}

fn is_suspicious(json: &str) -> bool {
    let mut run = 0;
    json.bytes().any(|byte| match byte {
        b'0'..=b'9' | b'.' => {
            run += 1;
            run > MAX_DIGITS
        }
        b'e' | b'E' if run > 0 => true,
        _ => {
            run = 0;
            false
        }
    })
}

fn check_numbers(raw: &RawValue, at: &str, violations: &mut Violations) {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: Vec<(String, &RawValue)> =
                serde_json::from_str::<Members<'_>>(text).map_or(vec![], |all| all.0);
            members.into_iter().for_each(|(key, value)| check_numbers(value, &below(at, &key), violations));
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            items
                .into_iter()
                .enumerate()
                .for_each(|(index, item)| check_numbers(item, &format!("{at}/{index}"), violations));
        }
        Some(b'-' | b'0'..=b'9') if !is_exact(text) => violations.add(at, INEXACT.0, INEXACT.1),
        _ => {}
    }
}

fn is_exact(number: &str) -> bool {
    let digits = number.trim_start_matches('-');
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
    }
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    let significant: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = significant.trim_start_matches('0');
    let is_zero = significant.is_empty();
    let significant = if mantissa.contains('.') { significant.trim_end_matches('0') } else { significant };
    significant.len() <= MAX_DIGITS
        && number.parse::<f64>().is_ok_and(|float| float.is_finite() && (is_zero || float != 0.0))
}

/// The members of an object, in order.
struct Members<'j>(Vec<(String, &'j RawValue)>);

impl<'de: 'j, 'j> serde::Deserialize<'de> for Members<'j> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Visitor).map(Members)
    }
}

/// The pointer of a member (RFC 6901).
pub(crate) fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{exact_numbers, normalise};
    use crate::base::error::Violations;

    fn faults(violations: Violations) -> Vec<(String, String)> {
        violations.0.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
    }

    fn kept(value: Value) -> Result<Value, Vec<(String, String)>> {
        let (mut object, mut violations) = (value.as_object().cloned(), Violations::default());
        normalise(&mut object, "/metadata", &mut violations);
        violations.into_result().map_err(faults)?;
        Ok(object.map_or(Value::Null, Value::Object))
    }

    #[test]
    fn keys_and_texts_are_held_to_the_rules_of_fields() {
        let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        for key in ["", "a\"b", "a\\b", "\t", "a\u{1}", " a", "\u{200b}", &"k".repeat(101)] {
            assert_eq!(kept(json!({ key: 1 })), Err(vec![at(&format!("/metadata/{key}"), "key_invalid")]), "{key:?}");
        }
        for key in ["a.b", "größe", "two words", "'", "客户", &"k".repeat(100)] {
            assert!(kept(json!({ key: 1 })).is_ok(), "{key:?}");
        }
        let deep = json!({ "a/b": ["x", { "c": "\u{1}", "d\u{7}": 1 }], "lines": "a\r\n\tb", "c1": "\u{85}" });
        let expected = vec![
            at("/metadata/a~1b/1/c", "control_character"),
            at("/metadata/a~1b/1/d\u{7}", "key_invalid"),
            at("/metadata/c1", "control_character"),
        ];
        let mut found = kept(deep).unwrap_err();
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn numbers_are_kept_in_the_form_in_which_they_are_read() {
        assert_eq!(kept(json!({ "n": 1e16 })).unwrap().to_string(), r#"{"n":10000000000000000}"#);
        assert_eq!(kept(json!({ "n": 1e19 })).unwrap().to_string(), r#"{"n":10000000000000000000}"#);
        assert_eq!(kept(json!({ "n": -1e18 })).unwrap().to_string(), r#"{"n":-1000000000000000000}"#);
        assert_eq!(kept(json!({ "n": [1.0, 1e15, 1e20, 0.1] })).unwrap(), json!({ "n": [1.0, 1e15, 1e20, 0.1] }));
        assert_eq!(kept(json!({ "n": [-0.0] })).unwrap_err()[0].0, "/metadata/n/0");
    }

    #[test]
    fn a_number_that_would_be_another_is_found() {
        for json in [
            r#"{"a": [1, -9223372036854775808, 18446744073709551615, 0.12345678901234567, 1e300, -2.5e-10, 100000000000000000.0]}"#,
            r#"{"a": "12345678901234567890123", "0e1": "1e400"}"#,
            r#"[0.0, 0e5, 123456789.12345679000]"#,
        ] {
            assert_eq!(exact_numbers(json), Ok(()), "{json}");
        }
        let json = r#"{"a": 12345678901234567890123, "b": [{"c/d": 0.123456789012345678}], "e": 1e-400, "f": -9223372036854775809}"#;
        let found = faults(exact_numbers(json).unwrap_err());
        let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/a", "/b/0/c~1d", "/e", "/f"]);
    }
}
