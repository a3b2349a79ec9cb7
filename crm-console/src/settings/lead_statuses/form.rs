//! The form of a status of leads. Its code and its type are given once.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadStatusId;
use crm_core::lead_statuses::{LeadStatus, LeadStatusPatch, LeadStatusType, NewLeadStatus};
use crm_core::patch::Patch;

use super::super::pipelines::colors;
use super::super::{Around, choices, faults};
use super::{LIST, all};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

#[derive(Template)]
#[template(path = "settings/lead_status.html")]
struct StatusPage {
    around: Around,
    frame: Frame,
    action: String,
    title: String,
    /// What is there already.
    status: Option<LeadStatus>,
    /// The types that a new one can have.
    kinds: Vec<Choice>,
    /// The type that it has.
    kind: String,
    colors: Vec<Choice>,
    /// Whether leads with it were lost, so that a reason can be demanded.
    is_lost: bool,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    is_stale: bool,
    may_manage: bool,
    may_delete: bool,
}

impl StatusPage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

/// What a form has left open.
#[derive(Default)]
struct Open {
    status: StatusCode,
    typed: Fields,
    faults: Faults,
    is_stale: bool,
}

pub(super) async fn add(visit: Visit) -> PageResult {
    visit.authorize(Resource::LeadStatuses, Action::Create, None)?;
    let typed = Fields::default().with("type", LeadStatusType::Ongoing.as_str());
    render(&visit, None, Open { typed, ..Open::default() })
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let status = visit.scope().lead_statuses().get(parsed(&id)?).await?;
    let typed = typed(&status);
    render(&visit, Some(status), Open { typed, ..Open::default() })
}

/// The page of a status, of which something was refused.
pub(super) async fn refused(visit: &Visit, id: LeadStatusId, error: Error) -> PageResult {
    let status = visit.scope().lead_statuses().get(id).await?;
    let faults = faults(error, visit.frame.language())?;
    let typed = typed(&status);
    render(visit, Some(status), Open { status: StatusCode::UNPROCESSABLE_ENTITY, typed, faults, is_stale: false })
}

fn typed(status: &LeadStatus) -> Fields {
    let flag = if status.requires_reason { "true" } else { "" };
    Fields::default()
        .with("name", &status.name)
        .with("description", status.description.as_deref().unwrap_or_default())
        .with("type", status.status_type.as_str())
        .with("color", status.color.as_deref().unwrap_or_default())
        .with("requiresReason", flag)
}

fn render(visit: &Visit, status: Option<LeadStatus>, open: Open) -> PageResult {
    let around = Around::of(visit, "lead-statuses");
    let frame = around.frame.clone();
    let Open { status: code, typed, faults, is_stale } = open;
    let action = status.as_ref().map_or_else(|| LIST.to_owned(), |status| format!("{LIST}/{}", status.id));
    let may = |action| visit.may(Resource::LeadStatuses, action, None);
    let kind = status.as_ref().map_or_else(|| typed.text("type").to_owned(), |status| status.status_type.to_string());
    let page = StatusPage {
        action: frame.url(&action),
        title: status.as_ref().map_or_else(|| frame.t("lead-statuses-add"), |status| status.name.clone()),
        kinds: choices(&frame, "lead-type", LeadStatusType::NAMES, &kind),
        colors: colors(&frame, typed.text("color")),
        // Which type a new one gets is chosen in the form.
        is_lost: status.as_ref().is_none_or(|status| status.status_type == LeadStatusType::Lost),
        others: faults.elsewhere(&["name", "description", "type", "color", "requiresReason"]),
        may_manage: may(if status.is_some() { Action::Update } else { Action::Create }),
        may_delete: may(Action::Delete),
        kind: frame.named("lead-type", &kind),
        status,
        typed,
        faults,
        is_stale,
        around,
        frame,
    };
    html(code, &page)
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let text = |name: &str| form.0.get(name).map(str::to_owned);
    let mut scope = visit.scope();
    // A new one comes after the others.
    let position = i64::try_from(all(&mut scope).await?.len()).ok();
    let new = NewLeadStatus {
        name: text("name"),
        description: text("description"),
        status_type: form.0.get("type").and_then(|name| name.parse().ok()),
        color: text("color"),
        requires_reason: form.0.get("requiresReason").map(|_| true),
        position,
        ..NewLeadStatus::default()
    };
    match scope.lead_statuses().create(new).await {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{LIST}?done=lead-status-added")))),
        Err(error) => {
            let faults = faults(error, visit.frame.language())?;
            let open = Open { status: StatusCode::UNPROCESSABLE_ENTITY, typed: form.0, faults, is_stale: false };
            render(&visit, None, open)
        }
    }
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, version) = (parsed::<LeadStatusId>(&id)?, form.version()?);
    let text = |name: &str| Patch::from(form.0.get(name).map(str::to_owned));
    let patch = LeadStatusPatch {
        name: Patch::Set(form.0.text("name").to_owned()),
        description: text("description"),
        color: text("color"),
        requires_reason: Patch::Set(form.0.get("requiresReason").is_some()),
        ..LeadStatusPatch::default()
    };
    let mut scope = visit.scope();
    let (status, faults, is_stale) = match scope.lead_statuses().update(id, patch, Some(version)).await {
        Ok(_) => return Ok(see_other(visit.frame.url(&format!("{LIST}?done=lead-status-saved")))),
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, faults(error, visit.frame.language())?, false),
    };
    let held = scope.lead_statuses().get(id).await?;
    render(&visit, Some(held), Open { status, typed: form.0, faults, is_stale })
}
