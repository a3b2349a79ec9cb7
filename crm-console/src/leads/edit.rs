//! The fields of a lead are changed. Its status is changed by a move.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadId;
use crm_core::lead_statuses::LeadStatusType;
use crm_core::leads::Lead;
use crm_core::{CompanyScope, Error};

use super::new::FormPage;
use super::{SECTION, form, path};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, PageResult, People, Visit, html};

/// What a form has left open.
#[derive(Default)]
struct Open {
    typed: Option<Fields>,
    faults: Faults,
    is_stale: bool,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let mut scope = visit.scope();
    let lead = scope.leads().get(parsed(&id)?).await?;
    visit.authorize(Resource::Leads, Action::Update, lead.owner_id)?;
    render(&visit, &mut scope, &lead, StatusCode::OK, Open::default()).await
}

async fn render(
    visit: &Visit,
    scope: &mut CompanyScope<'_>,
    lead: &Lead,
    status: StatusCode,
    open: Open,
) -> PageResult {
    let people = People::read(scope).await?;
    let frame = visit.frame.clone().within(SECTION);
    let Open { typed, faults, is_stale } = open;
    let back = visit.back(typed.as_ref().unwrap_or(&visit.query), &path(lead.id));
    let values = typed.unwrap_or_else(|| form::typed(&frame, lead));
    let page = FormPage {
        title: frame.w("leads-edit", &lead.name),
        label: frame.t(if is_stale { "save-anyway" } else { "save" }),
        action: frame.url(&format!("{}/edit", path(lead.id))),
        back,
        version: Some(lead.version),
        lines: form::lines(visit, &people, &values, &faults),
        others: form::others(&faults),
        is_lost: lead.status_type == LeadStatusType::Lost,
        is_stale,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: LeadId = parsed(&id)?;
    let mut scope = visit.scope();
    let before = scope.leads().get(id).await?;
    let is_lost = before.status_type == LeadStatusType::Lost;
    let (status, faults, is_stale) = match form::patch(&visit.frame, Some(&before), &form.0, is_lost) {
        Err(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults, false),
        Ok(patch) => match scope.leads().update(id, patch, form.0.version()).await {
            Ok(_) => return Ok(visit.done(&visit.back(&form.0, &path(id)), "lead-saved", None)),
            Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
            Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, visit.frame.language())?, false),
        },
    };
    let open = Open { typed: Some(form.0), faults, is_stale };
    render(&visit, &mut scope, &before, status, open).await
}
