//! A text is corrected.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::InteractionId;
use crm_core::interactions::Interaction;
use crm_web::problem::ApiError;

use super::text::Text;
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html};

#[derive(Template)]
#[template(path = "interactions/ai_edit.html")]
struct EditPage {
    frame: Frame,
    title: String,
    hint: String,
    action: String,
    back: String,
    version: i64,
    value: String,
    most: usize,
    fault: Option<String>,
    /// What the text has become since the form was made; empty if it was discarded.
    meanwhile: Option<String>,
    stays: bool,
}

/// What a form has left open.
#[derive(Default)]
struct Open<'f> {
    typed: Option<&'f Fields>,
    fault: Option<String>,
    is_stale: bool,
}

pub(super) async fn show(visit: Visit, path: web::Path<(String, String)>) -> PageResult {
    let (id, text) = named(&path)?;
    let interaction = visit.scope().all_interactions().get(id).await?;
    visit.authorize(Resource::Interactions, Action::Update, interaction.owner_id)?;
    render(&visit, &interaction, text, StatusCode::OK, &Open::default())
}

/// The interaction and the text that an address names.
fn named((id, text): &(String, String)) -> Result<(InteractionId, Text), ApiError> {
    Ok((parsed(id)?, Text::named(text)?))
}

pub(super) async fn save(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (id, text) = named(&path)?;
    let patch = text.patch(form.0.text("value"));
    let (status, fault, is_stale) = match visit.scope().ai().correct(id, patch, form.0.version()).await {
        Ok(_) => {
            let back = visit.back(&form.0, &format!("interactions/{id}"));
            return Ok(visit.done(&back, "ai-saved", None));
        }
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, None, true),
        Err(error) => {
            let faults = Faults::of(error, visit.frame.language())?;
            (StatusCode::UNPROCESSABLE_ENTITY, faults.at(text.field()).or(faults.first()), false)
        }
    };
    let interaction = visit.scope().all_interactions().get(id).await?;
    render(&visit, &interaction, text, status, &Open { typed: Some(&form.0), fault, is_stale })
}

fn render(visit: &Visit, interaction: &Interaction, text: Text, status: StatusCode, open: &Open<'_>) -> PageResult {
    let frame = visit.frame.clone().within("interactions");
    let given = open.typed.unwrap_or(&visit.query);
    let stored = text.of(&interaction.ai).unwrap_or_default();
    let (title, hint) = match text {
        Text::Summary => ("ai-edit-summary", "ai-edit-hint"),
        Text::Reply => ("ai-edit-reply", "ai-edit-reply-hint"),
    };
    let page = EditPage {
        title: frame.t(title),
        hint: frame.t(hint),
        action: frame.url(&format!("interactions/{}/ai/{}/edit", interaction.id, text.name())),
        back: visit.back(given, &format!("interactions/{}", interaction.id)),
        version: interaction.ai.version,
        value: open.typed.map_or(stored, |typed| typed.text("value")).to_owned(),
        most: text.most(),
        fault: open.fault.clone(),
        meanwhile: open.is_stale.then(|| stored.to_owned()),
        stays: given.get("stays").is_some(),
        frame,
    };
    html(status, &page)
}
