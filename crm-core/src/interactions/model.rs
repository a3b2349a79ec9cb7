//! What an interaction is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::ai::InteractionAi;
use crate::base::ids::{CustomerId, InteractionId, UserId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;
use crate::users::UserRef;

string_enum! {
    /// What kind of interaction it is.
    #[derive(Default)]
    InteractionType {
        /// A telephone call.
        Call = "call",
        /// An e-mail.
        Email = "email",
        /// A meeting.
        Meeting = "meeting",
        /// A text message.
        Sms = "sms",
        /// A chat.
        Chat = "chat",
        /// A message by WhatsApp.
        Whatsapp = "whatsapp",
        /// A message by another social network.
        Social = "social",
        /// A visit.
        Visit = "visit",
        /// A meeting by video.
        Video = "video",
        /// A letter.
        Letter = "letter",
        /// A demonstration.
        Demo = "demo",
        /// A meal.
        Lunch = "lunch",
        /// A form, a visit to the website.
        Web = "web",
        /// Something to remember.
        Note = "note",
        /// Anything else.
        #[default]
        Other = "other",
    }
}

string_enum! {
    /// Inbound or outbound.
    InteractionDirection {
        /// The customer to the company.
        Inbound = "inbound",
        /// The company to the customer.
        Outbound = "outbound",
        /// Colleagues among themselves.
        Internal = "internal",
    }
}

string_enum! {
    /// Where an interaction stands.
    ///
    /// | From \ to | `planned` | `in_progress` | `completed` | `cancelled` | `no_show` |
    /// |---|---|---|---|---|---|
    /// | `planned` | | yes | yes | yes | yes |
    /// | `in_progress` | yes, put off | | yes | yes | yes |
    /// | `completed`, `cancelled`, `no_show` | no | no | no | no | no |
    ///
    /// Every "no" is a conflict (`interaction_closed`).
    InteractionStatus {
        /// It is to come.
        Planned = "planned",
        /// It is going on.
        InProgress = "in_progress",
        /// It has been.
        Completed = "completed",
        /// It was called off.
        Cancelled = "cancelled",
        /// A participant did not come. Also read as `not_held`.
        NoShow = "no_show" | "not_held",
    }
}

impl InteractionStatus {
    /// True for what is planned or in progress.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::InProgress)
    }

    /// True if an interaction that stands here may stand there next: the table above.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self.is_open() || self == next
    }
}

string_enum! {
    /// What a participant is.
    ParticipantKind {
        /// A user of the company.
        User = "user",
        /// A customer of the company.
        Customer = "customer",
        /// Anybody, by their e-mail address.
        Email = "email",
    }
}

string_enum! {
    /// What a participant is there for.
    #[derive(Default)]
    ParticipantRole {
        /// Invites the others.
        Organizer = "organizer",
        /// Is needed.
        #[default]
        Required = "required",
        /// May come.
        Optional = "optional",
    }
}

string_enum! {
    /// What a participant has answered.
    #[derive(Default)]
    ParticipantResponse {
        /// Nothing yet.
        #[default]
        None = "none",
        /// Comes.
        Accepted = "accepted",
        /// Does not come.
        Declined = "declined",
        /// May come.
        Tentative = "tentative",
    }
}

/// A person who takes part in an interaction: a user or a customer by `id`, anybody else by `address`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Participant {
    /// What the participant is.
    pub kind: ParticipantKind,
    /// The id of a user or customer.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// The e-mail address of anybody else, in lower case; up to 254 characters.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com", max_length = 254))]
    pub address: Option<String>,
    /// What the participant is there for; `required` if absent.
    #[serde(default)]
    pub role: ParticipantRole,
    /// What the participant has answered; `none` if absent.
    #[serde(default)]
    pub response: ParticipantResponse,
}

impl Participant {
    /// A user of the company.
    #[must_use]
    pub fn user(id: UserId) -> Self {
        Self { id: Some(id.0), ..Self::of(ParticipantKind::User) }
    }

    /// A customer of the company.
    #[must_use]
    pub fn customer(id: CustomerId) -> Self {
        Self { id: Some(id.0), ..Self::of(ParticipantKind::Customer) }
    }

    /// Anybody.
    pub fn email(address: impl Into<String>) -> Self {
        Self { address: Some(address.into()), ..Self::of(ParticipantKind::Email) }
    }

