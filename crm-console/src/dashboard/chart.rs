//! New customers and interactions that were completed, by day, week or month.

use crm_core::stats::{Dashboard, DashboardPoint};

use crate::base::chart::{Chart, Heading, Point, Series};
use crate::web::Frame;

/// The chart of a period.
pub(super) fn chart(frame: &Frame, dashboard: &Dashboard) -> Chart {
    let heading = Heading { id: "chart-title", title: frame.t("chart-title"), first: frame.t("chart-from") };
    let series = vec![
        Series { class: "customers", label: frame.t("tile-new-customers") },
        Series { class: "interactions", label: frame.t("tile-interactions-completed") },
    ];
    let value = |number: u64| (number, frame.language().number(number));
    let point = |point: &DashboardPoint| Point {
        label: frame.calendar.day(point.date),
        values: vec![value(point.new_customers), value(point.interactions_completed)],
    };
    Chart::of(frame.language(), heading, series, dashboard.series.iter().map(point).collect())
}
