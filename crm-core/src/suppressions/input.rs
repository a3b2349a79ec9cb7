//! The input for the do-not-contact list.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{Suppression, SuppressionKind, SuppressionReason, SuppressionSource};
use super::value::{kind_of, normalised};
use crate::base::error::Violations;
use crate::base::text;
use crate::base::validation::{self, normalise};

/// How many entries are added at once at most.
pub const MAX_SUPPRESSIONS: usize = 1_000;
/// The maximum length of what is typed, in characters.
const MAX_TYPED: usize = 320;

/// An entry to add to the do-not-contact list. An absent or `null` field has no value.
///
/// ```
/// use crm_core::suppressions::{NewSuppression, SuppressionReason};
///
/// let entry = NewSuppression { reason: Some(SuppressionReason::Bounce), ..NewSuppression::of("ann@example.com") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSuppression {
    /// What the value is; if absent, it is told by the value: an address has an `@`, a number no letters.
    pub kind: Option<SuppressionKind>,
    /// An e-mail address, a domain, or a telephone number.
    #[validate(length(max = 320))]
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com", max_length = 320))]
    pub value: String,
    /// Why; `do_not_contact` if absent.
    pub reason: Option<SuppressionReason>,
    /// Where the entry comes from; `manual` if absent, in an import `import`.
    pub source: Option<SuppressionSource>,
    /// A note.
    #[validate(length(max = 500))]
    #[cfg_attr(feature = "openapi", schema(example = "Asked for it on the phone", max_length = 500))]
    pub note: Option<String>,
}

/// Many entries to add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSuppressions {
    /// The entries, at most 1,000.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1_000))]
    pub entries: Vec<NewSuppression>,
}

impl NewSuppression {
    /// The fields of a [`Suppression`] that history does not keep. The value is personal data, and may be of no customer.
    pub(super) const UNTRACKED: &'static [&'static str] =
        &["id", "version", "value", "note", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// An address, a number or a domain.
    pub fn of(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }

    /// Normalises the value, trims all texts, and checks every rule.
    pub(super) fn validated(self, default_country: Option<&str>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let checked = self.checked("", default_country, &mut violations);
        violations.into_result()?;
        Ok(checked)
    }

    fn checked(mut self, at: &str, default_country: Option<&str>, violations: &mut Violations) -> Self {
        normalise(&mut self.note, &format!("{at}/note"), text::block, violations);
        if let Err(errors) = self.validate() {
            validation::collect(&errors, at, violations);
        }
        let kind = *self.kind.get_or_insert_with(|| kind_of(&self.value));
        match normalised(kind, &self.value, default_country) {
            _ if self.value.trim().is_empty() => {
                violations.add(format!("{at}/value"), "required", "a value is required");
            }
            // What is too long was told already.
            _ if self.value.chars().count() > MAX_TYPED => {}
            Ok(value) => self.value = value,
            Err((code, rule)) => violations.add(format!("{at}/value"), code, rule),
        }
        self
    }

    /// Writes validated input into an entry.
    pub(super) fn write(self, entry: &mut Suppression, default_source: SuppressionSource) {
        let Self { kind, value, reason, source, note } = self;
        entry.kind = kind.unwrap_or_else(|| kind_of(&value));
        entry.value = value;
        entry.reason = reason.unwrap_or_default();
        entry.source = source.unwrap_or(default_source);
        entry.note = note;
    }
}

impl NewSuppressions {
    /// These addresses, numbers and domains.
    pub fn of<V: Into<String>>(values: impl IntoIterator<Item = V>) -> Self {
        Self { entries: values.into_iter().map(NewSuppression::of).collect() }
    }

    /// The entries in their stored form; all faults at once.
    pub(super) fn validated(self, default_country: Option<&str>) -> Result<Vec<NewSuppression>, Violations> {
        let mut violations = Violations::default();
        match self.entries.len() {
            0 => violations.add("/entries", "required", "a value is required"),
            1..=MAX_SUPPRESSIONS => {}
            _ => violations.add("/entries", "too_many", format!("at most {MAX_SUPPRESSIONS} entries")),
        }
        let entries = self.entries.into_iter().take(MAX_SUPPRESSIONS).enumerate();
        let checked = |(index, entry): (usize, NewSuppression)| {
            entry.checked(&format!("/entries/{index}"), default_country, &mut violations)
        };
        let entries = entries.map(checked).collect();
        violations.into_result()?;
        Ok(entries)
    }
}
