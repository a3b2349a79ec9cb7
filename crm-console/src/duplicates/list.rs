//! Pairs of customers that may be the same, the likeliest first, and the scan that finds them.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{DuplicatePair, DuplicateQuery, DuplicateStatus, ScanDuplicates};
use crm_core::jobs::{Job, JobQuery};
use crm_core::page::{Count, PageRequest, Position, TotalRelation};

use super::{Reason, percent};
use crate::base::moment::Shown;
use crate::customers::Brief;
use crate::web::{Frame, PageResult, Visit, html};

/// How many pairs come at once.
const ROWS: u64 = 25;

#[derive(Template)]
#[template(path = "duplicates/list.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    total: Option<String>,
    more: Option<String>,
    is_dismissed: bool,
    scan: Option<Scan>,
    may_scan: bool,
}

struct Row {
    url: String,
    percent: u16,
    left: Brief,
    right: Brief,
    reasons: Vec<Reason>,
}

/// The last scan of the user, or of the company.
struct Scan {
    progress: i64,
    message: Option<String>,
    is_unfinished: bool,
    is_failed: bool,
    at: Shown,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let fields = visit.query.without("cursor", None);
    let is_dismissed = fields.get("status") == Some(DuplicateStatus::Dismissed.as_str());
    let status = if is_dismissed { DuplicateStatus::Dismissed } else { DuplicateStatus::Open };
    let query = DuplicateQuery { status: Some(status), ..DuplicateQuery::default() };
    let cursor = visit.query.get("cursor").map(|cursor| Position::Cursor(cursor.to_owned()));
    let count = if cursor.is_some() { Count::None } else { Count::Capped };
    let request = PageRequest::new(cursor, Some(ROWS), Some(count))?;
    let mut scope = visit.scope();
    let page = scope.duplicates().list(&query, &request).await?;
    let frame = visit.frame.clone().within("duplicates");
    let may_scan = visit.actor().reach(Resource::Duplicates, Action::Create).is_some();
    let jobs = JobQuery { kind: Some(ScanDuplicates::KIND.to_owned()), ..JobQuery::default() };
    let last = match may_scan {
        true => scope.jobs().list(&jobs, &PageRequest::default().limit(1)).await?.data.pop(),
        false => None,
    };
    let here = frame.url("duplicates");
    let list = ListPage {
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        total: page.total.map(|total| {
            let is_more = page.total_relation == Some(TotalRelation::Gte);
            let name = if is_more { "duplicates-count-at-least" } else { "duplicates-count" };
            frame.n(name, &usize::try_from(total).unwrap_or(usize::MAX))
        }),
        rows: page.data.into_iter().map(|pair| row(&frame, pair)).collect(),
        scan: last.map(|job| scan_of(&frame, job)),
        is_dismissed,
        may_scan,
        frame,
    };
    html(StatusCode::OK, &list)
}

/// Starts a scan; the list shows how far it is.
pub(super) async fn scan(visit: Visit) -> PageResult {
    visit.scope().duplicates().scan().await?;
    Ok(visit.done(&visit.frame.url("duplicates"), "duplicates-scan", None))
}

fn row(frame: &Frame, pair: DuplicatePair) -> Row {
    Row {
        url: frame.url(&format!("duplicates/{}", pair.id)),
        percent: percent(pair.score),
        reasons: pair.evidence.iter().map(|evidence| Reason::of(frame, evidence)).collect(),
        left: Brief::of(frame, pair.left),
        right: Brief::of(frame, pair.right),
    }
}

fn scan_of(frame: &Frame, job: Job) -> Scan {
    Scan {
        progress: job.progress,
        is_unfinished: job.state.is_unfinished(),
        is_failed: job.state == crm_core::jobs::JobState::Failed,
        at: frame.calendar.relative(job.finished_at.unwrap_or(job.created_at)),
        message: job.message,
    }
}
