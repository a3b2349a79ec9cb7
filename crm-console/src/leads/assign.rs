//! A lead is given to a user, or to nobody.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::{LeadId, UserId};
use crm_core::leads::Lead;
use crm_core::{CompanyScope, Error};

use super::{SECTION, form, path};
use crate::customers::{Choice, Faults, parsed};
use crate::web::{Form, Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "leads/assign.html")]
struct AssignPage {
    frame: Frame,
    action: String,
    back: String,
    version: i64,
    name: String,
    owners: Vec<Choice>,
    fault: Option<String>,
    others: Vec<String>,
    /// True if the lead has changed since the form was made.
    is_stale: bool,
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    owner: String,
    back: String,
    faults: Faults,
    is_stale: bool,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let mut scope = visit.scope();
    let lead = scope.leads().get(parsed(&id)?).await?;
    visit.authorize(Resource::Leads, Action::Update, lead.owner_id)?;
    let owner = lead.owner_id.map(|owner| owner.to_string()).unwrap_or_default();
    let back = visit.back(&visit.query, &path(lead.id));
    let open = Open { status: StatusCode::OK, owner, back, faults: Faults::default(), is_stale: false };
    render(&visit, &mut scope, &lead, open).await
}

async fn render(visit: &Visit, scope: &mut CompanyScope<'_>, lead: &Lead, open: Open) -> PageResult {
    let people = People::read(scope).await?;
    let frame = visit.frame.clone().within(SECTION);
    let Open { status, owner, back, faults, is_stale } = open;
    let page = AssignPage {
        action: frame.url(&format!("{}/assign", path(lead.id))),
        version: lead.version,
        name: lead.name.clone(),
        owners: form::owners(visit, &people, &owner),
        fault: faults.at("ownerId"),
        others: faults.elsewhere(&["ownerId"]),
        back,
        is_stale,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: LeadId = parsed(&id)?;
    let owner = form.0.get("ownerId").map(str::parse::<UserId>).transpose();
    let back = visit.back(&form.0, &path(id));
    let language = visit.frame.language();
    let mut scope = visit.scope();
    let (status, faults, is_stale) = match owner {
        Err(_) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::unreadable("ownerId", language), false),
        Ok(owner) => match scope.leads().assign(id, owner, form.0.version()).await {
            Ok(_) => return Ok(visit.done(&back, "lead-assigned", None)),
            Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
            Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, language)?, false),
        },
    };
    let lead = scope.leads().get(id).await?;
    let owner = form.0.text("ownerId").to_owned();
    render(&visit, &mut scope, &lead, Open { status, owner, back, faults, is_stale }).await
}
