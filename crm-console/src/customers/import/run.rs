//! The dry run and the import: how far they are, and what came of them.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use askama::Template;
use crm_core::customers::{FailedRows, ImportFault, ImportOptions, ImportReport, StoredImport};
use crm_core::jobs::{Job, JobState};
use crm_core::{Conflict, Error, Violation};
use crm_web::problem::ApiError;
use futures_util::stream::try_unfold;

use super::revert::{Counts, counts};
use super::{STEPS, id_of, page_of, upload};
use crate::web::{Frame, PageResult, Visit, html, message, see_other};

/// What names of files end with.
const EXTENSIONS: [&str; 5] = [".csv", ".xlsx", ".vcf", ".json", ".ndjson"];
/// How many faults are shown.
const FAULTS: usize = 100;

#[derive(Template)]
#[template(path = "customers/import/running.html")]
struct RunningPage {
    frame: Frame,
    steps: [&'static str; 4],
    step: usize,
    name: String,
    here: String,
    is_dry_run: bool,
    is_revert: bool,
    waits: bool,
    is_stopping: bool,
    percent: i64,
    done: String,
}

#[derive(Template)]
#[template(path = "customers/import/report.html")]
struct ReportPage {
    frame: Frame,
    steps: [&'static str; 4],
    step: usize,
    name: String,
    here: String,
    /// `checked`, `done`, `cancelled` or `failed`.
    outcome: &'static str,
    error: Option<String>,
    /// The name in messages, the number, and the look.
    numbers: Vec<(&'static str, String, &'static str)>,
    /// The label of the button that imports, if there is anything to import.
    start: Option<String>,
    failed_rows: Option<String>,
    may_retry: bool,
    /// The words for the way to revert the import.
    revert: Option<String>,
    reverted: Option<Counts>,
    faults: Faults,
    warnings: Faults,
    again: String,
}

/// Faults of rows, as many as are shown.
struct Faults {
    rows: Vec<(String, String, String)>,
    /// The words for those that are left out.
    more: Option<String>,
}

pub(super) fn running(visit: &Visit, import: &StoredImport, job: &Job) -> PageResult {
    let frame = visit.frame.clone().within("import");
    let is_dry_run = !import.is_begun();
    let page = RunningPage {
        here: frame.url(&page_of(import.id)),
        name: import.name.clone(),
        waits: job.state == JobState::Waiting,
        is_stopping: job.cancel_requested,
        percent: job.progress,
        done: frame.n("import-rows", &count(import.rows)),
        steps: STEPS,
        step: if is_dry_run { 2 } else { 3 },
        is_dry_run,
        is_revert: import.reverted.is_some(),
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) fn checked(visit: &Visit, import: &StoredImport, report: &ImportReport) -> PageResult {
    html(StatusCode::OK, &report_page(visit, import, report, ("checked", None)))
}

pub(super) fn ended(visit: &Visit, import: &StoredImport, job: Option<&Job>) -> PageResult {
    let outcome = match (job.map(|job| job.state), import.reverted.is_some()) {
        (Some(JobState::Cancelled | JobState::Failed), true) => "half-reverted",
        (_, true) => "reverted",
        (Some(JobState::Cancelled), _) => "cancelled",
        (Some(JobState::Failed), _) => "failed",
        _ => "done",
    };
    let report = import.report.clone().unwrap_or_default();
    let error = job.filter(|job| job.state == JobState::Failed).and_then(|job| job.last_error.clone());
    html(StatusCode::OK, &report_page(visit, import, &report, (outcome, error)))
}

fn report_page(
    visit: &Visit,
    import: &StoredImport,
    report: &ImportReport,
    (outcome, error): (&'static str, Option<String>),
) -> ReportPage {
    let frame = visit.frame.clone().within("import");
    let here = frame.url(&page_of(import.id));
    let is_checked = outcome == "checked";
    let number =
        |name, count: u64, look| (name, frame.language().number(i64::try_from(count).unwrap_or(i64::MAX)), look);
    let look = |count: u64| if count > 0 { "late" } else { "" };
    let effect = report.created + report.updated;
    ReportPage {
        name: import.name.clone(),
        outcome,
        error,
        numbers: vec![
            number("created", report.created, ""),
            number("updated", report.updated, ""),
            number("unchanged", report.unchanged, ""),
            number("skipped", report.skipped, ""),
            number("failed", report.failed, look(report.failed)),
        ],
        start: (is_checked && effect > 0).then(|| frame.n("import-start", &count(effect))),
        revert: (!is_checked && import.is_revertible(visit.frame.calendar.now))
            .then_some(import.revertible_until)
            .flatten()
            .map(|until| frame.w("import-revert-until", &frame.calendar.full(until).words)),
        reverted: import.reverted.as_ref().map(|outcome| counts(&frame, outcome)),
        failed_rows: (!is_checked && report.failed > 0 && import.reverted.is_none())
            .then(|| frame.n("import-failed-rows", &count(report.failed))),
        may_retry: matches!(outcome, "cancelled" | "failed" | "half-reverted"),
        faults: faults(&frame, &report.errors, report.error_count),
        warnings: faults(&frame, &report.warning_details, report.warnings),
        again: upload::list(&frame),
        steps: STEPS,
        step: if is_checked { 2 } else { 3 },
        here,
        frame,
    }
}

fn count(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn faults(frame: &Frame, faults: &[ImportFault], all: u64) -> Faults {
    let row = |fault: &ImportFault| {
        let ImportFault { row, column, code, message: detail } = fault;
        let violation = Violation { pointer: String::new(), code: code.clone(), detail: detail.clone() };
        let number = frame.language().number(i64::try_from(*row).unwrap_or(i64::MAX));
        (number, column.clone().unwrap_or_default(), message(frame.language(), &violation))
    };
    let rows: Vec<_> = faults.iter().take(FAULTS).map(row).collect();
    let left = count(all).saturating_sub(rows.len());
    Faults { more: (left > 0).then(|| frame.n("import-more", &left)), rows }
}

/// Imports with the options of the dry run.
pub(super) async fn start(visit: Visit, path: web::Path<String>) -> PageResult {
    let (id, mut scope) = (id_of(&path)?, visit.scope());
    let import = scope.imports().get(id).await?;
    if let (Some(options), Some(_)) = (import.options, import.report) {
        scope.imports().start(id, ImportOptions { dry_run: false, ..options }).await?;
    }
    Ok(see_other(visit.frame.url(&page_of(id))))
}

pub(super) async fn cancel(visit: Visit, path: web::Path<String>) -> PageResult {
    let (id, mut scope) = (id_of(&path)?, visit.scope());
    if let Some(job) = scope.imports().get(id).await?.job_id {
        match scope.jobs().cancel(job).await {
            // It was done before the request to cancel it arrived.
            Ok(_) | Err(Error::Conflict(Conflict::JobFinished)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(see_other(visit.frame.url(&page_of(id))))
}

/// Goes on with an import that was cancelled or has failed.
pub(super) async fn retry(visit: Visit, path: web::Path<String>) -> PageResult {
    let (id, mut scope) = (id_of(&path)?, visit.scope());
    if let Some(job) = scope.imports().get(id).await?.job_id {
        match scope.jobs().retry(job).await {
            Ok(_) | Err(Error::Conflict(Conflict::JobNotRetryable)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(see_other(visit.frame.url(&page_of(id))))
}

pub(super) async fn remove(visit: Visit, path: web::Path<String>) -> PageResult {
    visit.scope().imports().remove(id_of(&path)?).await?;
    Ok(see_other(upload::list(&visit.frame)))
}

/// The rows that were not imported, piece by piece.
pub(super) async fn failed_rows(visit: Visit, path: web::Path<String>) -> PageResult {
    let (id, mut scope) = (id_of(&path)?, visit.scope());
    let name = scope.imports().get(id).await?.name;
    let stem = EXTENSIONS.iter().find_map(|extension| name.strip_suffix(extension)).unwrap_or(&name);
    let stem: String = stem.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let pieces = try_unfold((scope, None), move |(mut scope, after)| async move {
        let piece = scope.imports().failed_rows(id, after).await.map_err(ApiError::from);
        // The status has been sent already, so the only way to report the error is to break the connection.
        let piece = piece.inspect_err(ApiError::log)?;
        let next = |FailedRows { number, content, .. }| (web::Bytes::from(content), (scope, Some(number)));
        Ok::<_, ApiError>(piece.map(next))
    });
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"));
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{stem}-failed.csv\"")));
    Ok(answer.streaming(pieces))
}

/// Whether a letter needs no escape in a file name of a header.
const fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | ' ')
}
