//! How far the deals of a cohort come.

use crm_core::pipelines::StageKind;
use crm_core::stats::{FunnelCohort, FunnelQuery, FunnelStage, Interval};

use super::asked::Asked;
use super::table::{Cell, Row, Table, counted};
use super::{Computed, Narrowed, filters, render};
use crate::customers::Choice;
use crate::web::{Frame, PageResult, Visit};

/// The columns, by their messages.
const COLUMNS: &[&str] = &["entered", "reached-next", "conversion", "dropped", "median-days"];
/// What addresses call a cohort of each month.
const BY_MONTH: &str = "month";

pub(super) async fn show(visit: Visit) -> PageResult {
    let asked = Asked::of(&visit);
    let interval = (visit.query.text("cohorts") == BY_MONTH).then_some(Interval::Month);
    let query = FunnelQuery {
        pipeline: asked.pipeline,
        interval,
        from: asked.from,
        to: asked.to,
        time_zone: None,
        owner: asked.owner,
    };
    let mut scope = visit.scope();
    let funnel = scope.stats().funnel(&query).await?;
    let mut filters = filters(&mut scope, &visit, &asked, Narrowed { by_owner: true, by_pipeline: true }).await?;
    let frame = &visit.frame;
    let cohort = |(value, name): (&str, &str)| Choice {
        value: value.to_owned(),
        label: frame.named("cohorts", name),
        is_chosen: interval.is_some() == (value == BY_MONTH),
    };
    filters.cohorts = [("", "one"), (BY_MONTH, BY_MONTH)].map(cohort).into();
    let name = funnel.pipeline_name.unwrap_or_default();
    let computed = if funnel.pipeline_id.is_none() {
        Computed { nothing: Some(frame.t("reports-no-pipeline")), ..Computed::default() }
    } else {
        let tables = funnel.cohorts.iter().enumerate();
        let title = |cohort: &FunnelCohort| match interval {
            Some(_) => frame.calendar.month_of(cohort.date),
            None => name.clone(),
        };
        let tables = tables.map(|(place, cohort)| table(frame, format!("cohort-{place}"), title(cohort), cohort));
        Computed { tables: tables.collect(), ..Computed::default() }
    };
    render(&visit, "funnel", funnel.as_of, filters, computed)
}

fn table(frame: &Frame, id: String, name: String, cohort: &FunnelCohort) -> Table {
    let title = format!("{name}, {}", counted(frame, "deals-count", cohort.deals));
    let most = cohort.stages.iter().map(|stage| stage.entered).max().unwrap_or_default();
    let mut table = Table::of(frame, id, title, "stage", COLUMNS);
    table.rows = cohort.stages.iter().map(|stage| row(frame, stage, most)).collect();
    table
}

/// A stage. Of lost ones nothing but the deals that were there is counted.
fn row(frame: &Frame, stage: &FunnelStage, most: u64) -> Row {
    let is_lost = stage.kind == StageKind::Lost;
    let passed = |number: u64| if is_lost { Cell::share(None) } else { Cell::number(frame, number) };
    let cells = vec![
        Cell::bar(frame, stage.entered, most),
        passed(stage.reached_next),
        Cell::share(stage.conversion_rate.filter(|_| !is_lost)),
        passed(stage.dropped),
        Cell::decimal(frame, stage.median_days),
    ];
    Row::of(&stage.name, cells)
}
