//! What is wrong with a request: values that violate rules, or the first error of a malformed one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Result;

/// A value that violates a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// The location of the value: a JSON pointer (RFC 6901) into the body.
    pub pointer: String,
    /// The stable code of the rule.
    pub code: String,
    /// The description of the rule.
    pub detail: String,
}

/// All values that violate rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// Adds a violation.
    pub fn add(&mut self, pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Violation { pointer: pointer.into(), code: code.into(), detail: detail.into() });
    }

    /// An error if there are violations.
    ///
    /// # Errors
    /// The violations themselves, if there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// How many there are, for those that are changes and no faults.
    pub(super) fn changes(&self) -> String {
        match self.0.len() {
            1 => "1 change was made".to_owned(),
            count => format!("{count} changes were made"),
        }
    }

    /// A single violation.
    #[must_use]
    pub fn one(pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut violations = Self::default();
        violations.add(pointer, code, detail);
        violations
    }
}

impl fmt::Display for Violations {
    /// Names the fields and rules, never the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid values:")?;
        self.0.iter().try_for_each(|violation| write!(f, " {} ({})", violation.pointer, violation.code))
    }
}

impl std::error::Error for Violations {}

/// The first error of a malformed request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Malformed {
    /// The stable code: `cursor_invalid`, `filter_invalid`, `unknown_name` and the like.
    pub code: &'static str,
    /// The parameter, or the JSON pointer into the body.
    pub at: String,
    /// What is wrong and what is expected.
    pub detail: String,
}

impl Malformed {
    pub(crate) fn new(code: &'static str, at: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, at: at.into(), detail: detail.into() }
    }
}
