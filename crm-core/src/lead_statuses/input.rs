//! The input for statuses of leads.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{LeadStatus, LeadStatusType};
use crate::base::error::Violations;
use crate::base::patch::{apply_fields, patch};
use crate::base::string_enum::canonical;
use crate::base::text::{self, Unprintable, fold};
use crate::base::validation;
use crate::tags::is_color;

/// A status of leads to add. An absent or `null` field has no value, unless the field describes a default.
///
/// ```
/// use crm_core::lead_statuses::{LeadStatusType, NewLeadStatus};
///
/// let nurturing = NewLeadStatus { position: Some(3), ..NewLeadStatus::of(LeadStatusType::OnHold, "Nurturing") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLeadStatus {
    /// The name; unique in the company without case and accents.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "Nurturing", max_length = 64))]
    pub name: Option<String>,
    /// The stable code, unique in the company: lower case with underscores. If absent, it is made of the name. It cannot be
    /// changed later.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "nurturing", max_length = 64))]
    pub code: Option<String>,
    /// What the status means.
    #[validate(length(max = 1000))]
    #[cfg_attr(feature = "openapi", schema(example = "Not this year, but perhaps the next", max_length = 1000))]
    pub description: Option<String>,
    /// What it says of the leads that have it; `open` if absent. It cannot be changed later.
    #[serde(rename = "type")]
    pub status_type: Option<LeadStatusType>,
    /// Whether new leads begin in it, and no longer in the default so far; false if absent. The first open status of a company
    /// is the default.
    pub is_default: Option<bool>,
    /// Whether a lead that gets it needs a reason for its loss; false if absent. Only for the type `lost`.
    pub requires_reason: Option<bool>,
    /// The place among the other statuses, from 0; 0 if absent.
    #[validate(range(min = 0, max = 1_000_000))]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub position: Option<i64>,
    /// The colour, as `#rrggbb`.
    #[validate(custom(function = is_color))]
    #[cfg_attr(feature = "openapi", schema(example = "#1f77b4"))]
    pub color: Option<String>,
    /// Whether it takes no more leads; false if absent. The default cannot be archived.
    pub is_archived: Option<bool>,
}

/// How many characters a code has at most.
const MAX_CODE: usize = 64;

/// A code in its stored form.
fn word(text: &str) -> Result<Option<String>, Unprintable> {
    Ok(text::line(text)?.map(|word| canonical(&word)))
}

impl NewLeadStatus {
    /// The read-only fields of a [`LeadStatus`].
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// A status of this type with this name.
    pub fn of(status_type: LeadStatusType, name: impl Into<String>) -> Self {
        Self { status_type: Some(status_type), name: Some(name.into()), ..Self::default() }
    }

    /// Trims all texts, applies defaults, and checks every rule, also against the status as it was.
    pub(super) fn validated(mut self, before: Option<&LeadStatus>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.name, "/name", text::line, &mut violations);
        validation::normalise(&mut self.code, "/code", word, &mut violations);
        validation::normalise(&mut self.description, "/description", text::line, &mut violations);
        validation::normalise(&mut self.color, "/color", text::line, &mut violations);
        self.color = self.color.take().map(|color| color.to_lowercase());
        if violations.0.is_empty() && self.name.as_deref().is_none_or(|name| fold(name).is_empty()) {
            violations.add("/name", "required", "a status needs a name");
        }
        self.settle(before, &mut violations);
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    /// What never changes, and what goes with what.
    fn settle(&mut self, before: Option<&LeadStatus>, violations: &mut Violations) {
        let of_name = || Some(canonical(self.name.as_deref()?).chars().take(MAX_CODE).collect());
        let code = before.map(|before| before.code.clone()).or_else(of_name);
        self.code = self.code.take().or(code);
        let kept = before.map(|before| before.status_type);
        let status_type = self.status_type.or(kept).unwrap_or_default();
        self.status_type = Some(status_type);
        if before.is_some_and(|before| self.code.as_ref() != Some(&before.code)) {
            violations.add("/code", "immutable", "the code of a status cannot be changed");
        }
        if kept.is_some_and(|kept| kept != status_type) {
            violations.add("/type", "immutable", "the type of a status cannot be changed");
        }
        if self.requires_reason == Some(true) && status_type != LeadStatusType::Lost {
            violations.add("/requiresReason", "unexpected", "only the loss of a lead has a reason");
        }
        if self.is_default == Some(true) && status_type != LeadStatusType::Open {
            violations.add("/isDefault", "unexpected", "new leads begin in an open status");
        }
        if self.is_default == Some(true) && self.is_archived == Some(true) {
            violations.add("/isArchived", "unexpected", "the default status cannot be archived");
        }
    }

    /// Whether new leads can begin in it.
    pub(super) fn can_be_default(&self) -> bool {
        self.status_type == Some(LeadStatusType::Open) && self.is_archived != Some(true)
    }

    /// Writes validated input into a status.
    pub(super) fn write(self, status: &mut LeadStatus) {
        let Self { name, code, description, status_type, is_default, requires_reason, position, color, is_archived } =
            self;
        status.name = name.unwrap_or_default();
        status.code = code.unwrap_or_default();
        status.description = description;
        status.status_type = status_type.unwrap_or_default();
        status.is_default = is_default.unwrap_or_default();
        status.requires_reason = requires_reason.unwrap_or_default();
        status.position = position.unwrap_or_default();
        status.color = color;
        status.is_archived = is_archived.unwrap_or_default();
    }
}

patch! {
    /// A change of a status of leads (RFC 7396): absent fields stay unchanged, `null` clears a field. Code and type of a status
    /// never change.
    LeadStatusPatch {
        /// The name.
        name: String [max_length = 64],
        /// What the status means.
        description: String [max_length = 1000],
        /// True to make it the default, instead of the one so far.
        is_default: bool,
        /// Whether a lead that gets it needs a reason for its loss. Only for the type `lost`.
        requires_reason: bool,
        /// The place among the other statuses, from 0.
        position: i64 [minimum = 0, maximum = 1_000_000],
        /// The colour, as `#rrggbb`.
        color: String,
        /// Whether it takes no more leads.
        is_archived: bool,
    }
}

impl LeadStatusPatch {
    /// The status after the change.
    pub(super) fn apply(self, status: &LeadStatus) -> NewLeadStatus {
        let mut draft = NewLeadStatus {
            name: Some(status.name.clone()),
            code: None,
            description: status.description.clone(),
            status_type: None,
            is_default: Some(status.is_default),
            requires_reason: Some(status.requires_reason),
            position: Some(status.position),
            color: status.color.clone(),
            is_archived: Some(status.is_archived),
        };
        apply_fields!(self => draft: name, description, is_default, requires_reason, position, color, is_archived);
        draft
    }
}
