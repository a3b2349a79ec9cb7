//! Where leads come from, and what becomes of them.

use crm_core::actor::{Action, Resource};
use crm_core::stats::{DateOrTime, LeadOwnerStats, LeadSourceStats, LeadStats, LeadStatsQuery, LeadStatusStats};
use crm_core::users::OwnerFilter;
use crm_core::{CompanyScope, Error};

use super::asked::Asked;
use super::table::{Cell, Row, Table, counted, rate, time, user};
use super::{Computed, Fact, Narrowed, filters, render};
use crate::base::bars::{Bars, bars};
use crate::web::{Frame, PageResult, Visit};

/// The columns, by their messages.
const COLUMNS: &[&str] = &["leads", "leads-converted", "lead-conversion"];
/// How many sources the dashboard shows.
const SOURCES: usize = 8;

pub(super) async fn show(visit: Visit) -> PageResult {
    let asked = Asked::of(&visit);
    let query = LeadStatsQuery { from: asked.from, to: asked.to, time_zone: None, owner: asked.owner };
    let mut scope = visit.scope();
    let stats = scope.stats().leads(&query).await?;
    let filters = filters(&mut scope, &visit, &asked, Narrowed { by_owner: true, ..Narrowed::default() }).await?;
    let frame = &visit.frame;
    let facts = facts(frame, &stats);
    let computed = if stats.added == 0 {
        Computed { facts, tables: Vec::new(), nothing: Some(frame.t("reports-no-leads")) }
    } else {
        let tables = vec![by_status(frame, &stats), sources(frame, &stats), by_owner(frame, &stats)];
        Computed { facts, tables, nothing: None }
    };
    render(&visit, "leads", stats.as_of, filters, computed)
}

fn facts(frame: &Frame, stats: &LeadStats) -> Vec<Fact> {
    let fact = |name: &str, number: u64| Fact::of(frame, name, frame.language().number(number));
    let share = stats.conversion_rate.map(rate).unwrap_or_default();
    let converted = counted(frame, "reports-converted", stats.added_converted);
    let response = time(frame, stats.median_seconds_to_first_response);
    vec![
        fact("leads-added", stats.added).with_note([converted, share].join(" ")),
        fact("leads-responded", stats.responded),
        Fact::of(frame, "first-response", response),
        Fact::of(frame, "time-to-convert", time(frame, stats.median_seconds_to_convert)).with_note(counted(
            frame,
            "reports-converted",
            stats.converted,
        )),
    ]
}

fn by_status(frame: &Frame, stats: &LeadStats) -> Table {
    let most = stats.by_status.iter().map(|row| row.count).max().unwrap_or_default();
    let mut table = Table::of(frame, "by-status", frame.t("reports-by-status"), "status", &COLUMNS[..1]);
    let row = |of: &LeadStatusStats| Row::of(&of.name, vec![Cell::bar(frame, of.count, most)]);
    table.rows = stats.by_status.iter().map(row).collect();
    table
}

fn sources(frame: &Frame, stats: &LeadStats) -> Table {
    let most = stats.by_source.iter().map(|row| row.count).max().unwrap_or_default();
    let mut table = Table::of(frame, "by-source", frame.t("reports-by-source"), "source", COLUMNS);
    let row = |of: &LeadSourceStats| Row::of(source(frame, of), cells(frame, (of.count, of.converted), most));
    table.rows = stats.by_source.iter().map(row).collect();
    table
}

fn by_owner(frame: &Frame, stats: &LeadStats) -> Table {
    let most = stats.by_owner.iter().map(|row| row.count).max().unwrap_or_default();
    let mut table = Table::of(frame, "by-owner", frame.t("reports-by-owner"), "owner", COLUMNS);
    let row =
        |of: &LeadOwnerStats| Row::of(user(frame, of.owner.as_ref()), cells(frame, (of.count, of.converted), most));
    table.rows = stats.by_owner.iter().map(row).collect();
    table
}

fn source(frame: &Frame, row: &LeadSourceStats) -> String {
    match row.source.as_deref() {
        Some(source) => frame.named("source", source),
        None => frame.t("reports-no-source"),
    }
}

/// How many leads there are, and how many of them are converted.
fn cells(frame: &Frame, (count, converted): (u64, u64), most: u64) -> Vec<Cell> {
    let share = (count > 0).then(|| converted as f64 / count as f64);
    vec![Cell::bar(frame, count, most), Cell::number(frame, converted), Cell::share(share)]
}

/// The new leads of a period by source, for the dashboard; nothing for those who may read no leads. Four statements.
///
/// # Errors
/// Those of the statistics.
pub(crate) async fn by_source(
    scope: &mut CompanyScope<'_>,
    visit: &Visit,
    from: Option<DateOrTime>,
    is_mine: bool,
) -> Result<Option<Bars>, Error> {
    if visit.actor().reach(Resource::Leads, Action::Read).is_none() {
        return Ok(None);
    }
    let frame = &visit.frame;
    let owner = (is_mine && visit.actor().user_id().is_some()).then_some(OwnerFilter::Me);
    let stats = scope.stats().leads(&LeadStatsQuery { from, owner, ..LeadStatsQuery::default() }).await?;
    let row = |of: &LeadSourceStats| {
        let note = if of.converted > 0 { counted(frame, "reports-converted", of.converted) } else { String::new() };
        (source(frame, of), of.count, note)
    };
    let rows = stats.by_source.iter().take(SOURCES).map(row).collect();
    let all = (frame.url("reports/leads"), frame.t("reports-show"));
    Ok(Some(Bars { bars: bars(frame.language(), rows), all: Some(all) }))
}
