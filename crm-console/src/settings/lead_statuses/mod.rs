//! The statuses of leads: the list, and what is done with a status as a whole.

mod form;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadStatusId;
use crm_core::lead_statuses::{LeadStatus, LeadStatusPatch, LeadStatusQuery};
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Error, Result};

use super::Around;
use crate::customers::parsed;
use crate::web::{ConfirmPage, Form, Frame, PageResult, Visit, html, see_other};

/// The path of the list.
const LIST: &str = "settings/lead-statuses";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/lead-statuses", web::get().to(list))
        .route("/settings/lead-statuses", web::post().to(form::create))
        .route("/settings/lead-statuses/new", web::get().to(form::add))
        .route("/settings/lead-statuses/usual", web::post().to(add_usual))
        .route("/settings/lead-statuses/{id}", web::get().to(form::show))
        .route("/settings/lead-statuses/{id}", web::post().to(form::save))
        .route("/settings/lead-statuses/{id}/move", web::post().to(move_by_one))
        .route("/settings/lead-statuses/{id}/default", web::post().to(make_default))
        .route("/settings/lead-statuses/{id}/archive", web::post().to(archive))
        .route("/settings/lead-statuses/{id}/delete", web::get().to(ask))
        .route("/settings/lead-statuses/{id}/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "settings/lead_statuses.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    may_add: bool,
    may_manage: bool,
}

struct Row {
    url: String,
    name: String,
    description: String,
    color: Option<String>,
    kind: String,
    requires_reason: bool,
    is_default: bool,
    is_archived: bool,
    is_first: bool,
    is_last: bool,
}

/// All statuses, in their order. A company has no more than come at once.
async fn all(scope: &mut CompanyScope<'_>) -> Result<Vec<LeadStatus>> {
    let request = PageRequest::default().limit(MAX_PAGE);
    Ok(scope.lead_statuses().list(&LeadStatusQuery::default(), &request).await?.data)
}

async fn list(visit: Visit) -> PageResult {
    visit.authorize(Resource::LeadStatuses, Action::Read, None)?;
    let statuses = all(&mut visit.scope()).await?;
    let around = Around::of(&visit, "lead-statuses");
    let frame = around.frame.clone();
    let last = statuses.len().saturating_sub(1);
    let row = |(place, status): (usize, LeadStatus)| row(&frame, status, (place == 0, place == last));
    let page = ListPage {
        rows: statuses.into_iter().enumerate().map(row).collect(),
        may_add: visit.may(Resource::LeadStatuses, Action::Create, None),
        may_manage: visit.may(Resource::LeadStatuses, Action::Update, None),
        around,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn row(frame: &Frame, status: LeadStatus, (is_first, is_last): (bool, bool)) -> Row {
    Row {
        url: frame.url(&format!("{LIST}/{}", status.id)),
        name: status.name,
        description: status.description.unwrap_or_default(),
        color: status.color,
        kind: frame.named("lead-type", status.status_type.as_str()),
        requires_reason: status.requires_reason,
        is_default: status.is_default,
        is_archived: status.is_archived,
        is_first,
        is_last,
    }
}

/// The usual statuses, for a company that has none.
async fn add_usual(visit: Visit) -> PageResult {
    visit.scope().lead_statuses().add_usual().await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=lead-statuses-usual"))))
}

/// Moves a status before or behind its neighbour. Places that are the same are told apart by this.
async fn move_by_one(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: LeadStatusId = parsed(&id)?;
    let mut scope = visit.scope();
    let mut tx = scope.begin().await?;
    let mut statuses = all(&mut tx.scope()).await?;
    if let Some(place) = statuses.iter().position(|status| status.id == id) {
        let other = if form.0.text("to") == "up" { place.checked_sub(1) } else { Some(place + 1) };
        if let Some(other) = other.filter(|other| *other < statuses.len()) {
            statuses.swap(place, other);
        }
    }
    for (status, position) in statuses.iter().zip(0..) {
        let patch = LeadStatusPatch { position: Patch::Set(position), ..LeadStatusPatch::default() };
        if status.position != position {
            tx.scope().lead_statuses().update(status.id, patch, None).await?;
        }
    }
    tx.commit().await?;
    Ok(see_other(visit.frame.url(LIST)))
}

/// New leads begin in this status from now on.
async fn make_default(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let patch = LeadStatusPatch { is_default: Patch::Set(true), ..LeadStatusPatch::default() };
    change(visit, parsed(&id)?, form, patch, "lead-status-default").await
}

async fn archive(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let is_archived = form.0.text("archived") == "true";
    let patch = LeadStatusPatch { is_archived: Patch::Set(is_archived), ..LeadStatusPatch::default() };
    let done = if is_archived { "lead-status-archived" } else { "lead-status-unarchived" };
    change(visit, parsed(&id)?, form, patch, done).await
}

async fn change(visit: Visit, id: LeadStatusId, form: Form, patch: LeadStatusPatch, done: &str) -> PageResult {
    let version = form.version()?;
    let outcome = visit.scope().lead_statuses().update(id, patch, Some(version)).await;
    match outcome {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{LIST}?done={done}")))),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => form::refused(&visit, id, error).await,
        Err(error) => Err(error.into()),
    }
}

async fn ask(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::LeadStatuses, Action::Delete, None)?;
    let status = visit.scope().lead_statuses().get(parsed(&id)?).await?;
    let frame = visit.frame.clone().within("settings");
    let page = ConfirmPage {
        action: frame.url(&format!("{LIST}/{}/delete", status.id)),
        back: frame.url(&format!("{LIST}/{}", status.id)),
        title: frame.w("lead-statuses-delete-this", &status.name),
        text: frame.t("lead-statuses-delete-text"),
        label: frame.t("delete"),
        version: status.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// What stands in the way of it is told on the page of the status.
async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, version): (LeadStatusId, _) = (parsed(&id)?, form.version()?);
    let outcome = visit.scope().lead_statuses().delete(id, Some(version)).await;
    match outcome {
        Ok(()) => Ok(see_other(visit.frame.url(&format!("{LIST}?done=lead-status-deleted")))),
        Err(error @ Error::Conflict(_)) => form::refused(&visit, id, error).await,
        Err(error) => Err(error.into()),
    }
}
