//! What a task is.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::ids::{CustomerId, DealId, InteractionId, TaskId, UserId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;
use crate::users::UserRef;

string_enum! {
    /// What kind of task it is.
    #[derive(Default)]
    TaskType {
        /// Anything to do.
        #[default]
        Todo = "todo",
        /// A telephone call.
        Call = "call",
        /// An e-mail.
        Email = "email",
        /// A meeting.
        Meeting = "meeting",
        /// To come back to something.
        FollowUp = "follow_up",
        /// A date by which something must be done.
        Deadline = "deadline",
        /// A document to write, send or sign.
        Document = "document",
    }
}

string_enum! {
    /// Where a task stands.
    ///
    /// | From \ to | `not_started`, `in_progress`, `waiting`, `deferred` | `completed`, `canceled` |
    /// |---|---|---|
    /// | `not_started`, `in_progress`, `waiting`, `deferred` | yes | yes |
    /// | `completed`, `canceled` | only by reopening the task | no |
    ///
    /// Every "no" is a conflict (`task_closed`).
    #[derive(Default)]
    TaskStatus {
        /// Nothing has been done yet.
        #[default]
        NotStarted = "not_started",
        /// It is being worked on.
        InProgress = "in_progress",
        /// It waits for other people, or for something else.
        Waiting = "waiting",
        /// It is done.
        Completed = "completed",
        /// It is put off.
        Deferred = "deferred",
        /// It is no longer to be done. Also read as `cancelled`.
        Canceled = "canceled" | "cancelled",
    }
}

impl TaskStatus {
    /// True for what is still to be done.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Canceled)
    }

    /// True if a task that stands here may stand there next without being reopened: the table above.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self.is_open() || self == next
    }
}

string_enum! {
    /// How urgent a task is.
    #[derive(Default)]
    TaskPriority {
        /// It can wait.
        Low = "low",
        /// As most tasks.
        #[default]
        Normal = "normal",
        /// Before others.
        High = "high",
        /// At once.
        Urgent = "urgent",
    }
}

string_enum! {
    /// Where a task comes from.
    #[derive(Default)]
    TaskOrigin {
        /// A user or a program has added it.
        #[default]
        Manual = "manual",
        /// It was added with an interaction.
        Interaction = "interaction",
        /// An import has added it.
        Import = "import",
        /// A workflow has added it.
        Workflow = "workflow",
        /// An agreed time of response has added it.
        Sla = "sla",
    }
}

/// A step of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChecklistItem {
    /// What is to be done, in one line; up to 250 characters.
    #[cfg_attr(feature = "openapi", schema(example = "Ask for the drawings", max_length = 250))]
    pub text: String,
    /// Whether it is done; false if absent.
    #[serde(default)]
    pub is_done: bool,
}

impl ChecklistItem {
    /// A step that is still to be done.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_done: false }
    }
}

string_enum! {
    /// How a reminder reaches the user.
    ReminderChannel {
        /// By a notification in the CRM.
        InApp = "in_app",
        /// By e-mail. Users who have no address or want no such mail are notified in the CRM instead, as are all where
        /// there is no mail server.
        Email = "email",
    }
}

/// A reminder of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskReminder {
    /// How it reaches the user.
    pub channel: ReminderChannel,
    /// How many minutes before the task is due, up to 30 days; a task with a date is due at nine o'clock for this.
    #[cfg_attr(feature = "openapi", schema(example = 60, maximum = 43_200))]
    pub minutes_before: u32,
}

impl TaskReminder {
    /// A notification so many minutes before the task is due.
    #[must_use]
    pub const fn in_app(minutes_before: u32) -> Self {
        Self { channel: ReminderChannel::InApp, minutes_before }
    }

