//! What a notification is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::ids::{CustomerId, NotificationId};
use crate::base::string_enum::string_enum;
use crate::users::UserRef;

string_enum! {
    /// Why a user is notified.
    NotificationKind {
        /// A task, a planned interaction, a deal or a lead was assigned to them.
        Assigned = "assigned",
        /// A note or an interaction mentions them.
        Mentioned = "mentioned",
        /// One of their tasks is due.
        Due = "due",
        /// A reminder of a task.
        Reminder = "reminder",
        /// A deal of theirs was moved to another stage.
        StageChanged = "stage_changed",
        /// A lead of theirs was not answered in time.
        ResponseFailed = "response_failed",
    }
}

string_enum! {
    /// The kind of the record that a notification is about.
    NotifiedRecord {
        /// A task.
        Task = "task",
        /// A note.
        Note = "note",
        /// An interaction.
        Interaction = "interaction",
        /// A deal.
        Deal = "deal",
        /// A lead.
        Lead = "lead",
    }
}

/// A notification of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Notification {
    /// The id.
    pub id: NotificationId,
    /// Why the user is notified.
    pub kind: NotificationKind,
    /// The kind of the record that it is about.
    pub record_kind: NotifiedRecord,
    /// The record that it is about.
    pub record_id: Uuid,
    /// The title of that record, as it is now; absent if it has none.
    pub title: Option<String>,
    /// The customer or the lead of that record, if it has one.
    pub customer_id: Option<CustomerId>,
    /// The user who caused it; absent if no user did.
    pub actor: Option<UserRef>,
    /// How often it has happened since the user last read of it.
    pub count: i64,
    /// When it happened, the last time.
    pub created_at: DateTime<Utc>,
    /// When the user read it; absent if it is unread.
    pub read_at: Option<DateTime<Utc>>,
}
