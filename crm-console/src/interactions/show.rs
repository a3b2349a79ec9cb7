//! One interaction with its whole text.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::ids::InteractionId;
use crm_core::interactions::{Interaction, Participant, ParticipantRole};

use super::ai::Generated;
use super::names::customer_names;
use super::participants;
use super::row::Row;
use crate::base::markdown;
use crate::customers::parsed;
use crate::web::{Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "interactions/show.html")]
struct ShowPage {
    frame: Frame,
    row: Row,
    back: String,
    /// Labels and values.
    facts: Vec<(String, String)>,
    meeting_url: Option<String>,
    participants: Vec<String>,
    /// HTML that is safe.
    content: Option<String>,
    ai: Option<Generated>,
    /// For the stream of changes.
    id: InteractionId,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    let mut scope = visit.scope();
    let interaction = scope.all_interactions().get(id).await?;
    let customers = participants::customers(&interaction.participants);
    let names = customer_names(&mut scope, customers.chain([interaction.customer_id])).await?;
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("interactions");
    let back = visit.back(&visit.query, "interactions");
    let participant = |one: &Participant| {
        let name = participants::name(&frame, &people, &names, one);
        match one.role {
            ParticipantRole::Required => name,
            role => format!("{name} ({})", frame.named("participant-role", role.as_str())),
        }
    };
    let row = Row::of(&visit, &interaction, &names, &back);
    let page = ShowPage {
        ai: Generated::on_page(&visit, &people, &interaction, &row.page()),
        id,
        row,
        facts: facts(&frame, &interaction, &people),
        meeting_url: interaction.meeting_url.clone(),
        participants: interaction.participants.iter().map(participant).collect(),
        content: interaction.content.as_deref().map(markdown::render),
        back,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn facts(frame: &Frame, interaction: &Interaction, people: &People) -> Vec<(String, String)> {
    let time = |at: Option<_>| at.map(|at| frame.calendar.full(at).words);
    let minutes = interaction.duration_seconds.map(|seconds| seconds / 60).filter(|minutes| *minutes > 0);
    let facts = [
        ("field-direction", interaction.direction.map(|direction| frame.named("direction", direction.as_str()))),
        ("field-outcome", interaction.outcome.as_deref().map(|outcome| frame.named("outcome", outcome))),
        ("field-scheduled-at", time(interaction.scheduled_at)),
        ("field-started-at", time(interaction.started_at)),
        ("field-completed-at", time(interaction.completed_at)),
        ("field-minutes", minutes.map(|minutes| frame.language().counted("interaction-minutes", minutes))),
        ("field-location", interaction.location.clone()),
        ("field-owner-id", interaction.owner.as_ref().and_then(|owner| owner.display_name.clone())),
        ("field-follow-up-at", time(interaction.follow_up_at)),
        ("field-created-by", Some(people.actor(frame, &interaction.created_by))),
        ("field-created-at", time(Some(interaction.created_at))),
    ];
    facts.into_iter().filter_map(|(label, value)| Some((frame.t(label), value?))).collect()
}
