//! The answer of a dashboard.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Interval;
use crate::base::ids::{CustomerId, InteractionId, TagId};
use crate::base::string_enum::string_enum;
use crate::interactions::InteractionType;
use crate::users::UserRef;

/// Numbers of a period, and the follow-ups that are due now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Dashboard {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the days.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// The length of an interval.
    pub interval: Interval,
    /// The start of the period.
    pub from: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub to: DateTime<Utc>,
    /// The start of the previous period, which has the same length and ends where this one starts.
    pub previous_from: DateTime<Utc>,
    /// The totals of the period and of the previous one.
    pub totals: DashboardTotals,
    /// The numbers per interval, without gaps.
    pub series: Vec<DashboardPoint>,
    /// Overdue and coming follow-ups, independent of the period.
    pub follow_ups: FollowUps,
    /// The tags with the most customers, at most ten.
    pub top_tags: Vec<TopTag>,
    /// The latest entries, independent of the period; at most ten.
    pub latest_activity: Vec<Activity>,
}

/// The totals of a period and of the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DashboardTotals {
    /// The number of customers added.
    pub new_customers: Comparison,
    /// The number of interactions scheduled in the period, whatever their status.
    pub interactions_planned: Comparison,
    /// The number of interactions completed.
    pub interactions_completed: Comparison,
}

/// A number of the period and of the previous one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Comparison {
    /// The number of the period.
    pub current: u64,
    /// The number of the previous period.
    pub previous: u64,
    /// The change as a fraction of the previous number: 0.5 is an increase by half, -1 a decrease to zero; `null` if
    /// the previous number is zero.
    pub change: Option<f64>,
}

impl Comparison {
    pub(super) fn new(current: u64, previous: u64) -> Self {
        let change = (previous > 0).then(|| current as f64 / previous as f64 - 1.0);
        Self { current, previous, change }
    }
}

/// The numbers of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DashboardPoint {
    /// The first day of the interval, in the time zone.
    pub date: NaiveDate,
    /// The start of the interval; the first interval does not start before the period.
    pub from: DateTime<Utc>,
    /// The end of the interval, exclusive.
    pub to: DateTime<Utc>,
    /// The number of customers added.
    pub new_customers: u64,
    /// The number of interactions scheduled in the interval, whatever their status.
    pub interactions_planned: u64,
    /// The number of interactions completed.
    pub interactions_completed: u64,
}

/// Overdue and coming follow-ups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FollowUps {
    /// The number of overdue follow-ups: open interactions whose scheduled time has passed, and reminders whose time
    /// has passed.
    pub overdue_count: u64,
    /// The longest overdue follow-ups; at most ten.
    pub overdue: Vec<Due>,
    /// The number of follow-ups within the next seven days.
    pub coming_count: u64,
    /// The next follow-ups; at most ten.
    pub coming: Vec<Due>,
}

string_enum! {
    /// The reason for a follow-up.
    DueReason {
        /// An open interaction is scheduled for the time.
        Scheduled = "scheduled",
        /// The interaction has a reminder (`followUpAt`), and there has been no contact since.
        FollowUp = "follow_up",
    }
}

/// A follow-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Due {
    /// The time of the follow-up.
    pub due_at: DateTime<Utc>,
    /// The reason for the follow-up.
    pub reason: DueReason,
    /// The interaction.
    pub interaction_id: InteractionId,
    /// The type of the interaction.
    #[serde(rename = "type")]
    pub interaction_type: InteractionType,
    /// The subject of the interaction.
    pub subject: Option<String>,
    /// The customer or the lead.
    pub customer_id: CustomerId,
    /// The name of the customer or the lead.
    pub customer_name: String,
    /// The owner of the interaction.
    pub owner: Option<UserRef>,
}

/// A tag, and the number of customers that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TopTag {
    /// The tag's id.
    pub id: TagId,
    /// The name of the tag.
    pub name: String,
    /// The colour of the tag.
    pub color: Option<String>,
    /// The number of customers that have the tag.
    pub customers: u64,
}

string_enum! {
    /// The kind of an entry.
    ActivityKind {
        /// A customer was added.
        CustomerAdded = "customer_added",
        /// A shared note was added.
        NoteAdded = "note_added",
        /// An interaction was completed.
        InteractionCompleted = "interaction_completed",
    }
}

/// An entry of the latest activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Activity {
    /// The time of the entry.
    pub at: DateTime<Utc>,
    /// The kind of the entry.
    pub kind: ActivityKind,
    /// The id of the customer, note or interaction.
    pub id: Uuid,
    /// The title of the note, or the subject of the interaction.
    pub title: Option<String>,
    /// The customer or the lead.
    pub customer_id: CustomerId,
    /// The name of the customer or the lead.
    pub customer_name: String,
    /// The user who added the customer or note, or the owner of the interaction.
    pub user: Option<UserRef>,
}
