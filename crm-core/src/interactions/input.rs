//! What a caller may say of an interaction.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::Validate;

use super::model::{Interaction, InteractionDirection, InteractionStatus, InteractionType, Participant};
use super::validate::{self, MAX_DURATION};
use crate::base::ids::UserId;
use crate::base::patch::{Patch, apply_fields};
use crate::base::web;

/// An interaction to add, or all writable fields of one to replace. What is absent or `null` has no value, unless its field
/// says otherwise.
///
/// ```
/// use crm_core::interactions::{InteractionType, NewInteraction};
///
/// let call = NewInteraction {
///     outcome: Some("left_message".into()),
///     duration_seconds: Some(90),
///     ..NewInteraction::of(InteractionType::Call, "Asked for a quote")
/// };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewInteraction {
    /// What kind of interaction it is; `other` if absent.
    #[serde(rename = "type")]
    pub interaction_type: Option<InteractionType>,
    /// Who turned to whom.
    pub direction: Option<InteractionDirection>,
    /// What it is about, in a line.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Quote for 200 units", max_length = 250))]
    pub subject: Option<String>,
    /// What was said, in Markdown; up to 65,536 characters. Also read as `description`.
    #[serde(alias = "description")]
    #[validate(length(max = 65_536))]
    #[cfg_attr(feature = "openapi", schema(example = "Wants a **quote** by Friday", max_length = 65_536))]
    pub content: Option<String>,
    /// Where it stands. Of a new one, if absent: `planned` if it is scheduled for later, else `completed`; an old one stays
    /// where it stands. `not_held` is read as `no_show`.
    pub status: Option<InteractionStatus>,
    /// What came of it, for instance `connected`, `left_message`, `no_answer`, `busy`, `interested`, `not_interested`,
    /// `callback`, `rescheduled` or `resolved`; any word of the company's own.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "left_message", max_length = 64))]
    pub outcome: Option<String>,
    /// When it is to begin.
    #[validate(custom(function = validate::time))]
    pub scheduled_at: Option<DateTime<Utc>>,
    /// When it began.
    #[validate(custom(function = validate::time))]
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed; for completed ones only, and not before it began. If absent, a completed one that is added
    /// ended when it began and as long as it took after that, if it is known, and else now.
    #[validate(custom(function = validate::time))]
    pub completed_at: Option<DateTime<Utc>>,
    /// How long it takes or took, in seconds; up to 31 days.
    #[validate(range(min = 0, max = MAX_DURATION))]
    #[cfg_attr(feature = "openapi", schema(example = 900, minimum = 0, maximum = 2_678_400))]
    pub duration_seconds: Option<i64>,
    /// Where it takes place.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "12 Harbour Street, Boston", max_length = 250))]
    pub location: Option<String>,
    /// Where it takes place on the web: http or https.
    #[validate(length(max = 2048), custom(function = web::address))]
    #[cfg_attr(feature = "openapi", schema(example = "https://meet.example.com/lee", max_length = 2048))]
    pub meeting_url: Option<String>,
    /// The user whose it is to keep, or who kept it; `null` for nobody. If absent, a new one is yours, and an old one keeps
    /// its owner.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub owner_id: Patch<UserId>,
    /// Who takes part; at most 50.
    #[validate(length(max = 50))]
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub participants: Option<Vec<Participant>>,
    /// When to come back to it.
    #[validate(custom(function = validate::time))]
    pub follow_up_at: Option<DateTime<Utc>>,
    /// Data that programs keep with the interaction; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({})))]
    pub metadata: Option<Map<String, Value>>,
}

impl NewInteraction {
    /// The writable fields, as they are called in JSON. A PUT names all of them.
    pub const FIELDS: &'static [&'static str] = &[
        "type",
        "direction",
        "subject",
        "content",
        "status",
        "outcome",
        "scheduledAt",
        "startedAt",
        "completedAt",
        "durationSeconds",
        "location",
        "meetingUrl",
        "ownerId",
        "participants",
        "followUpAt",
        "metadata",
    ];

    /// The fields of an [`Interaction`] that a PUT ignores.
    pub const READ_ONLY: &'static [&'static str] = &[
        "id",
        "version",
        "customerId",
        "isTruncated",
        "occurredAt",
        "owner",
        "followUpId",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];

    /// An interaction of this type about this subject.
    pub fn of(interaction_type: InteractionType, subject: impl Into<String>) -> Self {
        Self { interaction_type: Some(interaction_type), subject: Some(subject.into()), ..Self::default() }
    }

    /// The same, planned for this time.
    #[must_use]
    pub fn planned(self, at: DateTime<Utc>) -> Self {
        Self { status: Some(InteractionStatus::Planned), scheduled_at: Some(at), ..self }
    }
}

