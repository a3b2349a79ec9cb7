//! The fields of a deal are changed. Its stage is changed by a move.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{Deal, DealStatus};
use crm_core::ids::DealId;
use crm_core::{CompanyScope, Error};

use super::form::{self, Line};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "deals/edit.html")]
struct EditPage {
    frame: Frame,
    action: String,
    back: String,
    version: i64,
    customer: String,
    lines: Vec<Line>,
    others: Vec<String>,
    is_lost: bool,
    /// True if the deal has changed since the form was made.
    is_stale: bool,
}

/// What a form has left open.
#[derive(Default)]
struct Open {
    typed: Option<Fields>,
    faults: Faults,
    is_stale: bool,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let mut scope = visit.scope();
    let deal = scope.deals().get(parsed(&id)?).await?;
    visit.authorize(Resource::Deals, Action::Update, deal.owner_id)?;
    render(&visit, &mut scope, &deal, StatusCode::OK, Open::default()).await
}

async fn render(
    visit: &Visit,
    scope: &mut CompanyScope<'_>,
    deal: &Deal,
    status: StatusCode,
    open: Open,
) -> PageResult {
    let people = People::read(scope).await?;
    let frame = visit.frame.clone().within("deals");
    let Open { typed, faults, is_stale } = open;
    let back = visit.back(typed.as_ref().unwrap_or(&visit.query), &format!("deals/{}", deal.id));
    let values = typed.unwrap_or_else(|| form::typed(&frame, deal));
    let page = EditPage {
        action: frame.url(&format!("deals/{}/edit", deal.id)),
        back,
        version: deal.version,
        customer: deal.customer_name.clone(),
        lines: form::lines(visit, &people, &values, &faults),
        others: form::others(&faults),
        is_lost: deal.status == DealStatus::Lost,
        is_stale,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: DealId = parsed(&id)?;
    let mut scope = visit.scope();
    let before = scope.deals().get(id).await?;
    let is_lost = before.status == DealStatus::Lost;
    let (status, faults, is_stale) = match form::patch(&visit.frame, Some(&before), &form.0, is_lost) {
        Err(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults, false),
        Ok(patch) => match scope.deals().update(id, patch, form.0.version()).await {
            Ok(_) => return Ok(visit.done(&visit.back(&form.0, &format!("deals/{id}")), "deal-saved", None)),
            Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
            Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, visit.frame.language())?, false),
        },
    };
    let open = Open { typed: Some(form.0), faults, is_stale };
    render(&visit, &mut scope, &before, status, open).await
}
