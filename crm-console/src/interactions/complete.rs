//! An interaction comes to its end: what came of it, and what follows, in one form.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::InteractionId;
use crm_core::interactions::{Completion, FollowUp, Interaction, InteractionPatch, InteractionStatus, InteractionType};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Conflict, Error};
use crm_web::problem::ApiError;

use super::names::customer_names;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults, OUTCOMES, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html};

/// The ends that an interaction can come to.
const ENDS: &[InteractionStatus] =
    &[InteractionStatus::Completed, InteractionStatus::NoShow, InteractionStatus::Cancelled];
/// The fields of the form.
const FIELDS: &[&str] = &["outcome", "completedAt", "durationSeconds", "content", "followUp"];

#[derive(Template)]
#[template(path = "interactions/complete.html")]
struct CompletePage {
    frame: Frame,
    action: String,
    back: String,
    title: String,
    customer: Option<String>,
    ends: Vec<Choice>,
    outcomes: Vec<(&'static str, String)>,
    types: Vec<Choice>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    is_open: bool,
}

impl CompletePage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    let interaction = visit.scope().all_interactions().get(id).await?;
    visit.authorize(Resource::Interactions, Action::Update, interaction.owner_id)?;
    let minutes = interaction.duration_seconds.map(|seconds| (seconds / 60).to_string()).unwrap_or_default();
    let typed = visit.query.with("content", interaction.content.as_deref().unwrap_or_default());
    render(&visit, &interaction, StatusCode::OK, typed.with("minutes", &minutes), Faults::default()).await
}

async fn render(
    visit: &Visit,
    interaction: &Interaction,
    status: StatusCode,
    typed: Fields,
    faults: Faults,
) -> PageResult {
    let name = customer_names(&mut visit.scope(), std::iter::once(interaction.customer_id)).await?;
    let frame = visit.frame.clone().within("interactions");
    let kind = frame.named("interaction", interaction.interaction_type.as_str());
    let end = typed.get("status").unwrap_or("completed").to_owned();
    let next = typed.get("nextType").unwrap_or(interaction.interaction_type.as_str()).to_owned();
    let choice = |group: &str, name: &str, chosen: &str| Choice {
        value: name.to_owned(),
        label: frame.named(group, name),
        is_chosen: name == chosen,
    };
    let page = CompletePage {
        action: frame.url(&format!("interactions/{}/complete", interaction.id)),
        back: visit.back(&typed, &format!("interactions/{}", interaction.id)),
        title: interaction.subject.clone().unwrap_or(kind),
        customer: name.into_values().next(),
        ends: ENDS.iter().map(|status| choice("interactions-end", status.as_str(), &end)).collect(),
        outcomes: OUTCOMES.iter().map(|name| (*name, frame.named("outcome", name))).collect(),
        types: InteractionType::NAMES.iter().map(|name| choice("interaction", name, &next)).collect(),
        others: faults.elsewhere(FIELDS),
        is_open: interaction.status.is_open(),
        typed,
        faults,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, typed): (InteractionId, _) = (parsed(&id)?, form.0);
    let mut scope = visit.scope();
    let faults = match completed(&visit, &mut scope, id, &typed).await? {
        Ok(notice) => return Ok(visit.done(&visit.back(&typed, "interactions"), notice, None)),
        Err(faults) => faults,
    };
    let interaction = scope.all_interactions().get(id).await?;
    drop(scope);
    render(&visit, &interaction, StatusCode::UNPROCESSABLE_ENTITY, typed, faults).await
}

/// Does what the form says, and gives the name of the notice, or what is wrong with the form.
async fn completed(
    visit: &Visit,
    scope: &mut CompanyScope<'_>,
    id: InteractionId,
    typed: &Fields,
) -> Result<Result<&'static str, Faults>, ApiError> {
    let end: Option<InteractionStatus> = typed.get("status").and_then(|name| name.parse().ok());
    let end = end.filter(|end| ENDS.contains(end)).unwrap_or(InteractionStatus::Completed);
    let language = visit.frame.language();
    let done = if end == InteractionStatus::Completed {
        let said = match completion(&visit.frame, typed) {
            Ok(said) => said,
            Err(field) => return Ok(Err(Faults::unreadable(field, language))),
        };
        let notice = if said.follow_up.is_some() { "interaction-followed" } else { "interaction-completed" };
        scope.all_interactions().complete(id, said, None).await.map(|_| notice)
    } else {
        let text = |name: &str| typed.get(name).map_or(Patch::Absent, |text| Patch::Set(text.to_owned()));
        let (outcome, content) = (text("outcome"), text("content"));
        let patch = InteractionPatch { status: Patch::Set(end), outcome, content, ..InteractionPatch::default() };
        scope.all_interactions().update(id, patch, None).await.map(|_| "interaction-closed")
    };
    match done {
        Ok(notice) => Ok(Ok(notice)),
        Err(Error::Conflict(conflict @ (Conflict::InteractionClosed | Conflict::AlreadyCompleted))) => {
            Ok(Err(Faults::of_conflict(conflict, language)))
        }
        Err(error) => Faults::of(error, language).map(Err),
    }
}

/// What was typed; or the field that cannot be read.
fn completion(frame: &Frame, typed: &Fields) -> Result<Completion, &'static str> {
    let text = |name: &str| typed.get(name).map(str::to_owned);
    let time = |name, fault| typed.get(name).map(|text| frame.calendar.read(text).ok_or(fault)).transpose();
    let minutes = typed.get("minutes").map(|minutes| minutes.parse::<i64>().ok().and_then(|held| held.checked_mul(60)));
    let follow_up = time("nextAt", "followUp")?.map(|at| FollowUp {
        interaction_type: typed.get("nextType").and_then(|name| name.parse().ok()),
        subject: text("nextSubject"),
        ..FollowUp::at(at)
    });
    Ok(Completion {
        outcome: text("outcome"),
        completed_at: time("completedAt", "completedAt")?,
        duration_seconds: minutes.map(|seconds| seconds.ok_or("durationSeconds")).transpose()?,
        content: text("content"),
        follow_up,
    })
}
