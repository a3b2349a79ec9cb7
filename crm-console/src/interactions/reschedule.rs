//! An interaction is put off.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use chrono::{DateTime, Days, Utc};
use crm_core::actor::{Action, Resource};
use crm_core::ids::InteractionId;
use crm_core::interactions::{Interaction, InteractionPatch};
use crm_core::patch::Patch;

use crate::base::fields::Fields;
use crate::base::moment::Calendar;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html};

/// The days from today that have a button.
const DAYS: &[u64] = &[1, 2, 7, 14];

#[derive(Template)]
#[template(path = "interactions/reschedule.html")]
struct ReschedulePage {
    frame: Frame,
    action: String,
    back: String,
    title: String,
    at: String,
    days: Vec<(u64, String)>,
    fault: Option<String>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    let interaction = visit.scope().all_interactions().get(id).await?;
    visit.authorize(Resource::Interactions, Action::Update, interaction.owner_id)?;
    render(&visit, &interaction, StatusCode::OK, &visit.query, None)
}

fn render(
    visit: &Visit,
    interaction: &Interaction,
    status: StatusCode,
    given: &Fields,
    fault: Option<String>,
) -> PageResult {
    let frame = visit.frame.clone().within("interactions");
    let held = interaction.scheduled_at.map(|at| frame.calendar.write(at)).unwrap_or_default();
    let kind = frame.named("interaction", interaction.interaction_type.as_str());
    let name = |days: &u64| match days {
        1 => frame.t("moment-tomorrow"),
        days => frame.language().counted("moment-days-ahead", i64::try_from(*days).unwrap_or_default()),
    };
    let page = ReschedulePage {
        action: frame.url(&format!("interactions/{}/reschedule", interaction.id)),
        back: visit.back(given, &format!("interactions/{}", interaction.id)),
        title: interaction.subject.clone().unwrap_or(kind),
        at: given.get("at").map_or(held, str::to_owned),
        days: DAYS.iter().map(|days| (*days, name(days))).collect(),
        fault,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    let mut scope = visit.scope();
    let interaction = scope.all_interactions().get(id).await?;
    let (calendar, language) = (&visit.frame.calendar, visit.frame.language());
    let at = match form.0.get("days").and_then(|days| days.parse().ok()) {
        Some(days) => ahead(calendar, interaction.scheduled_at, days),
        None => form.0.get("at").and_then(|at| calendar.read(at)),
    };
    let faults = match at {
        None => Faults::unreadable("scheduledAt", language),
        Some(at) => {
            let patch = InteractionPatch { scheduled_at: Patch::Set(at), ..InteractionPatch::default() };
            match scope.all_interactions().update(id, patch, None).await {
                Ok(_) => return Ok(visit.done(&visit.back(&form.0, "interactions"), "interaction-moved", None)),
                Err(error) => Faults::of(error, language)?,
            }
        }
    };
    render(&visit, &interaction, StatusCode::UNPROCESSABLE_ENTITY, &form.0, faults.first())
}

/// Some days from today, at the same time of day.
fn ahead(calendar: &Calendar, before: Option<DateTime<Utc>>, days: u64) -> Option<DateTime<Utc>> {
    let day = calendar.today().checked_add_days(Days::new(days))?;
    let held = before.map(|at| calendar.write(at));
    let clock = held.as_deref().and_then(|held| held.split_once('T')).map_or("09:00", |(_, clock)| clock);
    calendar.read(&format!("{day}T{clock}"))
}
