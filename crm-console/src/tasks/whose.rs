//! Whose tasks a page shows, and in which form.

use crm_core::actor::{Action, Resource};
use crm_core::users::OwnerFilter;

use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::web::{Frame, Visit};

/// The tasks of everybody, as addresses call it.
pub(super) const EVERYBODY: &str = "all";

/// The forms in which tasks are shown, and their paths.
const FORMS: [(&str, &str); 3] = [("list", "tasks"), ("agenda", "tasks/agenda"), ("calendar", "tasks/calendar")];

/// The assignee that an address asks for. Those who have tasks of their own see these first, but all of a customer.
pub(super) fn assignee(visit: &Visit, fields: &Fields, of_customer: bool) -> String {
    let may_own = visit.actor().reach(Resource::Tasks, Action::Create).is_some();
    let asked = fields.get("assignee").filter(|name| *name == EVERYBODY || name.parse::<OwnerFilter>().is_ok());
    asked.unwrap_or(if may_own && !of_customer { "me" } else { EVERYBODY }).to_owned()
}

/// Mine, everybody's and nobody's: their addresses and labels.
pub(super) fn choices(frame: &Frame, path: &str, fields: &Fields, chosen: &str) -> Vec<Choice> {
    let choice = |name: &str| Choice {
        value: format!("{}{}", frame.url(path), fields.with("assignee", name).query()),
        label: frame.named("tasks-whose", name),
        is_chosen: name == chosen,
    };
    ["me", EVERYBODY, "none"].map(choice).into()
}

/// The list, the agenda and the calendar of an assignee: their addresses and labels.
pub(super) fn forms(frame: &Frame, assignee: &str, chosen: &str) -> Vec<Choice> {
    let query = Fields::default().with("assignee", assignee).query();
    let choice = |(name, path): (&str, &str)| Choice {
        value: format!("{}{query}", frame.url(path)),
        label: frame.named("tasks-as", name),
        is_chosen: name == chosen,
    };
    FORMS.map(choice).into()
}

/// Where a task is added, for those who may; the form comes back to `back`.
pub(super) fn add(visit: &Visit, back: &str, given: Fields) -> Option<String> {
    let may_add = visit.actor().reach(Resource::Tasks, Action::Create).is_some();
    may_add.then(|| format!("{}{}", visit.frame.url("tasks/new"), given.with("back", back).query()))
}