    /// A mail so many minutes before the task is due.
    #[must_use]
    pub const fn email(minutes_before: u32) -> Self {
        Self { channel: ReminderChannel::Email, minutes_before }
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Task {
    /// The id.
    pub id: TaskId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// What is to be done, in a line.
    pub title: String,
    /// More about it, in Markdown. Raw HTML in it is not sanitised.
    pub description: Option<String>,
    /// True if `description` is only the beginning, 2,000 characters, of a longer text, as in lists and timelines. The
    /// whole text is in the answer for the single task.
    pub is_truncated: bool,
    /// What kind of task it is.
    #[serde(rename = "type")]
    pub task_type: TaskType,
    /// Where it stands.
    pub status: TaskStatus,
    /// How urgent it is.
    pub priority: TaskPriority,
    /// When it is due; absent if it is due by the end of a day, or never.
    pub due_at: Option<DateTime<Utc>>,
    /// The day by the end of which it is due, in the company's time zone; absent if it is due at a time, or never.
    pub due_date: Option<NaiveDate>,
    /// True if it is open and was due before now.
    pub is_overdue: bool,
    /// When work on it is to begin.
    pub start_at: Option<DateTime<Utc>>,
    /// When it was completed; there if and only if it was.
    pub completed_at: Option<DateTime<Utc>>,
    /// Who completed it.
    pub completed_by: Option<ActorRef>,
    /// What came of it, as recorded when it was completed.
    pub result: Option<String>,
    /// The user who is to do it.
    pub assignee_id: Option<UserId>,
    /// The same user with their name.
    pub assignee: Option<UserRef>,
    /// The users who work on it as well.
    pub collaborator_ids: Vec<UserId>,
    /// The customer or the lead that it is for.
    pub customer_id: Option<CustomerId>,
    /// The deal that it is for; one of the customer.
    pub deal_id: Option<DealId>,
    /// The interaction that it comes from.
    pub interaction_id: Option<InteractionId>,
    /// The task that it is part of.
    pub parent_task_id: Option<TaskId>,
    /// Its steps, in their order.
    pub checklist: Vec<ChecklistItem>,
    /// When its assignee and its collaborators are reminded of it.
    pub reminders: Vec<TaskReminder>,
    /// The rule of RFC 5545 by which another task follows when this one is completed.
    pub recurrence: Option<String>,
    /// The first task of the series that this one belongs to.
    pub series_id: Option<TaskId>,
    /// The task of the series that was added when this one was completed. It may have been deleted.
    pub next_task_id: Option<TaskId>,
    /// Where it comes from.
    pub origin: TaskOrigin,
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
    /// The moment at which it is due, as stored; tasks that are never due come last.
    #[serde(skip)]
    pub(crate) due_key: DateTime<Utc>,
    /// From where the rule goes on: what the company's clocks show then, as if it were UTC.
    #[serde(skip)]
    pub(crate) recurs_from: Option<DateTime<Utc>>,
}

impl Task {
    /// A task with nothing in it but an id.
    pub(super) fn blank(id: TaskId, now: DateTime<Utc>, by: ActorRef) -> Self {
        Self {
            id,
            version: 1,
            title: String::new(),
            description: None,
            is_truncated: false,
            task_type: TaskType::default(),
            status: TaskStatus::default(),
            priority: TaskPriority::default(),
            due_at: None,
            due_date: None,
            is_overdue: false,
            start_at: None,
            completed_at: None,
            completed_by: None,
            result: None,
            assignee_id: None,
            assignee: None,
            collaborator_ids: Vec::new(),
            customer_id: None,
            deal_id: None,
            interaction_id: None,
            parent_task_id: None,
            checklist: Vec::new(),
            reminders: Vec::new(),
            recurrence: None,
            series_id: None,
            next_task_id: None,
            origin: TaskOrigin::default(),
            created_at: now,
            updated_at: now,
            created_by: by.clone(),
            updated_by: by,
            deleted_at: None,
            delete_batch_id: None,
            completion_digest: None,
            due_key: now,
            recurs_from: None,
        }
    }

    /// The users who are told of the task; the assignee may be among the collaborators.
    pub(crate) fn workers(&self) -> impl Iterator<Item = UserId> {
        self.assignee_id.into_iter().chain(self.collaborator_ids.iter().copied())
    }

    /// True if the task is in the trash.
    #[must_use]
    pub const fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}
