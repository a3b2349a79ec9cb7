//! What a dashboard shows.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Interval;
use crate::base::ids::{CustomerId, InteractionId, TagId};
use crate::base::string_enum::string_enum;
use crate::interactions::InteractionType;
use crate::users::UserRef;

/// How things develop in a period, and what is due now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Dashboard {
    /// When it was counted.
    pub as_of: DateTime<Utc>,
    /// The time zone whose days count.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// What the period is divided into.
    pub interval: Interval,
    /// Where the period begins.
    pub from: DateTime<Utc>,
    /// Where it ends; this moment is not in it any more.
    pub to: DateTime<Utc>,
    /// Where the period before it begins, which is as long and ends where this one begins.
    pub previous_from: DateTime<Utc>,
    /// What there was in the whole period, and in the one before.
    pub totals: DashboardTotals,
    /// The same interval by interval, none of them left out.
    pub series: Vec<DashboardPoint>,
    /// What is due, whatever the period.
    pub follow_ups: FollowUps,
    /// The tags that most customers have, now; at most ten.
    pub top_tags: Vec<TopTag>,
    /// What happened last, whatever the period; at most ten entries.
    pub latest_activity: Vec<Activity>,
}

/// What there was in a period, and in the one before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DashboardTotals {
    /// Customers that were added.
    pub new_customers: Comparison,
    /// Interactions that were scheduled for it, whatever became of them.
    pub interactions_planned: Comparison,
    /// Interactions that were completed.
    pub interactions_completed: Comparison,
}

/// A number, and what it was in the period before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Comparison {
    /// In the period.
    pub current: u64,
    /// In the period before.
    pub previous: u64,
    /// How much more it is, as a share of what it was: 0.5 is half as many again, -1 nothing any more. Nothing to compare with
    /// is `null`.
    pub change: Option<f64>,
}

impl Comparison {
    pub(super) fn new(current: u64, previous: u64) -> Self {
        let change = (previous > 0).then(|| current as f64 / previous as f64 - 1.0);
        Self { current, previous, change }
    }
}

/// What there was in one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DashboardPoint {
    /// The first day of the interval, in the time zone.
    pub date: NaiveDate,
    /// Where it begins; the first interval of a period begins no earlier than the period.
    pub from: DateTime<Utc>,
    /// Where it ends; this moment is not in it any more.
    pub to: DateTime<Utc>,
    /// Customers that were added.
    pub new_customers: u64,
    /// Interactions that were scheduled for it, whatever became of them.
    pub interactions_planned: u64,
    /// Interactions that were completed.
    pub interactions_completed: u64,
}

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FollowUps {
    /// How much is overdue: interactions that are open and should have begun, and reminders that have passed.
    pub overdue_count: u64,
    /// What has been overdue for the longest time; at most ten.
    pub overdue: Vec<Due>,
    /// How much is due within seven days from now.
    pub coming_count: u64,
    /// What is due next; at most ten.
    pub coming: Vec<Due>,
}

string_enum! {
    /// Why something is due.
    DueReason {
        /// It is open, and scheduled for then.
        Scheduled = "scheduled",
        /// It is to be come back to then (`followUpAt`), and there has been no contact since.
        FollowUp = "follow_up",
    }
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Due {
    /// When.
    pub due_at: DateTime<Utc>,
    /// Why.
    pub reason: DueReason,
    /// The interaction.
    pub interaction_id: InteractionId,
    /// What kind of interaction it is.
    #[serde(rename = "type")]
    pub interaction_type: InteractionType,
    /// What it is about.
    pub subject: Option<String>,
    /// The customer.
    pub customer_id: CustomerId,
    /// The customer's name.
    pub customer_name: String,
    /// Whose it is.
    pub owner: Option<UserRef>,
}

/// A tag, and how many customers have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TopTag {
    /// The tag's id.
    pub id: TagId,
    /// Its name.
    pub name: String,
    /// Its colour.
    pub color: Option<String>,
    /// How many customers have it.
    pub customers: u64,
}

string_enum! {
    /// What happened.
    ActivityKind {
        /// A customer was added.
        CustomerAdded = "customer_added",
        /// A shared note was written.
        NoteAdded = "note_added",
        /// An interaction was completed.
        InteractionCompleted = "interaction_completed",
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Activity {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: ActivityKind,
    /// The id of the customer, note or interaction.
    pub id: Uuid,
    /// A note's title, or what an interaction is about.
    pub title: Option<String>,
    /// The customer.
    pub customer_id: CustomerId,
    /// The customer's name.
    pub customer_name: String,
    /// Who added or wrote it; of an interaction, whose it is.
    pub user: Option<UserRef>,
}
