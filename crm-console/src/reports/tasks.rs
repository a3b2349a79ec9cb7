//! What was due, what is overdue, and what was done in time.

use crm_core::stats::{TaskCounts, TaskStats, TaskStatsQuery};

use super::asked::Asked;
use super::table::{Cell, Row, Table, user};
use super::{Computed, Narrowed, filters, render};
use crate::web::{Frame, PageResult, Visit};

/// The columns, by their messages.
const COLUMNS: &[&str] = &["due", "overdue", "completed", "on-time", "late", "on-time-rate"];

pub(super) async fn show(visit: Visit) -> PageResult {
    let asked = Asked::of(&visit);
    let query = TaskStatsQuery { from: asked.from, to: asked.to, time_zone: None, assignee: asked.owner };
    let mut scope = visit.scope();
    let stats = scope.stats().tasks(&query).await?;
    let filters = filters(&mut scope, &visit, &asked, Narrowed { by_owner: true, ..Narrowed::default() }).await?;
    let frame = &visit.frame;
    let computed = if stats.assignees.is_empty() {
        Computed { nothing: Some(frame.t("reports-nothing")), ..Computed::default() }
    } else {
        Computed { tables: vec![table(frame, &stats)], ..Computed::default() }
    };
    render(&visit, "tasks", stats.as_of, filters, computed)
}

fn table(frame: &Frame, stats: &TaskStats) -> Table {
    let most = stats.assignees.iter().map(|row| row.counts.completed).max().unwrap_or_default();
    let mut table = Table::of(frame, "tasks", frame.t("reports-by-assignee"), "assignee", COLUMNS);
    let rows = stats.assignees.iter();
    table.rows = rows.map(|row| Row::of(user(frame, row.assignee.as_ref()), cells(frame, &row.counts, most))).collect();
    table.sum = Some(Row::of(frame.t("reports-all"), cells(frame, &stats.totals, 0)));
    table
}

/// The numbers of some tasks; those of all have no bar.
fn cells(frame: &Frame, counts: &TaskCounts, most: u64) -> Vec<Cell> {
    let number = |number: u64| Cell::number(frame, number);
    let completed = if most == 0 { number(counts.completed) } else { Cell::bar(frame, counts.completed, most) };
    vec![
        number(counts.due),
        number(counts.overdue),
        completed,
        number(counts.on_time),
        number(counts.late),
        Cell::share(counts.on_time_rate),
    ]
}
