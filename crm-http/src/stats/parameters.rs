//! Of which time statistics are, and how they are divided.

use crm_core::stats::{DashboardQuery, DateOrTime, Interval, PerformanceGroup, PerformanceQuery};
use serde::Deserialize;
use utoipa::IntoParams;

/// Of which time a dashboard is.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DashboardParameters {
    /// Where the period begins: with a day of the time zone (`2026-06-01`), or at a time (`2026-06-01T08:00:00Z`). If absent,
    /// 30 days, 12 weeks or 12 months before its end, the last ones included.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// Where it ends: with a day, which is in it, or at a time, which is not. If absent, with today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// What it is divided into: `day`, `week` (from Monday on) or `month`; at most 366 of them.
    #[param(nullable = false, default = "day")]
    interval: Option<Interval>,
    /// The time zone (IANA) whose days count; your company's if absent.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
}

impl From<DashboardParameters> for DashboardQuery {
    fn from(parameters: DashboardParameters) -> Self {
        let DashboardParameters { from, to, interval, time_zone } = parameters;
        Self { from, to, interval: interval.unwrap_or_default(), time_zone }
    }
}

/// Whose or which performance is wanted, and of which time.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PerformanceParameters {
    /// What a row is about: a `user` or a `month`.
    #[param(nullable = false, default = "user")]
    group_by: Option<PerformanceGroup>,
    /// Where the period begins: with a day of the time zone (`2026-06-01`), or at a time (`2026-06-01T08:00:00Z`). If absent,
    /// 30 days before its end, or 12 months where rows are months.
    #[param(nullable = false, value_type = Option<String>)]
    from: Option<DateOrTime>,
    /// Where it ends: with a day, which is in it, or at a time, which is not. If absent, with today.
    #[param(nullable = false, value_type = Option<String>)]
    to: Option<DateOrTime>,
    /// The time zone (IANA) whose days count; your company's if absent.
    #[param(nullable = false, max_length = 64)]
    time_zone: Option<String>,
}

impl From<PerformanceParameters> for PerformanceQuery {
    fn from(parameters: PerformanceParameters) -> Self {
        let PerformanceParameters { group_by, from, to, time_zone } = parameters;
        Self { group_by: group_by.unwrap_or_default(), from, to, time_zone }
    }
}

/// Whose days count.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ActivityParameters {
    /// The time zone (IANA) whose days count; your company's if absent.
    #[param(nullable = false, max_length = 64)]
    pub(super) time_zone: Option<String>,
}
