//! A deal is moved: to another stage, or to another place among the deals of its stage.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::deals::{Deal, DealMove, DealStatus};
use crm_core::ids::DealId;
use crm_core::pipelines::StageKind;

use super::form::reasons;
use super::stages::{Group, Pipelines};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html};

/// The fields of the form.
const FIELDS: &[&str] = &["stage", "lostReason", "lostNotes", "competitor", NEIGHBOURS[0], NEIGHBOURS[1]];
/// The deals beside which it is put.
const NEIGHBOURS: [&str; 2] = ["afterId", "beforeId"];

#[derive(Template)]
#[template(path = "deals/move.html")]
struct MovePage {
    frame: Frame,
    action: String,
    back: String,
    version: i64,
    name: String,
    customer: String,
    /// Where it is now.
    stage: String,
    groups: Vec<Group>,
    reasons: Vec<(String, String)>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    /// True if the deal has changed since the form was made.
    is_stale: bool,
    /// True if a reason is all that is missing.
    is_focused_on_reason: bool,
}

impl MovePage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    typed: Fields,
    faults: Faults,
    is_stale: bool,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let mut scope = visit.scope();
    let deal = scope.deals().get(parsed(&id)?).await?;
    visit.authorize(Resource::Deals, Action::Update, deal.owner_id)?;
    let pipelines = Pipelines::read(&mut scope).await?;
    let typed = visit.query.clone();
    let open = Open { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false };
    render(&visit, &deal, &pipelines, open)
}

fn render(visit: &Visit, deal: &Deal, pipelines: &Pipelines, open: Open) -> PageResult {
    let frame = visit.frame.clone().within("deals");
    let Open { status, mut typed, faults, is_stale } = open;
    let now = deal.stage_id.to_string();
    // A neighbour that has left the stage is no place any more.
    let left: Vec<String> = NEIGHBOURS.iter().filter_map(|name| faults.at(name)).collect();
    if !left.is_empty() {
        typed = NEIGHBOURS.iter().fold(typed, |typed, name| typed.without(name, None));
    }
    let chosen = typed.get("stage").unwrap_or(&now).to_owned();
    let asks_for_reason = chosen != now && is_lost(pipelines, &chosen);
    let page = MovePage {
        action: frame.url(&format!("deals/{}/move", deal.id)),
        back: visit.back(&typed, &format!("deals/{}", deal.id)),
        version: deal.version,
        name: deal.name.clone(),
        customer: deal.customer_name.clone(),
        stage: deal.stage_name.clone(),
        groups: pipelines.choices(&chosen),
        reasons: reasons(visit),
        others: faults.elsewhere(FIELDS).into_iter().chain(left).collect(),
        is_focused_on_reason: asks_for_reason && faults.at("stage").is_none(),
        typed,
        faults,
        is_stale,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, typed): (DealId, _) = (parsed(&id)?, form.0);
    let mut scope = visit.scope();
    let pipelines = Pipelines::read(&mut scope).await?;
    let moved = scope.deals().move_to(id, wanted(&pipelines, &typed), typed.version()).await;
    let (status, faults, is_stale) = match moved {
        Ok(deal) => return Ok(visit.done(&visit.back(&typed, &format!("deals/{id}")), notice(&deal), None)),
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, visit.frame.language())?, false),
    };
    let deal = scope.deals().get(id).await?;
    render(&visit, &deal, &pipelines, Open { status, typed, faults, is_stale })
}

const fn notice(deal: &Deal) -> &'static str {
    match deal.status {
        DealStatus::Open => "deal-moved",
        DealStatus::Won => "deal-won",
        DealStatus::Lost => "deal-lost",
    }
}

fn is_lost(pipelines: &Pipelines, stage: &str) -> bool {
    pipelines.stage(stage).is_some_and(|(_, stage)| stage.kind == StageKind::Lost)
}

/// The move that a form describes. What belongs to a loss is only sent with one: its fields may be hidden by now.
fn wanted(pipelines: &Pipelines, typed: &Fields) -> DealMove {
    let stage = typed.get("stage");
    let pipeline = stage.and_then(|stage| pipelines.stage(stage)).map(|(pipeline, _)| pipeline.id);
    let lost = stage.is_some_and(|stage| is_lost(pipelines, stage));
    let text = |name: &str| typed.get(name).filter(|_| lost).map(str::to_owned);
    let [after_id, before_id] = NEIGHBOURS.map(|name| typed.get(name).and_then(|id| id.parse().ok()));
    DealMove {
        pipeline_id: pipeline,
        stage: stage.map(Into::into),
        after_id,
        before_id,
        lost_reason: text("lostReason"),
        lost_notes: text("lostNotes"),
        competitor: text("competitor"),
    }
}
