//! A lead gets another status.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadId;
use crm_core::lead_statuses::{LeadStatus, LeadStatusRef, LeadStatusType};
use crm_core::leads::{Lead, LeadPatch};
use crm_core::patch::Patch;

use super::statuses::Statuses;
use super::{SECTION, card, path};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::deals::{Group, reasons};
use crate::web::{Form, Frame, PageResult, Visit, html};

/// The fields of the form. The board calls the status `stage`, as that of deals does.
const FIELDS: &[&str] = &["status", "statusReason", "lostReason", "lostNotes"];

#[derive(Template)]
#[template(path = "leads/move.html")]
struct MovePage {
    frame: Frame,
    action: String,
    back: String,
    version: i64,
    name: String,
    about: String,
    /// The status that it has.
    status: String,
    groups: Vec<Group>,
    reasons: Vec<(String, String)>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    /// True if the lead has changed since the form was made.
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
    let lead = scope.leads().get(parsed(&id)?).await?;
    visit.authorize(Resource::Leads, Action::Update, lead.owner_id)?;
    let statuses = Statuses::read(&mut scope).await?;
    let typed = visit.query.clone();
    let open = Open { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false };
    render(&visit, &lead, &statuses, open)
}

fn render(visit: &Visit, lead: &Lead, statuses: &Statuses, open: Open) -> PageResult {
    let frame = visit.frame.clone().within(SECTION);
    let Open { status, typed, faults, is_stale } = open;
    let now = statuses.of(lead).map(|status| status.id.to_string()).unwrap_or_default();
    let chosen = typed.get("stage").unwrap_or(&now).to_owned();
    let asks_for_reason = chosen != now && statuses.with_id(&chosen).is_some_and(is_lost);
    let page = MovePage {
        action: frame.url(&format!("{}/move", path(lead.id))),
        back: visit.back(&typed, &path(lead.id)),
        version: lead.version,
        name: lead.name.clone(),
        about: card::about(lead),
        status: lead.status_name.clone(),
        groups: statuses.choices(lead, &chosen),
        reasons: reasons(visit),
        others: faults.elsewhere(FIELDS),
        is_focused_on_reason: asks_for_reason && faults.at("status").is_none(),
        typed,
        faults,
        is_stale,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, typed): (LeadId, _) = (parsed(&id)?, form.0);
    let mut scope = visit.scope();
    let statuses = Statuses::read(&mut scope).await?;
    let before = scope.leads().get(id).await?;
    let moved = scope.leads().update(id, wanted(&statuses, &before, &typed), typed.version()).await;
    let (status, faults, is_stale) = match moved {
        Ok(lead) => return Ok(visit.done(&visit.back(&typed, &path(id)), notice(&lead), None)),
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, visit.frame.language())?, false),
    };
    let lead = scope.leads().get(id).await?;
    render(&visit, &lead, &statuses, Open { status, typed, faults, is_stale })
}

const fn notice(lead: &Lead) -> &'static str {
    match lead.status_type {
        LeadStatusType::Won => "lead-won",
        LeadStatusType::Lost => "lead-lost",
        _ => "lead-moved",
    }
}

fn is_lost(status: &LeadStatus) -> bool {
    status.status_type == LeadStatusType::Lost
}

/// The change that a form describes. What belongs to a loss is only sent with one: its fields may be hidden by now.
fn wanted(statuses: &Statuses, lead: &Lead, typed: &Fields) -> LeadPatch {
    let now = statuses.of(lead);
    let stage = typed.get("stage").filter(|stage| now.is_none_or(|now| now.id.to_string() != *stage));
    let chosen = stage.map_or(now, |stage| statuses.with_id(stage));
    let lost = chosen.is_some_and(is_lost);
    let text = |name: &str| if typed.has(name) { typed.get(name).map(str::to_owned).into() } else { Patch::Absent };
    let of_loss = |name: &str| if lost { text(name) } else { Patch::Absent };
    LeadPatch {
        status: stage.map_or(Patch::Absent, |stage| Patch::Set(LeadStatusRef::from(stage))),
        status_reason: text("statusReason"),
        lost_reason: of_loss("lostReason"),
        lost_notes: of_loss("lostNotes"),
        ..LeadPatch::default()
    }
}
