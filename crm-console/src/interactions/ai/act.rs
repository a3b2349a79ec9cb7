//! A text is discarded, or all is made anew. What a person wrote is asked for before it is lost.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::InteractionId;

use super::text::Text;
use crate::customers::parsed;
use crate::web::{ConfirmPage, Form, PageResult, Visit, html};

pub(super) async fn ask_again(visit: Visit, id: web::Path<String>) -> PageResult {
    confirm(&visit, &id, "again", ["ai-again-title", "ai-again-text", "ai-again"]).await
}

pub(super) async fn ask_discard(visit: Visit, path: web::Path<(String, String)>) -> PageResult {
    let (id, text) = path.into_inner();
    let title = match Text::named(&text)? {
        Text::Summary => "ai-discard-summary",
        Text::Reply => "ai-discard-reply",
    };
    confirm(&visit, &id, &format!("{text}/discard"), [title, "ai-discard-text", "ai-discard"]).await
}

async fn confirm(visit: &Visit, id: &str, act: &str, [title, text, label]: [&str; 3]) -> PageResult {
    let id: InteractionId = parsed(id)?;
    let interaction = visit.scope().all_interactions().get(id).await?;
    visit.authorize(Resource::Interactions, Action::Update, interaction.owner_id)?;
    let frame = visit.frame.clone().within("interactions");
    let page = ConfirmPage {
        title: frame.t(title),
        text: frame.t(text),
        label: frame.t(label),
        action: frame.url(&format!("interactions/{id}/ai/{act}")),
        back: visit.back(&visit.query, &format!("interactions/{id}")),
        version: interaction.ai.version,
        stays: visit.query.get("stays").is_some(),
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn again(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    let notice = match visit.scope().ai().request(id).await {
        Ok(_) => "ai-requested",
        // It was switched off, or the content removed, while the page was open.
        Err(Error::Invalid(_)) => "ai-off",
        Err(error) => return Err(error.into()),
    };
    Ok(visit.done(&visit.back(&form.0, &format!("interactions/{id}")), notice, None))
}

pub(super) async fn discard(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (id, text) = path.into_inner();
    let (id, text): (InteractionId, _) = (parsed(&id)?, Text::named(&text)?);
    let version = form.0.version();
    let notice = match visit.scope().ai().correct(id, text.patch(""), version).await {
        Ok(_) => "ai-discarded",
        Err(Error::Stale { .. }) => "ai-stale",
        Err(error) => return Err(error.into()),
    };
    Ok(visit.done(&visit.back(&form.0, &format!("interactions/{id}")), notice, None))
}
