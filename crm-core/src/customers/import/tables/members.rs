//! The members of a JSON object as cells.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::base::money::Money;

/// How deep the members of members are columns of their own: `address.city`.
const DEPTH: usize = 3;

/// The members of an object, in their order, with values as they are written: numbers keep their digits.
struct Members<'j>(Vec<(Cow<'j, str>, &'j RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<String, &RawValue>()? {
                    members.push((Cow::Owned(member.0), member.1));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// Whether an object is a line of our own export.
pub(super) fn is_own(object: &str) -> bool {
    let Ok(Members(members)) = serde_json::from_str(object) else { return false };
    let has = |name: &str| members.iter().any(|(own, _)| own == name);
    has("customFields") || has("id") && has("version")
}

/// The columns of an object, with their cells. `None` if it is none.
pub(super) fn cells(object: &str, is_own: bool) -> Option<Vec<(String, String)>> {
    let Members(members) = serde_json::from_str(object).ok()?;
    let mut cells = Vec::with_capacity(members.len());
    for (name, value) in members {
        if is_own {
            cells.push((name.clone().into_owned(), own_cell(&name, value.get())?));
        } else {
            add(&mut cells, name.into_owned(), value.get(), DEPTH)?;
        }
    }
    Some(cells)
}

fn add(cells: &mut Vec<(String, String)>, name: String, value: &str, depth: usize) -> Option<()> {
    if value.starts_with('{') && depth > 0 {
        let Members(members) = serde_json::from_str(value).ok()?;
        for (member, value) in members {
            add(cells, format!("{name}.{member}"), value.get(), depth - 1)?;
        }
        return Some(());
    }
    cells.push((name, cell(value)?));
    Some(())
}

/// A value as the cell of a CSV file.
fn cell(value: &str) -> Option<String> {
    Some(match value.as_bytes().first()? {
        b'"' => serde_json::from_str(value).ok()?,
        b'n' => String::new(),
        b'[' | b'{' if is_empty(value) => String::new(),
        b'0'..=b'9' | b'-' => value.strip_suffix(".0").unwrap_or(value).to_owned(),
        _ => value.to_owned(),
    })
}

fn is_empty(value: &str) -> bool {
    value[1..value.len() - 1].trim().is_empty()
}

/// The cell that our own CSV export has for this member.
fn own_cell(name: &str, value: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    match name {
        "tags" if value.starts_with('[') => {
            let tags: Vec<Named> = serde_json::from_str(value).ok()?;
            Some(tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>().join("; "))
        }
        "annualRevenue" | "estimatedValue" if value.starts_with('{') => {
            serde_json::from_str::<Money>(value).ok().map(|money| money.to_string())
        }
        _ => cell(value),
    }
}

#[cfg(test)]
mod tests {
    use super::{cells, is_own};

    fn of(object: &str) -> Vec<(String, String)> {
        cells(object, is_own(object)).unwrap_or_default()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned())).collect()
    }

    #[test]
    fn members_are_columns_in_their_order() {
        let object = r#"{"name": "Ida", "age": 40.0, "vip": true, "x": null, "address": {"city": "Oslo", "geo": {"lat": 1.50}},
            "emails": ["a@example.com", "b@example.com"], "none": [ ], "big": 12345678901234567890123}"#;
        let expected = [
            ("name", "Ida"),
            ("age", "40"),
            ("vip", "true"),
            ("x", ""),
            ("address.city", "Oslo"),
            ("address.geo.lat", "1.50"),
            ("emails", r#"["a@example.com", "b@example.com"]"#),
            ("none", ""),
            ("big", "12345678901234567890123"),
        ];
        assert_eq!(of(object), pairs(&expected));
    }

    #[test]
    fn our_own_lines_have_the_cells_of_our_own_table() {
        let object = r#"{"id": "1", "version": 2, "customFields": {"a": {"b": 1}}, "tags": [{"id": "1", "name": "VIP"},
            {"id": "2", "name": "Press"}], "annualRevenue": {"amount": 1999, "currency": "EUR"}, "metadata": {}}"#;
        let expected = [
            ("id", "1"),
            ("version", "2"),
            ("customFields", r#"{"a": {"b": 1}}"#),
            ("tags", "VIP; Press"),
            ("annualRevenue", "19.99 EUR"),
            ("metadata", ""),
        ];
        assert_eq!(of(object), pairs(&expected));
    }

    #[test]
    fn what_is_no_object_has_none() {
        for text in ["", "7", "[]", "{\"a\": }", "{\"a\": 1} x"] {
            assert_eq!(cells(text, false), None, "{text}");
        }
    }
}
