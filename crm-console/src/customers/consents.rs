//! The consents of a customer: what holds, whether they may be contacted, and a form that records what they say.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::consents::{
    ConsentState, ConsentStatus, ContactChannel, ContactReason, CurrentConsent, MayContact, NewConsent, PURPOSES,
};
use crm_core::ids::CustomerId;
use crm_web::problem::ApiError;

use super::{Choice, Faults, customer_path, parsed};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::settings::choices;
use crate::web::{Form, Frame, PageResult, People, Visit, html, see_other};

#[derive(Template)]
#[template(path = "customers/consents.html")]
struct ConsentsPage {
    frame: Frame,
    name: String,
    /// The path of the customer.
    back: String,
    /// The path of this page.
    here: String,
    rows: Vec<Row>,
    may_add: bool,
    purposes: &'static [&'static str],
    channels: Vec<Choice>,
    states: Vec<Choice>,
    /// What is asked of the gate.
    purpose: String,
    asked_channels: Vec<Choice>,
    answer: Option<Answer>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    /// What has been done, if the page comes after a form.
    done: Option<String>,
}

impl ConsentsPage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

/// What holds for a purpose on a channel.
struct Row {
    purpose: String,
    channel: String,
    status: String,
    basis: String,
    proof: String,
    said_at: Shown,
    recorded_by: String,
    /// What a form names to withdraw it; nothing where there is nothing to withdraw.
    withdraw: Option<(String, &'static str)>,
}

/// What the gate says.
struct Answer {
    is_allowed: bool,
    reasons: Vec<String>,
    /// The addresses or numbers, with what stands against each.
    points: Vec<(String, String)>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    render(&visit, parsed(&id)?, StatusCode::OK, Fields::default(), Faults::default()).await
}

async fn render(visit: &Visit, id: CustomerId, status: StatusCode, typed: Fields, faults: Faults) -> PageResult {
    let mut scope = visit.scope();
    let customer = scope.customers().get(id).await?;
    let current = scope.consents(id).current().await?;
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("customers");
    let back = frame.url(&customer_path(id));
    let may_add = visit.actor().reach(Resource::Consents, Action::Create).is_some();
    let asked = visit.query.text("channel");
    let page = ConsentsPage {
        rows: current.consents.into_iter().map(|current| row(&frame, &people, may_add, current)).collect(),
        channels: choices(&frame, "channel", ContactChannel::NAMES, typed.text("channel")),
        states: choices(&frame, "consent-state", ConsentState::NAMES, typed.text("state")),
        answer: ask(visit, &frame, id).await?,
        purpose: visit.query.text("purpose").to_owned(),
        asked_channels: choices(&frame, "channel", ContactChannel::NAMES, asked),
        purposes: PURPOSES,
        others: faults.elsewhere(&["purpose", "channel", "proof"]),
        done: visit.query.has("done").then(|| frame.t("consents-done")),
        here: format!("{back}/consents"),
        name: customer.name,
        may_add,
        back,
        typed,
        faults,
        frame,
    };
    html(status, &page)
}

fn row(frame: &Frame, people: &People, may_add: bool, current: CurrentConsent) -> Row {
    let consent = current.consent;
    let holds = matches!(current.status, ConsentStatus::Granted | ConsentStatus::Pending);
    Row {
        channel: frame.named("channel", consent.channel.as_str()),
        status: frame.named("consent-status", current.status.as_str()),
        basis: frame.named("lawful-basis", consent.lawful_basis.as_str()),
        proof: consent.proof.unwrap_or_default(),
        said_at: frame.calendar.relative(consent.obtained_at),
        recorded_by: people.actor(frame, &consent.created_by),
        withdraw: (may_add && holds).then(|| (consent.purpose.clone(), consent.channel.as_str())),
        purpose: frame.named("purpose", &consent.purpose),
    }
}

/// What the gate says to what the address asks, if it does.
async fn ask(visit: &Visit, frame: &Frame, id: CustomerId) -> Result<Option<Answer>, ApiError> {
    let (Some(purpose), Ok(channel)) = (visit.query.get("purpose"), visit.query.text("channel").parse()) else {
        return Ok(None);
    };
    match visit.scope().consents(id).may_contact(purpose, channel).await {
        Ok(said) => Ok(Some(answer(frame, said))),
        // It is no purpose.
        Err(Error::Malformed(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn answer(frame: &Frame, said: MayContact) -> Answer {
    let words = |reason: &ContactReason| frame.named("contact-reason", reason.as_str());
    let against = |reasons: &[ContactReason]| reasons.iter().map(words).collect::<Vec<_>>();
    Answer {
        is_allowed: said.allowed,
        reasons: against(&said.reasons),
        points: said
            .contact_points
            .into_iter()
            .map(|point| (point.value, against(&point.reasons).join(", ")))
            .collect(),
    }
}

/// Records what the customer says.
pub(super) async fn add(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, language) = (parsed(&id)?, visit.frame.language());
    let wrong = match (form.0.text("channel").parse(), form.0.text("state").parse()) {
        (Ok(channel), Ok(state)) => {
            let proof = form.0.get("proof").map(str::to_owned);
            let new = NewConsent { proof, ..NewConsent::new(form.0.text("purpose"), channel, state) };
            match visit.scope().consents(id).create(new).await {
                Ok(_) => return Ok(see_other(visit.frame.url(&format!("{}/consents?done=1", customer_path(id))))),
                Err(error) => Faults::of(error, language)?,
            }
        }
        _ => Faults::unreadable("channel", language),
    };
    render(&visit, id, StatusCode::UNPROCESSABLE_ENTITY, form.0, wrong).await
}
