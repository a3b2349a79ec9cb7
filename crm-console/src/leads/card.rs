//! A lead as a card of the board, and what it has in common with rows of lists.

use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadId;
use crm_core::leads::Lead;

use super::path;
use crate::base::amounts;
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::web::{Frame, Visit};

/// A card.
pub(super) struct Card {
    pub id: LeadId,
    pub version: i64,
    pub name: String,
    pub url: String,
    /// The organization and what the person does there, or where it is.
    pub about: String,
    pub value: Option<String>,
    pub rating: Option<Rating>,
    pub owner: Option<String>,
    /// Since when it has its status.
    pub since: Shown,
    /// Where it gets another status, by those who may.
    pub place: Option<String>,
}

/// How promising a lead is.
pub(super) struct Rating {
    pub value: &'static str,
    pub label: String,
}

impl Card {
    /// `back` is the board, as a query.
    pub(super) fn of(visit: &Visit, lead: &Lead, back: &str) -> Self {
        let frame = &visit.frame;
        let url = frame.url(&path(lead.id));
        let may_move = visit.may(Resource::Leads, Action::Update, lead.owner_id);
        Self {
            id: lead.id,
            version: lead.version,
            name: lead.name.clone(),
            about: about(lead),
            value: value(frame, lead),
            rating: rating(frame, lead),
            owner: owner(lead),
            since: frame.calendar.relative(lead.status_changed_at),
            place: may_move.then(|| format!("{url}/move{back}")),
            url,
        }
    }
}

/// The query of a form that comes back to this page.
pub(super) fn back(address: &str) -> String {
    Fields::default().with("back", address).query()
}

pub(super) fn about(lead: &Lead) -> String {
    let person = [lead.job_title.as_deref(), lead.organization_name.as_deref()];
    let parts: Vec<&str> = person.into_iter().flatten().collect();
    if parts.is_empty() { lead.city.clone().unwrap_or_default() } else { parts.join(", ") }
}

pub(super) fn value(frame: &Frame, lead: &Lead) -> Option<String> {
    lead.estimated_value.map(|value| amounts::shown(frame.language(), value))
}

pub(super) fn rating(frame: &Frame, lead: &Lead) -> Option<Rating> {
    let value = lead.rating?.as_str();
    Some(Rating { value, label: frame.named("rating", value) })
}

pub(super) fn owner(lead: &Lead) -> Option<String> {
    lead.owner.as_ref().and_then(|owner| owner.display_name.clone())
}
