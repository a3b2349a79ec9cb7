//! An interaction is planned, with a customer who is looked for first.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::CustomerId;
use crm_core::interactions::{InteractionPatch, NewInteraction};
use crm_core::patch::Patch;
use crm_web::problem::{ApiError, Code};

use super::form::{self, Asks, Line};
use super::participants::{self, Editor};
use super::pick;
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "interactions/new.html")]
struct NewPage {
    frame: Frame,
    customer: CustomerId,
    name: String,
    /// Where another customer is chosen.
    pick: String,
    back: String,
    action: String,
    lines: Vec<Line>,
    editor: Editor,
    others: Vec<String>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    visit.authorize(Resource::Interactions, Action::Create, None)?;
    match visit.query.get("customer") {
        Some(id) => {
            let tomorrow = visit.frame.calendar.today().succ_opt().map(|day| format!("{day}T09:00"));
            let me = visit.actor().user_id().map(|user| user.to_string()).unwrap_or_default();
            let given = visit.query.with("type", "call").with("ownerId", &me);
            let given = given.with("scheduledAt", &tomorrow.unwrap_or_default());
            render(&visit, parsed(id)?, StatusCode::OK, &given, &Faults::default()).await
        }
        None => pick::for_new(visit).await,
    }
}

async fn render(visit: &Visit, id: CustomerId, status: StatusCode, given: &Fields, faults: &Faults) -> PageResult {
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("interactions");
    let (editor, name) = Editor::read(&mut scope, &frame, &people, id, None, (Some(given), faults)).await?;
    let name = name.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such customer"))?;
    let back = visit.back(given, "interactions");
    let page = NewPage {
        customer: id,
        name,
        action: frame.url("interactions"),
        editor,
        pick: format!("{}{}", frame.url("interactions/new"), Fields::default().with("back", &back).query()),
        lines: form::lines(visit, &people, Asks::Planned, given, faults),
        others: form::others(Asks::Planned, faults),
        back,
        frame,
    };
    html(status, &page)
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let customer: CustomerId = parsed(form.0.text("customer"))?;
    let language = visit.frame.language();
    if participants::is_step(&form.0) {
        return render(&visit, customer, StatusCode::OK, &form.0, &Faults::default()).await;
    }
    let faults = match form::patch(&visit.frame, Asks::Planned, None, &form.0) {
        Err(field) => Faults::unreadable(field, language),
        Ok(patch) if matches!(patch.scheduled_at, Patch::Set(_)) => {
            match visit.scope().interactions(customer).create(planned(patch, &form.0)).await {
                Ok(_) => {
                    return Ok(visit.done(&visit.back(&form.0, "interactions"), "interaction-planned", None));
                }
                Err(error @ Error::Invalid(_)) => Faults::of(error, language)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(_) => Faults::required("scheduledAt", language),
    };
    render(&visit, customer, StatusCode::UNPROCESSABLE_ENTITY, &form.0, &faults).await
}

/// What was typed, as something that is to come, even if its time has passed.
fn planned(patch: InteractionPatch, form: &Fields) -> NewInteraction {
    // An owner that is not named is the person; nobody is chosen.
    let nobody = form.has("ownerId") && patch.owner_id.is_absent();
    let owner_id = if nobody { Patch::Clear } else { patch.owner_id };
    let mut new = NewInteraction { owner_id, ..NewInteraction::default() };
    patch.interaction_type.apply(&mut new.interaction_type);
    patch.direction.apply(&mut new.direction);
    patch.subject.apply(&mut new.subject);
    patch.content.apply(&mut new.content);
    patch.duration_seconds.apply(&mut new.duration_seconds);
    patch.location.apply(&mut new.location);
    patch.meeting_url.apply(&mut new.meeting_url);
    patch.participants.apply(&mut new.participants);
    match patch.scheduled_at {
        Patch::Set(at) => new.planned(at),
        Patch::Absent | Patch::Clear => new,
    }
}
