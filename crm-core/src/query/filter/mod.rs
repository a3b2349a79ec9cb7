//! The one filter language: a JSON tree of `all`, `any` and `not` over leaves `{field, op, value}`.
//!
//! ```json
//! {"all": [
//!   {"field": "status", "op": "in", "value": ["prospect", "active"]},
//!   {"not": {"field": "city", "op": "starts_with", "value": "Ber"}}
//! ]}
//! ```
//!
//! A missing value matches only `is_null`; `not` takes everything its inside does not match, missing values included.
//! Names are compared without case and accents, e-mail addresses without case. Which fields there are, and which operators each takes, the entity says.

mod compile;
mod fields;
mod parse;

pub(crate) use compile::{Compiler, contains};
pub(crate) use fields::{Field, FieldKind, ListColumns, NameColumns};

use serde_json::Value;

use crate::base::error::Violations;
use crate::base::string_enum::string_enum;

/// The longest filter, in bytes of JSON.
pub const LONGEST: usize = 8 * 1024;
/// How deep a filter may nest.
pub const DEEPEST: usize = 5;
/// How many leaves a filter may have; an empty `all` or `any` counts as one.
pub const MAX_CONDITIONS: usize = 50;
/// How many values a list of a filter has at most, and every other list that says which records are wanted.
pub const MAX_VALUES: usize = 100;

string_enum! {
    /// What a leaf asks.
    Op {
        /// The field has this value.
        Eq = "eq",
        /// The field has a value, and it is another.
        Ne = "ne",
        /// The field has one of these values.
        In = "in",
        /// The field is less than this value, or earlier.
        Lt = "lt",
        /// The field is at most this value.
        Lte = "lte",
        /// The field is more than this value, or later.
        Gt = "gt",
        /// The field is at least this value.
        Gte = "gte",
        /// The field is at least the first and at most the second of two values.
        Between = "between",
        /// The field has no value (`true`, the default), or has one (`false`).
        IsNull = "is_null",
        /// The text has this in it.
        Contains = "contains",
        /// The text starts with this.
        StartsWith = "starts_with",
        /// The list has at least one of these.
        HasAny = "has_any",
        /// The list has all of these.
        HasAll = "has_all",
    }
}

/// A filter whose shape is sound. Whether its fields and values are, is decided where it is applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these.
    All(Vec<Self>),
    /// At least one of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// One question about one field.
    Leaf {
        /// Which field.
        field: String,
        /// What is asked.
        op: Op,
        /// With what; `null` where the operator needs nothing.
        value: Value,
    },
}

impl Filter {
    /// A leaf.
    pub fn leaf(field: impl Into<String>, op: Op, value: impl Into<Value>) -> Self {
        Self::Leaf { field: field.into(), op, value: value.into() }
    }

    /// True if any leaf asks about `name`.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().any(|filter| filter.mentions(name)),
            Self::Not(inner) => inner.mentions(name),
            Self::Leaf { field, .. } => field == name,
        }
    }
}

/// Refuses a list of wanted values that is too long.
pub(crate) fn expect_few<T>(name: &str, values: &[T]) -> Result<(), Violations> {
    if values.len() > MAX_VALUES {
        return Err(Violations::one(format!("/{name}"), "too_long", format!("at most {MAX_VALUES} values")));
    }
    Ok(())
}