impl From<&Interaction> for NewInteraction {
    /// What would have to be said to get the same interaction.
    fn from(interaction: &Interaction) -> Self {
        let interaction = interaction.clone();
        Self {
            interaction_type: Some(interaction.interaction_type),
            direction: interaction.direction,
            subject: interaction.subject,
            content: interaction.content,
            status: Some(interaction.status),
            outcome: interaction.outcome,
            scheduled_at: interaction.scheduled_at,
            started_at: interaction.started_at,
            completed_at: interaction.completed_at,
            duration_seconds: interaction.duration_seconds,
            location: interaction.location,
            meeting_url: interaction.meeting_url,
            owner_id: interaction.owner_id.into(),
            participants: Some(interaction.participants),
            follow_up_at: interaction.follow_up_at,
            metadata: Some(interaction.metadata),
        }
    }
}

/// A change of an interaction (RFC 7396): fields that are absent stay, `null` clears. `metadata` is merged member by member;
/// `participants` are replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InteractionPatch {
    /// What kind of interaction it is.
    #[serde(default, rename = "type")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<InteractionType>))]
    pub interaction_type: Patch<InteractionType>,
    /// Who turned to whom.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<InteractionDirection>))]
    pub direction: Patch<InteractionDirection>,
    /// What it is about, in a line.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 250))]
    pub subject: Patch<String>,
    /// What was said, in Markdown. Also read as `description`.
    #[serde(default, alias = "description")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 65_536))]
    pub content: Patch<String>,
    /// Where it stands; what is closed stays so. `null` changes nothing. `not_held` is read as `no_show`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<InteractionStatus>))]
    pub status: Patch<InteractionStatus>,
    /// What came of it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 64))]
    pub outcome: Patch<String>,
    /// When it is to begin.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub scheduled_at: Patch<DateTime<Utc>>,
    /// When it began.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub started_at: Patch<DateTime<Utc>>,
    /// When it was completed. One that becomes completed without it was completed now; `null` changes nothing.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub completed_at: Patch<DateTime<Utc>>,
    /// How long it takes or took, in seconds; up to 31 days.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 0, maximum = 2_678_400))]
    pub duration_seconds: Patch<i64>,
    /// Where it takes place.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 250))]
    pub location: Patch<String>,
    /// Where it takes place on the web: http or https.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 2048))]
    pub meeting_url: Patch<String>,
    /// The user whose it is to keep, or who kept it; `null` for nobody.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub owner_id: Patch<UserId>,
    /// Who takes part; replaces all.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Participant>>, max_items = 50))]
    pub participants: Patch<Vec<Participant>>,
    /// When to come back to it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DateTime<Utc>>))]
    pub follow_up_at: Patch<DateTime<Utc>>,
    /// Data that programs keep with the interaction, merged member by member.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub metadata: Patch<Map<String, Value>>,
}

impl InteractionPatch {
    /// True if it says something of where the interaction stands, or when.
    pub(super) const fn is_move(&self) -> bool {
        !(self.status.is_absent()
            && self.scheduled_at.is_absent()
            && self.started_at.is_absent()
            && self.completed_at.is_absent()
            && self.follow_up_at.is_absent())
    }

    /// What the interaction would be.
    pub(super) fn apply(self, interaction: &Interaction) -> NewInteraction {
        let mut draft = NewInteraction::from(interaction);
        apply_fields!(self => draft:
            interaction_type, direction, subject, content, status, outcome, scheduled_at, started_at, completed_at,
            duration_seconds, location, meeting_url, participants, follow_up_at; owner_id, metadata
        );
        if !owner_id.is_absent() {
            draft.owner_id = owner_id;
        }
        metadata.merge_into(&mut draft.metadata);
        draft
    }
}
