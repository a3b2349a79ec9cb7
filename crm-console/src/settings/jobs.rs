//! Jobs: the work after a write, as far as a person may see it.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Reach, Resource};
use crm_core::ids::JobId;
use crm_core::jobs::{Job, JobQuery, JobState};
use crm_core::page::PageRequest;

use super::{Around, choices, words};
use crate::base::moment::Shown;
use crate::customers::{Choice, parsed};
use crate::web::{Frame, PageResult, People, Visit, html, see_other};

/// How many jobs come at once.
const ROWS: u64 = 50;

/// The kinds that can be chosen: those of the CRM itself.
const KINDS: &[&str] = &[
    "crm.bulk_customers",
    "crm.fetch_currency_rates",
    "crm.import",
    "crm.index_custom_field",
    "crm.mail_digest",
    "crm.mail_notifications",
    "crm.mail_reminder",
    "crm.mark_rotten_deals",
    "crm.recount",
    "crm.rename_people",
    "crm.revert_import",
    "crm.scan_duplicates",
    "crm.score_leads",
    "crm.summarize_interaction",
    "crm.tell_closed_deal",
    "crm.verify_audit",
];

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/jobs", web::get().to(list))
        .route("/settings/jobs/{id}", web::get().to(show))
        .route("/settings/jobs/{id}/cancel", web::post().to(cancel))
        .route("/settings/jobs/{id}/retry", web::post().to(retry));
}

#[derive(Template)]
#[template(path = "settings/jobs.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    states: Vec<Choice>,
    kinds: Vec<Choice>,
    more: Option<String>,
    /// Whether the jobs of all users are shown.
    is_of_all: bool,
    is_filtered: bool,
}

#[derive(Template)]
#[template(path = "settings/job.html")]
struct JobPage {
    around: Around,
    frame: Frame,
    job: Row,
    attempts: String,
    started: Option<Shown>,
    finished: Option<Shown>,
    run_at: Option<Shown>,
    result: Option<String>,
    /// Why it was not cancelled or retried.
    problem: Option<String>,
    /// True while the page asks again for what has become of it.
    is_unfinished: bool,
}

struct Row {
    id: String,
    url: String,
    kind: String,
    state: &'static str,
    state_name: String,
    progress: i64,
    message: Option<String>,
    error: Option<String>,
    by: String,
    created: Shown,
    may_cancel: bool,
    is_cancelling: bool,
    may_retry: bool,
}

async fn list(visit: Visit) -> PageResult {
    let mut scope = visit.scope();
    let fields = visit.query.without("cursor", None);
    let query = JobQuery {
        state: fields.get("state").and_then(|state| state.parse().ok()),
        kind: fields.get("kind").map(str::to_owned),
    };
    let request = visit.query.get("cursor").map_or_else(PageRequest::default, PageRequest::after).limit(ROWS);
    let page = scope.jobs().list(&query, &request).await?;
    let people = People::read(&mut scope).await?;
    let around = Around::of(&visit, "jobs");
    let frame = around.frame.clone();
    let here = frame.url("settings/jobs");
    let jobs = ListPage {
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        rows: page.data.iter().map(|job| row(&visit, &people, job)).collect(),
        kinds: KINDS.iter().map(|kind| choice(&frame, kind, fields.text("kind"))).collect(),
        states: choices(&frame, "job-state", JobState::NAMES, fields.text("state")),
        is_of_all: visit.actor().reach(Resource::Jobs, Action::Read) == Some(Reach::All),
        is_filtered: fields.pairs().next().is_some(),
        around,
        frame,
    };
    html(StatusCode::OK, &jobs)
}

fn choice(frame: &Frame, kind: &str, chosen: &str) -> Choice {
    Choice { value: kind.to_owned(), label: kind_name(frame, kind), is_chosen: kind == chosen }
}

/// A kind of jobs in words; that of a host's job is its name.
fn kind_name(frame: &Frame, kind: &str) -> String {
    let known = frame.language().known(&format!("job-kind-{}", kind.replace(['.', '_'], "-")));
    known.unwrap_or_else(|| kind.to_owned())
}

async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    render(&visit, parsed(&id)?, StatusCode::OK, None).await
}

async fn cancel(visit: Visit, id: web::Path<String>) -> PageResult {
    let id = parsed(&id)?;
    let outcome = visit.scope().jobs().cancel(id).await;
    settled(&visit, id, outcome, "cancelled").await
}

async fn retry(visit: Visit, id: web::Path<String>) -> PageResult {
    let id = parsed(&id)?;
    let outcome = visit.scope().jobs().retry(id).await;
    settled(&visit, id, outcome, "retried").await
}

/// A job that has ended meanwhile is shown as it is, with the reason.
async fn settled(visit: &Visit, id: JobId, outcome: crm_core::Result<Job>, done: &str) -> PageResult {
    match outcome {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("settings/jobs/{id}?done={done}")))),
        Err(Error::Conflict(conflict)) => {
            let problem = words(visit.frame.language(), conflict.code(), conflict.to_string());
            render(visit, id, StatusCode::CONFLICT, Some(problem)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn render(visit: &Visit, id: JobId, status: StatusCode, problem: Option<String>) -> PageResult {
    let mut scope = visit.scope();
    let job = scope.jobs().get(id).await?;
    let people = People::read(&mut scope).await?;
    let around = Around::of(visit, "jobs");
    let frame = around.frame.clone();
    let time = |at| frame.calendar.full(at);
    let page = JobPage {
        job: row(visit, &people, &job),
        attempts: format!("{} / {}", job.attempts, job.max_attempts),
        started: job.started_at.map(time),
        finished: job.finished_at.map(time),
        run_at: (job.state == JobState::Waiting).then(|| time(job.run_at)),
        result: job.result.as_ref().and_then(|result| serde_json::to_string_pretty(result).ok()),
        problem,
        is_unfinished: job.state.is_unfinished(),
        around,
        frame,
    };
    html(status, &page)
}

fn row(visit: &Visit, people: &People, job: &Job) -> Row {
    let frame = &visit.frame;
    let may_update = visit.actor().reach(Resource::Jobs, Action::Update).is_some();
    let by = job.created_by.id.and_then(|id| people.name(id)).map(str::to_owned);
    Row {
        id: job.id.to_string(),
        url: frame.url(&format!("settings/jobs/{}", job.id)),
        kind: kind_name(frame, &job.kind),
        state: job.state.as_str(),
        state_name: frame.named("job-state", job.state.as_str()),
        progress: job.progress,
        message: job.message.clone(),
        error: job.last_error.clone(),
        by: by.unwrap_or_else(|| frame.t("audit-system")),
        created: frame.calendar.relative(job.created_at),
        may_cancel: may_update && job.state.is_unfinished() && !job.cancel_requested,
        is_cancelling: job.state == JobState::Running && job.cancel_requested,
        may_retry: may_update && matches!(job.state, JobState::Failed | JobState::Cancelled),
    }
}
