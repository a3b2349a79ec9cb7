//! The fields of an interaction are changed.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::InteractionId;
use crm_core::interactions::Interaction;

use super::form::{self, Asks, Line};
use super::participants::{self, Editor};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "interactions/edit.html")]
struct EditPage {
    frame: Frame,
    action: String,
    back: String,
    version: i64,
    customer: Option<String>,
    lines: Vec<Line>,
    editor: Editor,
    others: Vec<String>,
    /// True if the interaction has changed since the form was made.
    is_stale: bool,
}

/// What a form has left open.
#[derive(Default)]
struct Open {
    typed: Option<Fields>,
    faults: Faults,
    is_stale: bool,
    /// The version that the form began with, while it goes on.
    version: Option<i64>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    let interaction = visit.scope().all_interactions().get(id).await?;
    visit.authorize(Resource::Interactions, Action::Update, interaction.owner_id)?;
    render(&visit, &interaction, StatusCode::OK, Open::default()).await
}

async fn render(visit: &Visit, interaction: &Interaction, status: StatusCode, open: Open) -> PageResult {
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("interactions");
    let typed = (open.typed.as_ref(), &open.faults);
    let (editor, customer) =
        Editor::read(&mut scope, &frame, &people, interaction.customer_id, Some(interaction), typed).await?;
    let asks = Asks::of(interaction);
    let stored = form::typed(&frame, interaction);
    let given = open.typed.as_ref().unwrap_or(&visit.query);
    let page = EditPage {
        action: frame.url(&format!("interactions/{}/edit", interaction.id)),
        back: visit.back(given, &format!("interactions/{}", interaction.id)),
        version: open.version.unwrap_or(interaction.version),
        customer,
        editor,
        lines: form::lines(visit, &people, asks, open.typed.as_ref().unwrap_or(&stored), &open.faults),
        others: form::others(asks, &open.faults),
        is_stale: open.is_stale,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    let version = form.0.version();
    let mut scope = visit.scope();
    let before = scope.all_interactions().get(id).await?;
    let language = visit.frame.language();
    let typed = Some(form.0.clone());
    if participants::is_step(&form.0) {
        drop(scope);
        return render(&visit, &before, StatusCode::OK, Open { typed, version, ..Open::default() }).await;
    }
    let (status, open) = match form::patch(&visit.frame, Asks::of(&before), Some(&before), &form.0) {
        Err(field) => {
            let faults = Faults::unreadable(field, language);
            (StatusCode::UNPROCESSABLE_ENTITY, Open { typed, faults, ..Open::default() })
        }
        Ok(patch) => match scope.all_interactions().update(id, patch, version).await {
            Ok(_) => return Ok(visit.done(&visit.back(&form.0, "interactions"), "interaction-saved", None)),
            Err(Error::Stale { .. }) => {
                (StatusCode::PRECONDITION_FAILED, Open { typed, is_stale: true, ..Open::default() })
            }
            Err(error) => {
                let faults = Faults::of(error, language)?;
                (StatusCode::UNPROCESSABLE_ENTITY, Open { typed, faults, ..Open::default() })
            }
        },
    };
    drop(scope);
    render(&visit, &before, status, open).await
}
