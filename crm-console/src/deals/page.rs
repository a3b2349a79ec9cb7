//! The page of a deal: its way through the stages, its fields, and how long it was where.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{Deal, DealStatus};
use crm_core::ids::DealId;
use crm_core::pipelines::{Pipeline, PipelineStage, StageKind};

use super::card::{self, Due};
use super::contacts::Contacts;
use super::form::reason;
use super::items::Items;
use super::passed::{self, Passed};
use super::references;
use super::stages::Pipelines;
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::{customer_path, parsed};
use crate::web::{Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "deals/page.html")]
struct DealPage {
    frame: Frame,
    /// For the stream of changes.
    id: DealId,
    version: i64,
    name: String,
    url: String,
    status: &'static str,
    status_label: String,
    customer: String,
    customer_url: String,
    owner: Option<String>,
    amount: Option<String>,
    age: String,
    since: Shown,
    is_rotten: bool,
    pipeline: Option<String>,
    steps: Vec<Step>,
    due: Option<Due>,
    next: Option<Next>,
    facts: Vec<Fact>,
    /// The form of what it is called in other systems; for those who may.
    references: Option<String>,
    items: Items,
    contacts: Contacts,
    description: Option<String>,
    history: Vec<Passed>,
    more: Option<String>,
    /// The page itself, for what comes back to it.
    here: String,
    /// The address of the form that moves it, with the way back; for those who may.
    place: Option<String>,
    edit: Option<String>,
    delete: Option<String>,
    board: String,
}

/// A stage on the way.
struct Step {
    id: String,
    name: String,
    kind: &'static str,
    is_here: bool,
    is_passed: bool,
    /// Where one asks for the reason first: the way into a lost stage.
    asks: Option<String>,
}

/// What is to be done next.
struct Next {
    words: String,
    at: Option<Shown>,
    is_late: bool,
}

