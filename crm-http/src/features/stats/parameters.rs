//! Query parameters of statistics.

use crm_core::stats::{DashboardQuery, DateOrTime, Interval, PerformanceGroup, PerformanceQuery};
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use utoipa::IntoParams;

/// The period of a dashboard.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DashboardParameters {
    /// The start of the period: a day in the time zone (`2026-06-01`), or a time (`2026-06-01T08:00:00Z`). The default
    /// is 30 days, 12 weeks or 12 months before the end, including the last interval.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// The end of the period: a day, which is included, or a time, which is excluded. The default is today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// The length of an interval: `day`, `week` (starting on Monday) or `month`; at most 366 intervals.
    #[param(nullable = false, default = "day")]
    interval: Option<Interval>,
    /// The time zone (IANA) of the days. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
    /// Only the customers and interactions of this owner, and the notes that they have added; `me` for your own, `none`
    /// for those without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
}

impl From<DashboardParameters> for DashboardQuery {
    fn from(parameters: DashboardParameters) -> Self {
        let DashboardParameters { from, to, interval, time_zone, owner_id: owner } = parameters;
        Self { from, to, interval: interval.unwrap_or_default(), time_zone, owner }
    }
}

/// The rows and the period of a performance report.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PerformanceParameters {
    /// The subject of a row: a `user` or a `month`.
    #[param(nullable = false, default = "user")]
    group_by: Option<PerformanceGroup>,
    /// The start of the period: a day in the time zone (`2026-06-01`), or a time (`2026-06-01T08:00:00Z`). The default
    /// is 30 days before the end, or 12 months if rows are months.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// The end of the period: a day, which is included, or a time, which is excluded. The default is today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
}

impl From<PerformanceParameters> for PerformanceQuery {
    fn from(parameters: PerformanceParameters) -> Self {
        let PerformanceParameters { group_by, from, to, time_zone } = parameters;
        Self { group_by: group_by.unwrap_or_default(), from, to, time_zone }
    }
}

/// What an activity counts.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActivityParameters {
    /// The time zone (IANA) of the days. The default is the time zone of your company.
    #[param(nullable = false, max_length = 64)]
    pub(super) time_zone: Option<String>,
    /// With the people of an organization: the customers whose primary organization it is, as far as you see them.
    #[param(nullable = false, default = false)]
    pub(super) include_people: Option<bool>,
}
