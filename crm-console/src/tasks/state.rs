//! What the list shows: all of it is in the address.

use crm_core::ids::{CustomerId, SavedViewId};
use crm_core::saved_views::ViewEntity;
use crm_core::tasks::{TaskQuery, TaskSort, TaskSortKey};

use super::whose::{EVERYBODY, assignee};
use crate::base::fields::Fields;
use crate::lists::{List, Parameter, many, one, readable};
use crate::web::Visit;

/// The list of tasks. Without an assignee in its address, those who have tasks of their own see these.
pub(super) static TASKS: List = List {
    entity: ViewEntity::Tasks,
    path: "tasks",
    first: "title",
    usual: &["title", "customerId", "assigneeId", "status", "priority", "dueAt", "updatedAt"],
    few: 9,
    parameters: &[
        one("q"),
        Parameter { api: "customerId", ..one("customer") },
        many("type"),
        many("status"),
        many("priority"),
        Parameter { api: "assigneeId", any: Some(EVERYBODY), ..one("assignee") },
        Parameter { api: "collaboratorId", ..one("collaborator") },
        Parameter { api: "dealId", ..one("deal") },
        Parameter { api: "parentTaskId", ..one("parent") },
        one("overdue"),
        one("dueFrom"),
        one("dueTo"),
        one("filter"),
    ],
    with_view: &[],
};

/// The part of the tasks that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    #[default]
    Open,
    Overdue,
    Week,
    Closed,
    All,
}

/// What is to be done within a week, as an address says it; what is overdue is a part of it. Without the last of them,
/// all that is to be done.
const WEEK: &[(&str, &str)] = &[
    ("status", "not_started"),
    ("status", "in_progress"),
    ("status", "waiting"),
    ("status", "deferred"),
    ("dueTo", "now+7d"),
];

impl View {
    pub(super) const ALL: [Self; 5] = [Self::Open, Self::Overdue, Self::Week, Self::Closed, Self::All];

    /// The name in addresses and messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Overdue => "overdue",
            Self::Week => "week",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }

    /// What is to be done begins with what is due first; what was done, with the latest.
    const fn sort(self) -> TaskSort {
        match self {
            Self::Closed => TaskSort { key: TaskSortKey::UpdatedAt, descending: true },
            _ => TaskSort { key: TaskSortKey::DueAt, descending: false },
        }
    }

    /// What it narrows the list to, as an address says it.
    fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Open => &WEEK[..WEEK.len() - 1],
            Self::Overdue => &[("overdue", "true")],
            Self::Week => WEEK,
            Self::Closed => &[("status", "completed"), ("status", "canceled")],
            Self::All => &[],
        }
    }
}

/// What the list shows.
pub(super) struct State {
    /// The address, without a place in the list.
    pub fields: Fields,
    /// The same as the address of a list of all tasks, with everything that narrows and orders it.
    pub whole: Fields,
    pub view: View,
    pub customer: Option<CustomerId>,
    /// The choice of the assignee, as addresses call it.
    pub assignee: String,
    pub query: TaskQuery,
}

impl State {
    /// Reads an address. What is unknown in it is ignored: addresses are kept and changed by hand.
    pub(super) fn of(visit: &Visit, fields: &Fields) -> Self {
        let fields = fields.without("cursor", None);
        let view = fields.text("view");
        let part = View::ALL.into_iter().find(|part| part.name() == view);
        // A saved view is a list of all tasks that its own parameters narrow.
        let is_saved = part.is_none() && view.parse::<SavedViewId>().is_ok();
        let view = part.unwrap_or(if is_saved { View::All } else { View::default() });
        let customer = fields.get("customer").and_then(|id| id.parse().ok());
        let assignee = assignee(visit, &fields, customer.is_some());
        let sort = fields.get("sort").and_then(|sort| sort.parse().ok()).unwrap_or(view.sort());
        let whole = whole(&fields, view, &assignee);
        let whole = if is_saved { whole } else { whole.with("view", View::All.name()).with("sort", &sort.to_string()) };
        let query = TaskQuery { sort, ..readable(TASKS.query_of(&whole), TaskQuery::from_json) };
        Self { fields, whole, view, customer, assignee, query }
    }

    /// Whether words are looked for.
    pub(super) fn has_text(&self) -> bool {
        self.fields.get("q").is_some()
    }
}

/// The address with what a part of the tasks narrows the list to.
fn whole(fields: &Fields, view: View, assignee: &str) -> Fields {
    let parameters = view.parameters();
    let fields =
        parameters.iter().fold(fields.with("assignee", assignee), |fields, (name, _)| fields.without(name, None));
    parameters.iter().fold(fields, |fields, (name, value)| fields.and(name, value))
}
