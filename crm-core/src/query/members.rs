//! Reads the query of a list from JSON, by the names of the list's parameters.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde_json::{Map, Value};

use super::filter::{Filter, MAX_VALUES};
use crate::base::error::Violations;

/// Takes the members of a query one after the other, and collects what is wrong with them.
pub(crate) struct Members {
    left: Map<String, Value>,
    normal: Map<String, Value>,
    violations: Violations,
}

impl Members {
    /// Begins with all members; those that are `null` have no value.
    pub fn of(members: &Map<String, Value>) -> Self {
        let mut left = members.clone();
        left.retain(|_, value| !value.is_null());
        Self { left, normal: Map::new(), violations: Violations::default() }
    }

    /// A text that is read as a value.
    pub fn one<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let value = self.left.remove(name)?;
        let read = match &value {
            Value::String(text) => text.parse::<T>().map_err(|error| error.to_string()),
            _ => Err("expected a text".to_owned()),
        };
        self.keep(name, read.map(|read| (read, value)))
    }

    /// A list of texts, or one text in which commas separate them.
    pub fn list<T: FromStr<Err: Display> + Serialize>(&mut self, name: &str) -> Vec<T> {
        let Some(value) = self.left.remove(name) else { return Vec::new() };
        let read = texts(&value).and_then(|texts| {
            let read: Result<Vec<T>, String> =
                texts.iter().map(|text| text.parse::<T>().map_err(|error| error.to_string())).collect();
            let read = read?;
            let normal = serde_json::to_value(&read).map_err(|error| error.to_string())?;
            Ok((read, normal))
        });
        self.keep(name, read).unwrap_or_default()
    }

    /// True or false.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.left.remove(name)?;
        let read = match &value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) => text.parse().map_err(|_| "expected true or false".to_owned()),
            _ => Err("expected true or false".to_owned()),
        };
        self.keep(name, read.map(|flag| (flag, Value::Bool(flag))))
    }

    /// A filter, as an object or as its text.
    pub fn filter(&mut self, name: &str) -> Option<Filter> {
        let value = self.left.remove(name)?;
        let read = match &value {
            Value::String(text) => text.parse(),
            other => Filter::from_json(other),
        };
        match read {
            Ok(filter) => {
                self.normal.insert(name.to_owned(), serde_json::to_value(&filter).unwrap_or_default());
                Some(filter)
            }
            Err(fault) => {
                self.violations.add(format!("/{}", fault.at), fault.code, fault.detail);
                None
            }
        }
    }

    /// The members in the form in which they are stored.
    ///
    /// # Errors
    /// Everything that is wrong, unknown names included; pointers begin at the query.
    pub fn finish(mut self) -> Result<Map<String, Value>, Violations> {
        for name in self.left.keys() {
            let detail = format!("the list has no parameter {name}");
            self.violations.add(pointer(name), "unknown_field", detail);
        }
        self.violations.into_result()?;
        Ok(self.normal)
    }

    fn keep<T>(&mut self, name: &str, read: Result<(T, Value), String>) -> Option<T> {
        match read {
            Ok((value, normal)) => {
                self.normal.insert(name.to_owned(), normal);
                Some(value)
            }
            Err(detail) => {
                self.violations.add(pointer(name), "invalid", detail);
                None
            }
        }
    }
}

/// A name as the last part of a JSON pointer (RFC 6901).
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn texts(value: &Value) -> Result<Vec<&str>, String> {
    let texts: Option<Vec<&str>> = match value {
        Value::String(text) => Some(text.split(',').filter(|text| !text.is_empty()).collect()),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let texts = texts.ok_or("expected a list of texts")?;
    if texts.len() > MAX_VALUES {
        return Err(format!("at most {MAX_VALUES} values"));
    }
    Ok(texts)
}
