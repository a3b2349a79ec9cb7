//! What is asked for: an erasure, a legal hold. Both have a reason, which is kept.

use serde::{Deserialize, Serialize};

use crate::base::error::Violations;
use crate::base::text::{self, fold};
use crate::base::validation::normalise;
use crate::customers::Customer;

/// The maximum length of a reason, in characters.
pub const MAX_REASON: usize = 500;
/// Names that are shorter stand in other words.
const MIN_NAME: usize = 4;

/// The erasure of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EraseSubject {
    /// Why; up to 500 characters. It is kept in the audit trail, so it must not name the person.
    #[cfg_attr(feature = "openapi", schema(example = "Request 2026-114", min_length = 1, max_length = 500))]
    pub reason: String,
    /// Tells what would be erased, and changes nothing; false if absent.
    #[serde(default)]
    pub dry_run: bool,
}

/// Puts a customer under a legal hold, or ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetLegalHold {
    /// Whether the customer is under a legal hold from now on.
    pub is_held: bool,
    /// Why; up to 500 characters. It is kept in the audit trail, so it must not name the customer.
    #[cfg_attr(feature = "openapi", schema(example = "Case 7 B 12/26", min_length = 1, max_length = 500))]
    pub reason: String,
}

impl EraseSubject {
    /// An erasure for this reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), dry_run: false }
    }

    /// The same, only tried out.
    #[must_use]
    pub fn dry_run(self) -> Self {
        Self { dry_run: true, ..self }
    }

    pub(super) fn validated(self) -> Result<Self, Violations> {
        Ok(Self { reason: reason(self.reason)?, ..self })
    }
}

impl SetLegalHold {
    /// A hold for this reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { is_held: true, reason: reason.into() }
    }

    /// The end of a hold for this reason.
    pub fn released(reason: impl Into<String>) -> Self {
        Self { is_held: false, reason: reason.into() }
    }

    pub(super) fn validated(self) -> Result<Self, Violations> {
        Ok(Self { reason: reason(self.reason)?, ..self })
    }
}

fn reason(typed: String) -> Result<String, Violations> {
    let (mut reason, mut violations) = (Some(typed), Violations::default());
    normalise(&mut reason, "/reason", text::line, &mut violations);
    let reason = reason.unwrap_or_default();
    if violations.0.is_empty() && reason.is_empty() {
        violations.add("/reason", "required", "a value is required");
    }
    if reason.chars().count() > MAX_REASON {
        violations.add("/reason", "too_long", format!("at most {MAX_REASON} characters"));
    }
    violations.into_result()?;
    Ok(reason)
}

/// Refuses a reason that tells who the person is: it outlives the erasure.
pub(super) fn refuse_data_of(customer: &Customer, reason: &str) -> Result<(), Violations> {
    let said = fold(reason);
    let names = Some(customer.name.as_str()).filter(|name| name.chars().count() >= MIN_NAME);
    let addresses = customer.emails.iter().map(|email| email.address.as_str()).chain(customer.email.as_deref());
    let numbers = customer.phones.iter().map(|phone| phone.number.as_str()).chain(customer.phone.as_deref());
    let mut known = names.into_iter().chain(addresses).chain(numbers).map(fold);
    if known.any(|known| !known.is_empty() && said.contains(&known)) {
        let detail =
            "the reason is kept after the erasure, so it must not name the person: use the number of a request";
        return Err(Violations::one("/reason", "personal_data", detail));
    }
    Ok(())
}
