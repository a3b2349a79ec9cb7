//! Parses filters from JSON, and serialises them.

use std::str::FromStr;

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{DEEPEST, Filter, LONGEST, MAX_CONDITIONS, MAX_VALUES, Op};
use crate::base::error::Malformed;
use crate::base::text::holds_nul;

fn invalid(at: &str, detail: impl Into<String>) -> Malformed {
    Malformed::new("filter_invalid", format!("filter{at}"), detail)
}

fn too_long() -> Malformed {
    invalid("", format!("a filter has at most {LONGEST} bytes"))
}

impl FromStr for Filter {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        // Checked before parsing; after it, only the parsed structure is limited.
        if text.len() > LONGEST {
            return Err(too_long());
        }
        let value = serde_json::from_str(text)
            .map_err(|error| invalid("", format!("the filter is not valid JSON: {error}")))?;
        Self::from_json(&value)
    }
}

impl Filter {
    /// Reads a filter from JSON.
    ///
    /// # Errors
    /// The first error: an unknown member or operator, a wrong structure, too long, too deep, too many leaves.
    pub fn from_json(value: &Value) -> Result<Self, Malformed> {
        if value.to_string().len() > LONGEST {
            return Err(too_long());
        }
        let mut leaves = 0;
        node(value, "", 1, &mut leaves)
    }
}

fn node(value: &Value, at: &str, depth: usize, leaves: &mut usize) -> Result<Filter, Malformed> {
    if depth > DEEPEST {
        return Err(invalid(at, format!("a filter nests at most {DEEPEST} deep")));
    }
    let members = value.as_object().ok_or_else(|| invalid(at, "expected an object"))?;
    let inner = |name: &str| only_member(members, at, name);
    if let Some(value) = inner("all")? {
        return Ok(Filter::All(list(value, &format!("{at}/all"), depth, leaves)?));
    }
    if let Some(value) = inner("any")? {
        return Ok(Filter::Any(list(value, &format!("{at}/any"), depth, leaves)?));
    }
    if let Some(value) = inner("not")? {
        return Ok(Filter::Not(Box::new(node(value, &format!("{at}/not"), depth + 1, leaves)?)));
    }
    count_leaf(at, leaves)?;
    leaf(members, at)
}

fn count_leaf(at: &str, leaves: &mut usize) -> Result<(), Malformed> {
    *leaves += 1;
    if *leaves > MAX_CONDITIONS {
        return Err(invalid(at, format!("a filter has at most {MAX_CONDITIONS} leaves")));
    }
    Ok(())
}

fn only_member<'v>(members: &'v Map<String, Value>, at: &str, name: &str) -> Result<Option<&'v Value>, Malformed> {
    match members.get(name) {
        Some(_) if members.len() > 1 => Err(invalid(at, format!("\"{name}\" must be the only member of its object"))),
        found => Ok(found),
    }
}

fn list(value: &Value, at: &str, depth: usize, leaves: &mut usize) -> Result<Vec<Filter>, Malformed> {
    let items = value.as_array().ok_or_else(|| invalid(at, "expected a list of filters"))?;
    // An empty list counts as a leaf; hundreds of them would nest deeper than the stack and SQLite allow.
    if items.is_empty() {
        count_leaf(at, leaves)?;
    }
    items.iter().enumerate().map(|(index, item)| node(item, &format!("{at}/{index}"), depth + 1, leaves)).collect()
}

fn leaf(members: &Map<String, Value>, at: &str) -> Result<Filter, Malformed> {
    if let Some(unknown) = members.keys().find(|name| !["field", "op", "value"].contains(&name.as_str())) {
        return Err(invalid(
            at,
            format!("unknown member \"{unknown}\"; a filter is all, any, not, or field, op and value"),
        ));
    }
    let text = |name: &str| {
        members
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| invalid(&format!("{at}/{name}"), format!("\"{name}\" is missing or not a text")))
    };
    let field = text("field")?.to_owned();
    let op = text("op")?.parse::<Op>().map_err(|error| invalid(&format!("{at}/op"), error.to_string()))?;
    let value = members.get("value").cloned().unwrap_or(Value::Null);
    if value.as_array().is_some_and(|values| values.len() > MAX_VALUES) {
        return Err(invalid(&format!("{at}/value"), format!("a list has at most {MAX_VALUES} values")));
    }
    if holds_nul(&value) || field.contains('\0') {
        return Err(invalid(at, "text must not have NUL characters"));
    }
    Ok(Filter::Leaf { field, op, value })
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::All(inner) => map.serialize_entry("all", inner)?,
            Self::Any(inner) => map.serialize_entry("any", inner)?,
            Self::Not(inner) => map.serialize_entry("not", inner)?,
            Self::Leaf { field, op, value } => {
                map.serialize_entry("field", field)?;
                map.serialize_entry("op", op)?;
                map.serialize_entry("value", value)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
