//! The columns of the list of interactions.

use crm_core::interactions::{Interaction, InteractionSort};
use serde_json::Value;

use super::names::PartyNames;
use super::participants;
use super::state::{INTERACTIONS, State};
use crate::lists::{Cell, Column, label};
use crate::web::{Frame, People};

/// What the cells of a page have in common.
pub(super) struct Cells<'p> {
    pub frame: &'p Frame,
    pub people: &'p People,
    /// The names of customers.
    pub names: &'p PartyNames,
    pub columns: &'p [String],
}

/// The headings.
pub(super) fn headings(frame: &Frame, state: &State, columns: &[String]) -> Vec<Column> {
    let sort = state.query.sort;
    let heading = |name: &String| {
        let own: Option<InteractionSort> = name.parse().ok();
        let is_active = own.is_some_and(|own| own.key == sort.key);
        let active = is_active.then_some(sort.descending);
        let label = label(frame, &INTERACTIONS, name);
        Column::new(frame, &INTERACTIONS, &state.fields, (name, label), own.is_some(), active)
    };
    columns.iter().map(heading).collect()
}

impl Cells<'_> {
    /// The values of an interaction, but for the subject.
    pub(super) fn of(&self, interaction: &Interaction) -> Vec<(String, Cell)> {
        self.columns.iter().skip(1).map(|name| (name.clone(), self.cell(interaction, name))).collect()
    }

    fn cell(&self, one: &Interaction, name: &str) -> Cell {
        let (frame, calendar) = (self.frame, &self.frame.calendar);
        let time = match name {
            "createdAt" => return Cell::Time { shown: calendar.relative(one.created_at), is_late: false },
            "updatedAt" => return Cell::Time { shown: calendar.relative(one.updated_at), is_late: false },
            "occurredAt" => Some(one.occurred_at),
            "scheduledAt" => one.scheduled_at,
            "startedAt" => one.started_at,
            "completedAt" => one.completed_at,
            "followUpAt" => one.follow_up_at,
            _ => None,
        };
        if let Some(time) = time {
            let is_plan = matches!(name, "occurredAt" | "scheduledAt");
            let is_late = is_plan && one.status.is_open() && one.scheduled_at.is_some_and(|at| at < calendar.now);
            return Cell::Time { shown: calendar.full(time), is_late };
        }
        let text = match name {
            "customerId" => match self.names.get(&one.customer_id) {
                Some(name) => {
                    return Cell::Link { url: frame.url(&self.names.path(one.customer_id)), text: name.clone() };
                }
                None => String::new(),
            },
            "status" => {
                let value = one.status.as_str();
                return Cell::State { value, label: frame.named("interaction-status", value) };
            }
            "type" => frame.named("interaction", one.interaction_type.as_str()),
            "direction" => one.direction.map(|held| frame.named("direction", held.as_str())).unwrap_or_default(),
            "outcome" => one.outcome.as_deref().map(|held| frame.named("outcome", held)).unwrap_or_default(),
            "ownerId" => one.owner.as_ref().and_then(|owner| owner.display_name.clone()).unwrap_or_default(),
            "participants" => self.participants(one),
            "durationSeconds" => one.duration_seconds.map(|held| (held / 60).to_string()).unwrap_or_default(),
            _ => {
                let values = serde_json::to_value(one).unwrap_or_default();
                values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
            }
        };
        Cell::Text(text)
    }

    /// The first of the participants, and how many more there are.
    fn participants(&self, interaction: &Interaction) -> String {
        let Some(first) = interaction.participants.first() else { return String::new() };
        let name = participants::name(self.frame, self.people, self.names, first);
        match interaction.participants.len() - 1 {
            0 => name,
            more => format!("{name} +{more}"),
        }
    }
}
