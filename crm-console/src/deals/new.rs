//! A deal is added, with a customer who is looked for first.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{DealPatch, DealQuery, NewDeal};
use crm_core::filter::{Filter, Op};
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::pipelines::StageKind;
use crm_core::{CompanyScope, Error};
use crm_web::problem::{ApiError, Code};

use super::form::{self, Line};
use super::stages::{Group, Pipelines};
use super::{BOARD, card};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::interactions::{customer_names, pick_customer};
use crate::web::{Form, Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "deals/new.html")]
struct NewPage {
    frame: Frame,
    customer: CustomerId,
    name: String,
    /// Where another customer is chosen.
    pick: String,
    back: String,
    action: String,
    groups: Vec<Group>,
    stage_fault: Option<String>,
    lines: Vec<Line>,
    others: Vec<String>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    visit.authorize(Resource::Deals, Action::Create, None)?;
    let Some(customer) = visit.query.get("customer") else { return pick(visit).await };
    let customer: CustomerId = parsed(customer)?;
    let mut scope = visit.scope();
    let me = visit.actor().user_id().map(|user| user.to_string()).unwrap_or_default();
    let given = visit.query.with("ownerId", &me).with("currency", &last_currency(&mut scope).await?);
    render(&visit, &mut scope, customer, StatusCode::OK, (&given, &Faults::default())).await
}

async fn pick(visit: Visit) -> PageResult {
    let back = visit.back(&visit.query, BOARD);
    let kept = Fields::default().with("back", &back).with("stage", visit.query.text("stage"));
    pick_customer(visit, "deals/new", "deals/new", &kept, back, true).await
}

/// The currency of the last deal that has an amount: most companies sell in one.
pub(crate) async fn last_currency(scope: &mut CompanyScope<'_>) -> Result<String, Error> {
    let filter = Some(Filter::leaf("currency", Op::IsNull, false));
    let query = DealQuery { filter, ..DealQuery::default() };
    let page = match scope.deals().list(&query, &PageRequest::default().limit(1)).await {
        Err(Error::Forbidden { .. }) => return Ok(String::new()),
        page => page?,
    };
    let amount = page.data.first().and_then(|deal| deal.amount);
    Ok(amount.map(|amount| amount.currency.to_string()).unwrap_or_default())
}

async fn render(
    visit: &Visit,
    scope: &mut CompanyScope<'_>,
    customer: CustomerId,
    status: StatusCode,
    (given, faults): (&Fields, &Faults),
) -> PageResult {
    let people = People::read(scope).await?;
    let pipelines = Pipelines::read(scope).await?;
    let name = customer_names(scope, std::iter::once(customer)).await?.into_values().next();
    let name = name.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such customer"))?;
    let frame = visit.frame.clone().within("deals");
    let back = visit.back(given, BOARD);
    let first = || pipelines.first().map(|stage| stage.id.to_string()).unwrap_or_default();
    let stage = given.get("stage").map_or_else(first, str::to_owned);
    let page = NewPage {
        customer,
        name,
        action: frame.url("deals"),
        pick: format!("{}{}", frame.url("deals/new"), card::back(&back)),
        groups: pipelines.choices(&stage),
        stage_fault: faults.at("stageId").or_else(|| faults.at("pipelineId")),
        lines: form::lines(visit, &people, given, faults),
        others: form::others(faults),
        back,
        frame,
    };
    html(status, &page)
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let customer: CustomerId = parsed(form.0.text("customer"))?;
    let mut scope = visit.scope();
    let pipelines = Pipelines::read(&mut scope).await?;
    let (asked, language) = (form.0.get("stage"), visit.frame.language());
    let stage = asked.and_then(|id| pipelines.stage(id)).map(|(_, stage)| stage);
    let is_lost = stage.is_some_and(|stage| stage.kind == StageKind::Lost);
    let faults = match form::patch(&visit.frame, None, &form.0, is_lost) {
        _ if asked.is_some() && stage.is_none() => Faults::named("stageId", "stage-unknown", language),
        Err(faults) => faults,
        Ok(patch) => {
            let new = NewDeal { stage_id: stage.map(|stage| stage.id), ..begun(patch, &form.0) };
            match scope.deals().create(customer, new).await {
                Ok(_) => return Ok(visit.done(&visit.back(&form.0, BOARD), "deal-added", None)),
                Err(error) => Faults::of(error, language)?,
            }
        }
    };
    render(&visit, &mut scope, customer, StatusCode::UNPROCESSABLE_ENTITY, (&form.0, &faults)).await
}

/// What was typed, as a new deal.
fn begun(patch: DealPatch, form: &Fields) -> NewDeal {
    // An owner that is not named is the person; nobody is chosen.
    let nobody = form.has("ownerId") && patch.owner_id.is_absent();
    let mut new = NewDeal { owner_id: if nobody { Patch::Clear } else { patch.owner_id }, ..NewDeal::default() };
    patch.name.apply(&mut new.name);
    patch.amount.apply(&mut new.amount);
    patch.probability.apply(&mut new.probability);
    patch.expected_close_date.apply(&mut new.expected_close_date);
    patch.lost_reason.apply(&mut new.lost_reason);
    patch.lost_notes.apply(&mut new.lost_notes);
    patch.competitor.apply(&mut new.competitor);
    patch.source.apply(&mut new.source);
    patch.deal_type.apply(&mut new.deal_type);
    patch.next_step.apply(&mut new.next_step);
    patch.next_step_at.apply(&mut new.next_step_at);
    patch.description.apply(&mut new.description);
    new
}
