//! Statistics: totals, dashboards, performance reports and the activity of customers.
//!
//! All numbers are computed from the records themselves, so they always agree with the lists:
//! `GET /api/interactions?overdue=true` has as many records as the dashboard reports. There are no counters per
//! company, because every write of the company would have to lock them.
//!
//! # What counts
//!
//! - Records in the trash do not count; archived customers do.
//! - Private notes do not count, not even for their authors: all users see the same numbers.
//! - Where the actor's right to read reaches their own records only, only those count. A kind of record that they may not
//!   read at all counts as zero.
//! - An interaction counts as **planned** by its `scheduledAt`, whatever its status; as **completed** by its
//!   `completedAt`.
//! - A **contact** is a completed interaction.
//! - A **reminder** (`followUpAt`) is pending until there is a contact at its time or later, or until another
//!   interaction was planned when this one was completed.
//! - **Overdue** are open interactions whose scheduled time has passed, and pending reminders whose time has passed;
//!   **coming** are those of the next seven days.
//!
//! # Time
//!
//! Days, weeks and months are those of a time zone, the company's unless another is asked for. A day can have 23 or 25 hours;
//! weeks begin on Monday (ISO 8601).
//!
//! # Sales
//!
//! Leads, deals, quotas and tasks count as `docs/statistics.md` defines it. Amounts of different currencies are never added;
//! sums in the base currency take the rate of its end for a closed deal, and the current one for an open deal.
//!
//! # Statistics of a customer
//!
//! The first, last and next contact and the numbers of notes and interactions are stored in a row per customer. Every
//! write updates it in its own transaction: see [`Crm::recount_stats`](crate::Crm::recount_stats).
//!
//! ```
//! # use crm_core::Crm;
//! # use crm_core::actor::Actor;
//! # use crm_core::customers::NewCustomer;
//! # use crm_core::ids::CompanyId;
//! use crm_core::interactions::{InteractionType, NewInteraction};
//! use crm_core::stats::DashboardQuery;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let db = crm_core::sea_orm::Database::connect("sqlite::memory:").await?;
//! # migration::up(&db).await?;
//! # let mut scope = Crm::default().on(Actor::system(CompanyId(uuid::Uuid::from_u128(1))), &db);
//! # let lee = scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
//! scope.interactions(lee.id).create(NewInteraction::of(InteractionType::Call, "Hello")).await?;
//!
//! let dashboard = scope.stats().dashboard(&DashboardQuery::default()).await?;
//! assert_eq!(dashboard.totals.new_customers.current, 1);
//! assert_eq!(dashboard.totals.interactions_completed.current, 1);
//! assert_eq!(dashboard.series.len(), 30); // the last thirty days
//! # Ok(()) }
//! ```

mod activity;
mod dashboard;
mod dialect;
mod forecast;
mod funnel;
mod leaderboard;
mod leads;
mod overall;
mod performance;
mod period;
mod pipeline;
pub(crate) mod recount;
mod stages;
mod tasks;
mod visibility;
mod worth;

pub use activity::{CustomerActivity, WeekOfContacts};
pub use dashboard::{
    Activity, ActivityKind, Comparison, Dashboard, DashboardPoint, DashboardQuery, DashboardTotals, Due, DueReason,
    FollowUps, TopTag,
};
pub use forecast::{
    Forecast, ForecastGroup, ForecastMonth, ForecastNumbers, ForecastQuery, ForecastTeam, ForecastUser,
};
pub use funnel::{Funnel, FunnelCohort, FunnelQuery, FunnelStage};
pub use leaderboard::{Leaderboard, LeaderboardQuery, LeaderboardRow};
pub use leads::{LeadOwnerStats, LeadSourceStats, LeadStats, LeadStatsQuery, LeadStatusStats};
pub use overall::{
    ContactStats, CustomerStats, InteractionStats, NewCustomers, NoteStats, OverallStats, OwnerCount, TagStats,
};
pub use performance::{Performance, PerformanceGroup, PerformanceQuery, PerformanceRow};
pub use period::{DateOrTime, Interval};
pub(crate) use period::{instant, midnight};
pub use pipeline::{PipelineOwnerStats, PipelineStageStats, PipelineStats, PipelineStatsQuery, Slippage};
pub use tasks::{AssigneeTaskStats, TaskCounts, TaskStats, TaskStatsQuery};
pub use worth::DealWorth;

use crate::base::ids::UserId;
use crate::scope::CompanyScope;
use crate::users::UserRef;

/// The company's statistics. Obtained from [`CompanyScope::stats`].
#[derive(Debug)]
pub struct Stats<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The company's statistics.
    pub fn stats(&mut self) -> Stats<'_, 'c> {
        Stats(self)
    }
}

/// The order of rows for users: by name, and what has no user last.
fn by_user(user: Option<&UserRef>) -> (bool, Option<(Option<String>, UserId)>) {
    (user.is_none(), user.map(|user| (user.display_name.clone(), user.id)))
}
