//! What a note is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::ids::{CustomerId, NoteId, UserId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;
use crate::users::UserRef;

string_enum! {
    /// What a note is about.
    #[derive(Default)]
    NoteType {
        /// Anything.
        #[default]
        General = "general",
        /// A telephone call.
        Call = "call",
        /// A meeting.
        Meeting = "meeting",
        /// An e-mail.
        Email = "email",
        /// Something to come back to.
        FollowUp = "follow_up",
        /// Something the customer is unhappy with.
        Complaint = "complaint",
        /// What the customer thinks of us.
        Feedback = "feedback",
        /// A contract.
        Contract = "contract",
        /// An invoice, a payment.
        Billing = "billing",
        /// Something for colleagues.
        Internal = "internal",
    }
}

string_enum! {
    /// Who sees a note.
    #[derive(Default)]
    NoteVisibility {
        /// Everybody in the company who sees the customer.
        #[default]
        Shared = "shared",
        /// Its author alone.
        Private = "private",
    }
}

/// A note on a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Note {
    /// The id.
    pub id: NoteId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The customer or the lead it is about.
    pub customer_id: CustomerId,
    /// What it is about.
    #[serde(rename = "type")]
    pub note_type: NoteType,
    /// A title.
    pub title: Option<String>,
    /// The text, in Markdown. Raw HTML in it is not sanitised.
    pub body: String,
    /// True if `body` is only the beginning, 2,000 characters, of a longer text, as in lists and timelines. The whole text is in
    /// the answer for the single note.
    pub is_truncated: bool,
    /// Who sees it.
    pub visibility: NoteVisibility,
    /// True if it stays at the top.
    pub is_pinned: bool,
    /// Who wrote it, with their name; absent if no user did.
    pub author: Option<UserRef>,
    /// When the text was last changed; absent if it never was.
    pub edited_at: Option<DateTime<Utc>>,
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
}

impl Note {
    /// The user who wrote it.
    #[must_use]
    pub fn author_id(&self) -> Option<UserId> {
        self.created_by.id
    }

    /// True if the note is in the trash.
    #[must_use]
    pub const fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}
