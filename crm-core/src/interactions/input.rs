//! The input for interactions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::Validate;

use super::model::{Interaction, InteractionDirection, InteractionStatus, InteractionType, Participant};
use super::validate::{self, MAX_DURATION};
use crate::base::ids::UserId;
use crate::base::patch::{Patch, apply_fields, patch};
use crate::base::web;

/// An interaction to add, or all writable fields of one to replace. An absent or `null` field has no value, unless the
/// field describes a default.
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
    /// The type of the interaction; `other` if absent.
    #[serde(rename = "type")]
    pub interaction_type: Option<InteractionType>,
    /// Inbound or outbound.
    pub direction: Option<InteractionDirection>,
    /// The subject, in one line.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Quote for 200 units", max_length = 250))]
    pub subject: Option<String>,
    /// The content, in Markdown; up to 65,536 characters. Also accepted as `description`.
    #[serde(alias = "description")]
    #[validate(length(max = 65_536))]
    #[cfg_attr(feature = "openapi", schema(example = "Wants a **quote** by Friday", max_length = 65_536))]
    pub content: Option<String>,
    /// The status. If absent, a new interaction is `planned` if it is scheduled for the future and `completed`
    /// otherwise; an existing one keeps its status. `not_held` is accepted for `no_show`.
    pub status: Option<InteractionStatus>,
    /// The outcome, for example `connected`, `left_message`, `no_answer`, `busy`, `interested`, `not_interested`,
    /// `callback`, `rescheduled` or `resolved`; your company can use its own words.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "left_message", max_length = 64))]
    pub outcome: Option<String>,
    /// The scheduled start.
    #[validate(custom(function = validate::time))]
    pub scheduled_at: Option<DateTime<Utc>>,
    /// The actual start.
    #[validate(custom(function = validate::time))]
    pub started_at: Option<DateTime<Utc>>,
    /// The time of completion; only for completed interactions, and not before the start. If absent, a new completed
    /// interaction was completed at its start plus its duration, if both are known, and now otherwise.
    #[validate(custom(function = validate::time))]
    pub completed_at: Option<DateTime<Utc>>,
    /// The duration in seconds; up to 31 days.
    #[validate(range(min = 0, max = MAX_DURATION))]
    #[cfg_attr(feature = "openapi", schema(example = 900, minimum = 0, maximum = 2_678_400))]
    pub duration_seconds: Option<i64>,
    /// The location.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "12 Harbour Street, Boston", max_length = 250))]
    pub location: Option<String>,
    /// The web address of an online meeting: http or https.
    #[validate(length(max = 2048), custom(function = web::address))]
    #[cfg_attr(feature = "openapi", schema(example = "https://meet.example.com/lee", max_length = 2048))]
    pub meeting_url: Option<String>,
    /// The owner; `null` for no owner. If absent, you own a new interaction, and an existing one keeps its owner.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub owner_id: Patch<UserId>,
    /// The participants; at most 50.
    #[validate(length(max = 50))]
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub participants: Option<Vec<Participant>>,
    /// The time of the follow-up reminder.
    #[validate(custom(function = validate::time))]
    pub follow_up_at: Option<DateTime<Utc>>,
    /// Metadata of programs; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({})))]
    pub metadata: Option<Map<String, Value>>,
}

impl NewInteraction {
    /// The writable fields by their JSON names. A PUT requires all of them.
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
        "ai",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];

    /// An interaction of this type with this subject.
    pub fn of(interaction_type: InteractionType, subject: impl Into<String>) -> Self {
        Self { interaction_type: Some(interaction_type), subject: Some(subject.into()), ..Self::default() }
    }

    /// A planned interaction of this type at this time.
    #[must_use]
    pub fn planned(self, at: DateTime<Utc>) -> Self {
        Self { status: Some(InteractionStatus::Planned), scheduled_at: Some(at), ..self }
    }
}

impl From<&Interaction> for NewInteraction {
    /// The input that would produce this interaction.
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

patch! {
    /// A change of an interaction (RFC 7396): absent fields stay unchanged, `null` clears a field. `metadata` is merged
    /// member by member; `participants` are replaced as a whole.
    InteractionPatch {
        /// The type of the interaction.
        #[serde(rename = "type")]
        interaction_type: InteractionType,
        /// Inbound or outbound.
        direction: InteractionDirection,
        /// The subject, in one line.
        subject: String [max_length = 250],
        /// The content, in Markdown. Also accepted as `description`.
        #[serde(alias = "description")]
        content: String [max_length = 65_536],
        /// The status; a closed interaction keeps its status. `null` changes nothing. `not_held` is accepted for `no_show`.
        status: InteractionStatus,
        /// The outcome.
        outcome: String [max_length = 64],
        /// The scheduled start.
        scheduled_at: DateTime<Utc>,
        /// The actual start.
        started_at: DateTime<Utc>,
        /// The time of completion. If absent when an interaction is completed, it is now; `null` changes nothing.
        completed_at: DateTime<Utc>,
        /// The duration in seconds; up to 31 days.
        duration_seconds: i64 [minimum = 0, maximum = 2_678_400],
        /// The location.
        location: String [max_length = 250],
        /// The web address of an online meeting: http or https.
        meeting_url: String [max_length = 2048],
        /// The owner; `null` for no owner.
        owner_id: UserId,
        /// The participants; replaces all.
        participants: Vec<Participant> [max_items = 50],
        /// The time of the follow-up reminder.
        follow_up_at: DateTime<Utc>,
        /// Metadata of programs, merged member by member.
        metadata: Map<String, Value> as Object,
    }
}

impl InteractionPatch {
    /// Whether the patch changes the status or the time of completion.
    pub(super) const fn is_move(&self) -> bool {
        !(self.status.is_absent()
            && self.scheduled_at.is_absent()
            && self.started_at.is_absent()
            && self.completed_at.is_absent()
            && self.follow_up_at.is_absent())
    }

    /// The interaction after the change.
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
