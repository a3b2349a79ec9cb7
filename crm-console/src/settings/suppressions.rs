//! The do-not-contact list: what is on it, a form that adds to it, and one that removes from it.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::SuppressionId;
use crm_core::page::PageRequest;
use crm_core::suppressions::{NewSuppression, Suppression, SuppressionQuery, SuppressionReason, SuppressionRemoval};
use crm_web::problem::{ApiError, Code};

use super::{Around, choices, faults};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::{Choice, Faults};
use crate::web::{Form, Frame, PageResult, People, Visit, html, see_other};

const PATH: &str = "settings/do-not-contact";
/// How many entries come at once.
const ROWS: u64 = 50;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/do-not-contact", web::get().to(show))
        .route("/settings/do-not-contact", web::post().to(add))
        .route("/settings/do-not-contact/remove", web::post().to(remove));
}

#[derive(Template)]
#[template(path = "settings/suppressions.html")]
struct SuppressionsPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    more: Option<String>,
    /// What is looked for.
    sought: String,
    reasons: Vec<Choice>,
    may_add: bool,
    may_remove: bool,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
}

impl SuppressionsPage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

struct Row {
    id: String,
    value: String,
    kind: String,
    reason: String,
    note: String,
    added_at: Shown,
    added_by: String,
}

async fn show(visit: Visit) -> PageResult {
    render(&visit, StatusCode::OK, Fields::default(), Faults::default()).await
}

async fn render(visit: &Visit, status: StatusCode, typed: Fields, faults: Faults) -> PageResult {
    let mut scope = visit.scope();
    let fields = visit.query.without("cursor", None).without("done", None);
    let query = SuppressionQuery { value: fields.get("value").map(str::to_owned), ..SuppressionQuery::default() };
    let request = visit.query.get("cursor").map_or_else(PageRequest::default, PageRequest::after).limit(ROWS);
    let page = scope.suppressions().list(&query, &request).await?;
    let people = People::read(&mut scope).await?;
    let around = Around::of(visit, "suppressions");
    let frame = around.frame.clone();
    let here = frame.url(PATH);
    let page = SuppressionsPage {
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        rows: page.data.into_iter().map(|entry| row(&frame, &people, entry)).collect(),
        sought: fields.text("value").to_owned(),
        reasons: choices(&frame, "suppression-reason", SuppressionReason::NAMES, typed.text("reason")),
        may_add: visit.may(Resource::Suppressions, Action::Create, None),
        may_remove: visit.may(Resource::Suppressions, Action::Delete, None),
        others: faults.elsewhere(&["value", "reason", "note"]),
        typed,
        faults,
        around,
        frame,
    };
    html(status, &page)
}

fn row(frame: &Frame, people: &People, entry: Suppression) -> Row {
    Row {
        id: entry.id.to_string(),
        kind: frame.named("suppression-kind", entry.kind.as_str()),
        reason: frame.named("suppression-reason", entry.reason.as_str()),
        note: entry.note.unwrap_or_default(),
        added_at: frame.calendar.relative(entry.created_at),
        added_by: people.actor(frame, &entry.created_by),
        value: entry.value,
    }
}

async fn add(visit: Visit, form: Form) -> PageResult {
    let new = NewSuppression {
        reason: form.0.get("reason").and_then(|reason| reason.parse().ok()),
        note: form.0.get("note").map(str::to_owned),
        ..NewSuppression::of(form.0.text("value"))
    };
    match visit.scope().suppressions().create(new).await {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{PATH}?done=suppression-added")))),
        Err(error) => {
            let wrong = faults(error, visit.frame.language())?;
            render(&visit, StatusCode::UNPROCESSABLE_ENTITY, form.0, wrong).await
        }
    }
}

async fn remove(visit: Visit, form: Form) -> PageResult {
    let id: Option<SuppressionId> = form.0.text("id").parse().ok();
    let id = id.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such entry"))?;
    visit.scope().suppressions().delete(id, Some(SuppressionRemoval::Other), None).await?;
    Ok(see_other(visit.frame.url(&format!("{PATH}?done=suppression-removed"))))
}
