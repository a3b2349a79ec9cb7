//! Who has won what, and who does how much.

use crm_core::stats::{LeaderboardQuery, LeaderboardRow};

use super::asked::Asked;
use super::table::{Cell, Row, Table, user};
use super::{Computed, Narrowed, filters, render};
use crate::base::bars::percent;
use crate::web::{Frame, PageResult, Visit};

/// The columns, by their messages.
const COLUMNS: &[&str] = &["won", "lost", "win-rate", "interactions-done", "tasks-done", "activities"];

pub(super) async fn show(visit: Visit) -> PageResult {
    let asked = Asked::of(&visit);
    let query = LeaderboardQuery { pipeline: asked.pipeline, from: asked.from, to: asked.to, time_zone: None };
    let mut scope = visit.scope();
    let board = scope.stats().leaderboard(&query).await?;
    let filters = filters(&mut scope, &visit, &asked, Narrowed { by_pipeline: true, ..Narrowed::default() }).await?;
    let frame = &visit.frame;
    let computed = if board.rows.is_empty() {
        Computed { nothing: Some(frame.t("reports-nothing")), ..Computed::default() }
    } else {
        Computed { tables: vec![table(frame, &board.rows)], ..Computed::default() }
    };
    render(&visit, "leaderboard", board.as_of, filters, computed)
}

fn table(frame: &Frame, rows: &[LeaderboardRow]) -> Table {
    let most = rows.iter().map(won).max().unwrap_or_default();
    let mut table = Table::of(frame, "leaderboard", frame.t("reports-by-user"), "user", COLUMNS);
    table.rows = rows.iter().map(|of| row(frame, of, most)).collect();
    table
}

/// What a user has won in the base currency.
fn won(row: &LeaderboardRow) -> u64 {
    u64::try_from(row.won.base_amount.amount).unwrap_or_default()
}

fn row(frame: &Frame, row: &LeaderboardRow, most: u64) -> Row {
    let cells = vec![
        Cell { percent: Some(percent(won(row), most)), ..Cell::worth(frame, &row.won) },
        Cell::number(frame, row.lost),
        Cell::share(row.win_rate),
        Cell::number(frame, row.interactions),
        Cell::number(frame, row.tasks),
        Cell::number(frame, row.activities),
    ];
    Row::of(user(frame, Some(&row.user)), cells)
}
