//! The filter language: a JSON tree of `all`, `any` and `not` over leaves `{field, op, value}`.
//!
//! ```json
//! {"all": [
//!   {"field": "status", "op": "in", "value": ["prospect", "active"]},
//!   {"not": {"field": "city", "op": "starts_with", "value": "Ber"}}
//! ]}
//! ```
//!
//! A missing value matches only `is_null`; `not` matches everything that its operand does not, including missing
//! values. Names are compared without case and accents, e-mail addresses without case. Each entity defines its fields
//! and their operators; a custom field with a definition has those of its type.

mod compile;
mod custom;
mod fields;
mod indexed;
mod parse;
mod time_bound;

pub(crate) use compile::{Compiler, CustomMembers, contains};
pub(crate) use fields::{Field, FieldKind, ListColumns, NameColumns, field, field_in};
pub use time_bound::{TimeBound, TimeBoundInvalid};

use serde_json::Value;

use crate::base::error::Violations;
use crate::base::string_enum::string_enum;

/// The maximum length of a filter, in bytes of JSON.
pub const LONGEST: usize = 8 * 1024;
/// The maximum nesting of a filter.
pub const DEEPEST: usize = 5;
/// The maximum number of leaves; an empty `all` or `any` counts as one.
pub const MAX_CONDITIONS: usize = 50;
/// The maximum number of values in a list of a filter, and in other lists that select records.
pub const MAX_VALUES: usize = 100;

string_enum! {
    /// The operator of a leaf.
    Op {
        /// The field has this value.
        Eq = "eq",
        /// The field has another value than this one.
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
        /// The text contains this text.
        Contains = "contains",
        /// The text starts with this text.
        StartsWith = "starts_with",
        /// The list has at least one of these values.
        HasAny = "has_any",
        /// The list has all of these values.
        HasAll = "has_all",
    }
}

/// A well-formed filter. Its fields and values are checked when it is applied.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these match.
    All(Vec<Self>),
    /// At least one of these matches.
    Any(Vec<Self>),
    /// This does not match.
    Not(Box<Self>),
    /// A condition on one field.
    Leaf {
        /// The field.
        field: String,
        /// The operator.
        op: Op,
        /// The operand; `null` if the operator needs none.
        value: Value,
    },
}

impl Filter {
    /// A leaf.
    pub fn leaf(field: impl Into<String>, op: Op, value: impl Into<Value>) -> Self {
        Self::Leaf { field: field.into(), op, value: value.into() }
    }

    /// Whether any leaf refers to the field `name`.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().any(|filter| filter.mentions(name)),
            Self::Not(inner) => inner.mentions(name),
            Self::Leaf { field, .. } => field == name,
        }
    }
}

/// Refuses a list of values that is too long.
pub(crate) fn expect_few<T>(name: &str, values: &[T]) -> Result<(), Violations> {
    if values.len() > MAX_VALUES {
        return Err(Violations::one(format!("/{name}"), "too_long", format!("at most {MAX_VALUES} values")));
    }
    Ok(())
}
