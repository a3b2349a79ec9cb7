//! An interaction as pages show it.

use crm_core::actor::{Action, Resource};
use crm_core::interactions::Interaction;

use super::ai::summary_of;
use super::names::PartyNames;
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::interaction_icon;
use crate::web::Visit;

/// One interaction.
pub(super) struct Row {
    pub icon: &'static str,
    pub title: String,
    pub kind: String,
    /// The name of the customer, and the address of the page.
    pub customer: Option<(String, String)>,
    pub owner: Option<String>,
    pub status: &'static str,
    pub status_label: String,
    pub outcome: Option<String>,
    /// The time of day.
    pub clock: Shown,
    pub is_late: bool,
    pub is_open: bool,
    pub reminder: Option<Shown>,
    /// What a language model has made of it, in short.
    pub summary: Option<String>,
    /// The address of the interaction, and the way back for its forms.
    url: String,
    back: String,
    pub may_update: bool,
    pub may_delete: bool,
}

impl Row {
    /// `back` is the page that shows it.
    pub(super) fn of(visit: &Visit, interaction: &Interaction, names: &PartyNames, back: &str) -> Self {
        let (frame, calendar) = (&visit.frame, &visit.frame.calendar);
        let kind = frame.named("interaction", interaction.interaction_type.as_str());
        let name = names.get(&interaction.customer_id);
        let is_open = interaction.status.is_open();
        let may = |action| visit.may(Resource::Interactions, action, interaction.owner_id);
        Self {
            icon: interaction_icon(interaction.interaction_type),
            title: interaction.subject.clone().unwrap_or_else(|| kind.clone()),
            kind,
            customer: name.map(|name| (name.clone(), frame.url(&names.path(interaction.customer_id)))),
            owner: interaction.owner.as_ref().and_then(|owner| owner.display_name.clone()),
            status: interaction.status.as_str(),
            status_label: frame.named("interaction-status", interaction.status.as_str()),
            outcome: interaction.outcome.as_deref().map(|outcome| frame.named("outcome", outcome)),
            clock: calendar.clock(interaction.occurred_at),
            is_late: is_open && interaction.scheduled_at.is_some_and(|at| at < calendar.now),
            is_open,
            reminder: interaction.follow_up_at.map(|at| calendar.full(at)),
            summary: summary_of(interaction),
            url: frame.url(&format!("interactions/{}", interaction.id)),
            back: Fields::default().with("back", back).query(),
            may_update: may(Action::Update),
            may_delete: may(Action::Delete),
        }
    }

    /// The address of its page.
    pub(super) fn page(&self) -> String {
        format!("{}{}", self.url, self.back)
    }

    /// The address of one of its forms.
    pub(super) fn form(&self, name: &str) -> String {
        format!("{}/{name}{}", self.url, self.back)
    }

    /// Where its reminder is dismissed.
    pub(super) fn reminder(&self) -> String {
        format!("{}/reminder", self.url)
    }

    /// Where it is deleted.
    pub(super) fn delete(&self) -> String {
        format!("{}/delete", self.url)
    }
}