/// A field: its name, its label, and its value.
struct Fact {
    name: &'static str,
    label: String,
    value: String,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let id: DealId = parsed(&id)?;
    let mut scope = visit.scope();
    let deal = scope.deals().get(id).await?;
    let pipelines = Pipelines::read(&mut scope).await?;
    let people = People::read(&mut scope).await?;
    let (history, more) = passed::read(&mut scope, &visit, &people, id).await?;
    let frame = visit.frame.clone().within("deals");
    let url = card::url(&frame, id);
    let back = card::back(&url);
    let may = |action| visit.may(Resource::Deals, action, deal.owner_id);
    let pipeline = pipelines.named(deal.pipeline_id);
    let board = Fields::default().with("pipeline", &deal.pipeline_id.to_string()).query();
    let page = DealPage {
        status: deal.status.as_str(),
        status_label: frame.named("deal-status", deal.status.as_str()),
        customer_url: frame.url(&customer_path(deal.customer_id)),
        owner: deal.owner.as_ref().and_then(|owner| owner.display_name.clone()),
        amount: deal.amount.map(|amount| card::money(&frame, amount)),
        age: card::age(&frame, &deal),
        since: frame.calendar.full(deal.stage_entered_at),
        is_rotten: deal.is_rotten,
        pipeline: pipeline.filter(|_| pipelines.0.len() > 1).map(|pipeline| pipeline.name.clone()),
        steps: pipeline.map(|pipeline| steps(pipeline, &deal, &format!("{url}/move{back}"))).unwrap_or_default(),
        due: card::due(&frame, &deal),
        next: next(&frame, &deal),
        facts: facts(&visit, &people, &deal),
        references: may(Action::Update).then(|| format!("{url}/references{back}")),
        items: Items::of(&frame, &deal, may(Action::Update)),
        contacts: Contacts::of(&frame, &deal, may(Action::Update)),
        more: more.map(|query| format!("{url}{query}")),
        place: may(Action::Update).then(|| format!("{url}/move{back}")),
        edit: may(Action::Update).then(|| format!("{url}/edit{back}")),
        delete: may(Action::Delete).then(|| format!("{url}/delete")),
        board: format!("{}{board}", frame.url("deals")),
        here: url.clone(),
        version: deal.version,
        customer: deal.customer_name,
        description: deal.description,
        name: deal.name,
        history,
        url,
        id,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// The stages of a pipeline. Those before the one of an open deal are passed, whichever way it came.
fn steps(pipeline: &Pipeline, deal: &Deal, place: &str) -> Vec<Step> {
    let here = pipeline.stages.iter().position(|stage| stage.id == deal.stage_id);
    let is_shown = |stage: &&PipelineStage| !stage.is_archived || stage.id == deal.stage_id;
    let shown = pipeline.stages.iter().enumerate().filter(|(_, stage)| is_shown(stage));
    let step = |(at, stage): (usize, &PipelineStage)| {
        let is_before = here.is_some_and(|here| at < here) && stage.kind == StageKind::Open;
        let asks = stage.kind == StageKind::Lost && deal.status != DealStatus::Lost;
        Step {
            id: stage.id.to_string(),
            name: stage.name.clone(),
            kind: stage.kind.as_str(),
            is_here: stage.id == deal.stage_id,
            is_passed: is_before && deal.status != DealStatus::Lost,
            asks: asks.then(|| format!("{place}&stage={}", stage.id)),
        }
    };
    shown.map(step).collect()
}

fn next(frame: &Frame, deal: &Deal) -> Option<Next> {
    let at = deal.next_step_at.map(|at| frame.calendar.full(at));
    let is_late = deal.status == DealStatus::Open && deal.next_step_at.is_some_and(|at| at < frame.calendar.now);
    let words = deal.next_step.clone();
    (words.is_some() || at.is_some()).then(|| Next { words: words.unwrap_or_default(), at, is_late })
}

fn facts(visit: &Visit, people: &People, deal: &Deal) -> Vec<Fact> {
    let frame = &visit.frame;
    let own = deal.probability.filter(|_| deal.status == DealStatus::Open);
    let probability = match own {
        Some(own) => frame.w("deals-probability-own", &own.to_string()),
        None => format!("{} %", deal.effective_probability),
    };
    let word = |group: &str, word: &Option<String>| word.as_deref().map(|word| frame.named(group, word));
    let time = |at: Option<_>| at.map(|at| frame.calendar.full(at).words);
    let invoices: Vec<String> = deal.invoice_refs.iter().map(references::shown).collect();
    let facts = [
        ("amount", "field-amount", deal.amount.map(|amount| card::money(frame, amount))),
        ("probability", "field-probability", Some(probability)),
        ("weightedAmount", "field-weighted-amount", deal.weighted_amount.map(|amount| card::money(frame, amount))),
        ("type", "field-type", deal.deal_type.map(|kind| frame.named("deal-type", kind.as_str()))),
        ("source", "field-source", word("source", &deal.source)),
        ("competitor", "field-competitor", deal.competitor.clone()),
        ("closedAt", "field-closed-at", time(deal.closed_at)),
        ("lostReason", "field-lost-reason", deal.lost_reason.as_deref().map(|code| reason(visit, code))),
        ("lostNotes", "field-lost-notes", deal.lost_notes.clone()),
        ("quoteRef", "field-quote-ref", deal.quote_ref.as_ref().map(references::shown)),
        ("orderRef", "field-order-ref", deal.order_ref.as_ref().map(references::shown)),
        ("invoiceRefs", "field-invoice-refs", (!invoices.is_empty()).then(|| invoices.join(", "))),
        ("createdBy", "field-created-by", Some(people.actor(frame, &deal.created_by))),
        ("createdAt", "field-created-at", time(Some(deal.created_at))),
        ("updatedAt", "field-updated-at", time(Some(deal.updated_at))),
    ];
    let fact = |(name, label, value): (&'static str, &str, Option<String>)| {
        Some(Fact { name, label: frame.t(label), value: value? })
    };
    facts.into_iter().filter_map(fact).collect()
}