    fn of(kind: ParticipantKind) -> Self {
        Self {
            kind,
            id: None,
            address: None,
            role: ParticipantRole::default(),
            response: ParticipantResponse::default(),
        }
    }

    /// Who the participant is, whatever their role.
    #[must_use]
    pub fn identity(&self) -> (ParticipantKind, Option<Uuid>, Option<&str>) {
        (self.kind, self.id, self.address.as_deref())
    }
}

/// An interaction with a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Interaction {
    /// The id.
    pub id: InteractionId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The customer or the lead.
    pub customer_id: CustomerId,
    /// What kind of interaction it is.
    #[serde(rename = "type")]
    pub interaction_type: InteractionType,
    /// Inbound or outbound.
    pub direction: Option<InteractionDirection>,
    /// What it is about, in a line.
    pub subject: Option<String>,
    /// What was said, in Markdown. Raw HTML in it is not sanitised.
    pub content: Option<String>,
    /// True if `content` is only the beginning, 2,000 characters, of a longer text, as in lists and timelines. The whole text is
    /// in the answer for the single interaction.
    pub is_truncated: bool,
    /// Where it stands.
    pub status: InteractionStatus,
    /// What came of it, for instance `connected` or `left_message`.
    pub outcome: Option<String>,
    /// When it is to begin.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed; there if and only if it was.
    pub completed_at: Option<DateTime<Utc>>,
    /// Its place in time: when it was completed, else started, else scheduled for, else added.
    pub occurred_at: DateTime<Utc>,
    /// How long it takes or took, in seconds.
    pub duration_seconds: Option<i64>,
    /// Where it takes place.
    pub location: Option<String>,
    /// Where it takes place on the web.
    pub meeting_url: Option<String>,
    /// The user whose it is to keep, or who kept it.
    pub owner_id: Option<UserId>,
    /// The same user with their name.
    pub owner: Option<UserRef>,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// When to come back to it.
    pub follow_up_at: Option<DateTime<Utc>>,
    /// The interaction that was planned when this one was completed.
    pub follow_up_id: Option<InteractionId>,
    /// Data that programs keep with the interaction; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub metadata: Map<String, Value>,
    /// What a language model has made of it: a summary, a suggested reply. It changes without a new version.
    pub ai: InteractionAi,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
    /// When it was put into the trash.
    pub deleted_at: Option<DateTime<Utc>>,
    /// What was put into the trash together comes back together.
    #[serde(skip)]
    pub(crate) delete_batch_id: Option<Uuid>,
    /// What was said when it was completed, as a digest: the same words, said again, change nothing.
    #[serde(skip)]
    pub(crate) completion_digest: Option<String>,
}

impl Interaction {
    /// Whether it was a contact of the company with the customer or the lead. Without a direction its type decides.
    pub(super) fn is_response(&self) -> bool {
        let is_ours = match self.direction {
            Some(direction) => direction == InteractionDirection::Outbound,
            None => {
                !matches!(self.interaction_type, InteractionType::Web | InteractionType::Note | InteractionType::Other)
            }
        };
        is_ours && self.status == InteractionStatus::Completed
    }

    /// A planned interaction with nothing in it but an id.
    pub(super) fn blank(id: InteractionId, customer: CustomerId, now: DateTime<Utc>, by: ActorRef) -> Self {
        Self {
            id,
            version: 1,
            customer_id: customer,
            interaction_type: InteractionType::default(),
            direction: None,
            subject: None,
            content: None,
            is_truncated: false,
            status: InteractionStatus::Planned,
            outcome: None,
            scheduled_at: None,
            started_at: None,
            completed_at: None,
            occurred_at: now,
            duration_seconds: None,
            location: None,
            meeting_url: None,
            owner_id: None,
            owner: None,
            participants: Vec::new(),
            follow_up_at: None,
            follow_up_id: None,
            metadata: Map::new(),
            ai: InteractionAi::default(),
            created_at: now,
            updated_at: now,
            created_by: by.clone(),
            updated_by: by,
            deleted_at: None,
            delete_batch_id: None,
            completion_digest: None,
        }
    }

    /// True if the interaction is in the trash.
    #[must_use]
    pub const fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// An interaction that was completed, and what was planned with that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CompletedInteraction {
    /// The interaction as it is now.
    pub interaction: Interaction,
    /// The one that follows, if one was planned and has not been deleted since.
    pub follow_up: Option<Interaction>,
}
