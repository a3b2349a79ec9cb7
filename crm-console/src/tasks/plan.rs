//! The part of a form that is folded away: who else works on a task, when they are reminded, and how it recurs.

use super::remind::{MORE, Reminders};
use super::repeat::Repeat;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::{Frame, People};

/// The part of the form.
pub(super) struct Plan {
    pub collaborators: Vec<Choice>,
    pub fault: Option<String>,
    pub reminders: Reminders,
    pub repeat: Repeat,
    /// The rule that the form cannot say, if it is one.
    pub rule: String,
    /// Whether it has something to show.
    pub is_open: bool,
}

impl Plan {
    pub(super) fn of(frame: &Frame, people: &People, values: &Fields, faults: &Faults) -> Self {
        let (reminders, repeat) = (Reminders::of(frame, values, faults), Repeat::of(frame, values, faults));
        let fault = faults.at("collaboratorIds");
        let is_faulty = fault.is_some() || reminders.fault.is_some() || repeat.fault.is_some();
        let is_said =
            ["collaborator", "reminder.0.before", "repeat", MORE].iter().any(|name| values.get(name).is_some());
        Self {
            collaborators: collaborators(frame, people, values),
            rule: values.text("rule").to_owned(),
            is_open: is_faulty || is_said,
            fault,
            reminders,
            repeat,
        }
    }
}

/// The active users, and those who are chosen already.
fn collaborators(frame: &Frame, people: &People, values: &Fields) -> Vec<Choice> {
    let is_chosen = |id: &str| values.all("collaborator").any(|chosen| chosen == id);
    let active: Vec<Choice> = people
        .active()
        .map(|(value, name)| Choice { is_chosen: is_chosen(&value), label: name.to_owned(), value })
        .collect();
    let others = values.all("collaborator").filter(|id| !active.iter().any(|choice| choice.value == *id));
    let other = |id: &str| {
        let name = id.parse().ok().and_then(|id| people.name(id));
        let label = name.map_or_else(|| frame.t("person-unknown"), str::to_owned);
        Choice { value: id.to_owned(), label, is_chosen: true }
    };
    let others: Vec<Choice> = others.map(other).collect();
    active.into_iter().chain(others).collect()
}
