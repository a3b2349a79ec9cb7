//! The stages that a deal has passed, with how long it was in each.

use chrono::TimeDelta;
use crm_core::deals::DealStageEntry;
use crm_core::ids::DealId;
use crm_core::page::PageRequest;
use crm_core::{CompanyScope, Error};

use super::card::money;
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::web::{Frame, People, Visit};

/// How many stages come at once.
const ROWS: u64 = 20;

/// A stage that the deal has entered.
pub(super) struct Passed {
    pub stage: String,
    pub entered: Shown,
    /// How long it was there, or has been by now.
    pub stayed: String,
    pub is_there: bool,
    pub amount: Option<String>,
    /// Who moved it there.
    pub by: String,
}

/// Some stages, the last one first, and the query of those before them.
pub(super) async fn read(
    scope: &mut CompanyScope<'_>,
    visit: &Visit,
    people: &People,
    id: DealId,
) -> Result<(Vec<Passed>, Option<String>), Error> {
    let cursor = visit.query.get("history");
    let request = cursor.map_or_else(PageRequest::default, PageRequest::after).limit(ROWS);
    let page = scope.deals().stages(id, &request).await?;
    let rows = page.data.iter().map(|entry| passed(&visit.frame, people, entry)).collect();
    Ok((rows, page.next_cursor.map(|cursor| Fields::default().with("history", &cursor).query())))
}

fn passed(frame: &Frame, people: &People, entry: &DealStageEntry) -> Passed {
    let until_now = || (frame.calendar.now - entry.entered_at).num_seconds();
    Passed {
        stage: entry.stage_name.clone(),
        entered: frame.calendar.full(entry.entered_at),
        stayed: duration(frame, entry.seconds.unwrap_or_else(until_now)),
        is_there: entry.left_at.is_none(),
        amount: entry.amount.map(|amount| money(frame, amount)),
        by: people.actor(frame, &entry.moved_by),
    }
}

/// A time in its greatest unit.
pub(crate) fn duration(frame: &Frame, seconds: i64) -> String {
    let time = TimeDelta::seconds(seconds.max(0));
    let (name, count) = match (time.num_days(), time.num_hours(), time.num_minutes()) {
        (0, 0, minutes) => ("deals-minutes", minutes),
        (0, hours, _) => ("deals-hours", hours),
        (days, ..) => ("deals-days", days),
    };
    frame.language().counted(name, count)
}
