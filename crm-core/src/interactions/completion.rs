//! The input for completing an interaction.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use validator::Validate;

use super::input::NewInteraction;
use super::model::{Interaction, InteractionStatus, InteractionType};
use super::validate::{self, MAX_DURATION};
use crate::base::error::{Error, Result, Violations};
use crate::base::hex::hex;
use crate::base::ids::UserId;
use crate::base::patch::Patch;
use crate::base::{text, validation};
use crate::scope::actor::{Actor, ActorKind};

/// The outcome of an interaction, and the next interaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Completion {
    /// The outcome, for example `connected`; your company can use its own words. If absent, it stays unchanged.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "interested", max_length = 64))]
    pub outcome: Option<String>,
    /// The time of completion; now if absent.
    #[validate(custom(function = validate::time))]
    pub completed_at: Option<DateTime<Utc>>,
    /// The duration in seconds; up to 31 days. If absent, it stays unchanged.
    #[validate(range(min = 0, max = MAX_DURATION))]
    #[cfg_attr(feature = "openapi", schema(example = 900, minimum = 0, maximum = 2_678_400))]
    pub duration_seconds: Option<i64>,
    /// The content, in Markdown, which replaces the stored content. If absent, it stays unchanged. Also accepted as
    /// `note` and `description`.
    #[serde(alias = "note", alias = "description")]
    #[validate(length(max = 65_536))]
    #[cfg_attr(feature = "openapi", schema(example = "Takes 200 units if they come by May", max_length = 65_536))]
    pub content: Option<String>,
    /// The next interaction, to be planned.
    #[validate(nested)]
    pub follow_up: Option<FollowUp>,
}

/// An interaction that is planned when another is completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FollowUp {
    /// The type; the same as before if absent.
    #[serde(rename = "type")]
    pub interaction_type: Option<InteractionType>,
    /// The subject; the same as before if absent.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Send the contract", max_length = 250))]
    pub subject: Option<String>,
    /// The scheduled start.
    #[validate(custom(function = validate::time))]
    pub scheduled_at: DateTime<Utc>,
    /// The owner. If absent, it is the owner of the completed interaction, or you if that has none; `null` for no
    /// owner.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub owner_id: Patch<UserId>,
}

impl FollowUp {
    /// A follow-up with the same type and subject at this time.
    #[must_use]
    pub const fn at(scheduled_at: DateTime<Utc>) -> Self {
        Self { interaction_type: None, subject: None, scheduled_at, owner_id: Patch::Absent }
    }

    /// The interaction to plan after `interaction`, which `actor` completes.
    pub(super) fn plan(self, interaction: &Interaction, actor: &Actor) -> NewInteraction {
        let Self { interaction_type, subject, scheduled_at, owner_id } = self;
        let owner = match owner_id {
            Patch::Absent => interaction.owner_id.or_else(|| user(actor)).into(),
            owner => owner,
        };
        NewInteraction {
            interaction_type: interaction_type.or(Some(interaction.interaction_type)),
            subject: subject.or_else(|| interaction.subject.clone()),
            owner_id: owner,
            ..NewInteraction::default().planned(scheduled_at)
        }
    }
}

/// The acting user; `None` for services and the system.
pub(super) fn user(actor: &Actor) -> Option<UserId> {
    actor.user_id().filter(|_| actor.kind() == ActorKind::User)
}

impl Completion {
    /// Trims all texts, clears empty ones, and checks the rules that do not depend on the interaction.
    pub(super) fn validated(mut self) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.outcome, "/outcome", validate::word, &mut violations);
        validation::normalise(&mut self.content, "/content", text::block, &mut violations);
        self.completed_at = self.completed_at.map(validate::cut);
        if let Some(follow_up) = &mut self.follow_up {
            validation::normalise(&mut follow_up.subject, "/followUp/subject", text::line, &mut violations);
            follow_up.scheduled_at = validate::cut(follow_up.scheduled_at);
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    /// A digest of the input, by which a retry is recognized.
    pub(super) fn digest(&self) -> Result<String> {
        let input = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(hex(Sha256::digest(input)))
    }

    /// The interaction after its completion.
    pub(super) fn apply(self, interaction: &Interaction) -> NewInteraction {
        let Self { outcome, completed_at, duration_seconds, content, follow_up: _ } = self;
        let draft = NewInteraction::from(interaction);
        NewInteraction {
            status: Some(InteractionStatus::Completed),
            outcome: outcome.or(draft.outcome),
            completed_at,
            duration_seconds: duration_seconds.or(draft.duration_seconds),
            content: content.or(draft.content),
            ..draft
        }
    }
}
