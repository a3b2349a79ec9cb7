//! The open deals of a pipeline by stage and owner, and how their expected days slip.

use crm_core::deals::DealTotals;
use crm_core::stats::{PipelineOwnerStats, PipelineStats, PipelineStatsQuery};

use super::asked::Asked;
use super::table::{Cell, Row, Table, counted, user};
use super::{Computed, Fact, Narrowed, filters, render};
use crate::base::amounts;
use crate::web::{Frame, PageResult, Visit};

/// The columns, by their messages.
const COLUMNS: &[&str] = &["open-deals", "worth", "weighted-worth"];

pub(super) async fn show(visit: Visit) -> PageResult {
    let asked = Asked::of(&visit);
    let query = PipelineStatsQuery {
        pipeline: asked.pipeline,
        from: asked.from,
        to: asked.to,
        time_zone: None,
        owner: asked.owner,
    };
    let mut scope = visit.scope();
    let stats = scope.stats().pipeline(&query).await?;
    let filters = filters(&mut scope, &visit, &asked, Narrowed { by_owner: true, by_pipeline: true }).await?;
    let frame = &visit.frame;
    let computed = match &stats.pipeline_name {
        None => Computed { nothing: Some(frame.t("reports-no-pipeline")), ..Computed::default() },
        Some(name) => Computed {
            facts: facts(frame, &stats),
            tables: vec![by_stage(frame, name, &stats), by_owner(frame, &stats)],
            nothing: None,
        },
    };
    render(&visit, "pipeline", stats.as_of, filters, computed)
}

/// How the expected days slip.
fn facts(frame: &Frame, stats: &PipelineStats) -> Vec<Fact> {
    let slippage = &stats.slippage;
    let fact = |name: &str, number: u64| Fact::of(frame, name, frame.language().number(number));
    let amounts = slippage.passed.amounts.iter().map(|amount| amounts::shown(frame.language(), *amount));
    let passed = fact("passed", slippage.passed.count).with_note(amounts.collect::<Vec<_>>().join(" + "));
    let days = counted(frame, "deals-days", slippage.postponed_days);
    let postponed = fact("postponements", slippage.postponements).with_note(days);
    vec![
        passed,
        fact("without-date", slippage.without_date),
        postponed,
        fact("postponed-deals", slippage.postponed_deals),
    ]
}

fn by_stage(frame: &Frame, name: &str, stats: &PipelineStats) -> Table {
    let most = stats.stages.iter().map(|stage| stage.totals.count).max().unwrap_or_default();
    let mut table = Table::of(frame, "by-stage", name.to_owned(), "stage", COLUMNS);
    for stage in &stats.stages {
        let list = frame.url(&format!("deals/table?status=open&stage={}", stage.stage_id));
        table.rows.push(Row::of(&stage.name, cells(frame, &stage.totals, most)).listed(list));
        table.rows.extend(stage.owners.iter().map(|row| of_owner(frame, row, most).below()));
    }
    table.sum = Some(Row::of(frame.t("reports-all"), cells(frame, &stats.totals, 0)));
    table
}

fn by_owner(frame: &Frame, stats: &PipelineStats) -> Table {
    let most = stats.owners.iter().map(|row| row.totals.count).max().unwrap_or_default();
    let mut table = Table::of(frame, "by-owner", frame.t("reports-by-owner"), "owner", COLUMNS);
    table.rows = stats.owners.iter().map(|row| of_owner(frame, row, most)).collect();
    table
}

fn of_owner(frame: &Frame, row: &PipelineOwnerStats, most: u64) -> Row {
    Row::of(user(frame, row.owner.as_ref()), cells(frame, &row.totals, most))
}

/// The numbers of some deals; those of all have no bar.
fn cells(frame: &Frame, totals: &DealTotals, most: u64) -> Vec<Cell> {
    let DealTotals { count, amounts, weighted_amounts, base_amount, weighted_base_amount, without_rate, .. } = totals;
    vec![
        if most == 0 { Cell::number(frame, *count) } else { Cell::bar(frame, *count, most) },
        Cell::money(frame, (amounts.as_slice(), *base_amount), *without_rate),
        Cell::money(frame, (weighted_amounts.as_slice(), *weighted_base_amount), *without_rate),
    ]
}
