//! What the list shows: all of it is in the address.

use crm_core::actor::{Action, Resource};
use crm_core::ids::{CustomerId, SavedViewId};
use crm_core::interactions::{InteractionQuery, InteractionSort, InteractionSortKey};
use crm_core::saved_views::ViewEntity;
use crm_core::users::OwnerFilter;

use crate::base::fields::Fields;
use crate::lists::{List, Parameter, many, one, readable};
use crate::web::Visit;

/// The list of interactions. Without an owner in its address, those who have interactions of their own see these.
pub(super) static INTERACTIONS: List = List {
    entity: ViewEntity::Interactions,
    path: "interactions",
    first: "subject",
    usual: &["subject", "customerId", "ownerId", "status", "outcome", "occurredAt", "updatedAt"],
    few: 9,
    parameters: &[
        Parameter { api: "customerId", ..one("customer") },
        many("type"),
        many("status"),
        Parameter { api: "ownerId", any: Some(EVERYBODY), ..one("owner") },
        many("direction"),
        many("outcome"),
        one("overdue"),
        one("scheduledFrom"),
        one("scheduledTo"),
        one("occurredFrom"),
        one("occurredTo"),
        one("followUpFrom"),
        one("followUpTo"),
        one("filter"),
    ],
    with_view: &[("as", "list")],
};

/// The interactions of everybody, as addresses call it.
const EVERYBODY: &str = "all";

/// The part of the interactions that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    #[default]
    Due,
    Overdue,
    Reminders,
    Done,
    All,
}

impl View {
    pub(super) const ALL: [Self; 5] = [Self::Due, Self::Overdue, Self::Reminders, Self::Done, Self::All];

    /// The name in addresses and messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Reminders => "reminders",
            Self::Done => "done",
            Self::All => "all",
        }
    }

    /// What is to come begins with the earliest; what has been, with the latest.
    const fn descending(self) -> bool {
        matches!(self, Self::Reminders | Self::Done | Self::All)
    }

    /// What it narrows the list to, as an address says it.
    const fn parameters(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Due => &[("status", "planned"), ("status", "in_progress")],
            Self::Overdue => &[("overdue", "true")],
            // A week ahead: what is further away needs nobody yet.
            Self::Reminders => &[("followUpTo", "now+7d")],
            Self::Done => &[("status", "completed"), ("status", "cancelled"), ("status", "no_show")],
            Self::All => &[],
        }
    }
}

/// What the list shows.
pub(super) struct State {
    /// The address, without a place in the list.
    pub fields: Fields,
    /// The same as the address of a list of all interactions, with everything that narrows and orders it.
    pub whole: Fields,
    pub view: View,
    pub is_agenda: bool,
    pub customer: Option<CustomerId>,
    /// The choice of the owner, as addresses call it.
    pub owner: String,
    pub query: InteractionQuery,
}

impl State {
    /// Reads an address. What is unknown in it is ignored: addresses are kept and changed by hand.
    pub(super) fn of(visit: &Visit, fields: &Fields) -> Self {
        let fields = fields.without("cursor", None).without("day", None);
        let view = fields.text("view");
        let part = View::ALL.into_iter().find(|part| part.name() == view);
        // A saved view is a list of all interactions that its own parameters narrow.
        let is_saved = part.is_none() && view.parse::<SavedViewId>().is_ok();
        let view = part.unwrap_or(if is_saved { View::All } else { View::default() });
        let customer = fields.get("customer").and_then(|id| id.parse().ok());
        let owner = owner(visit, &fields, customer.is_some());
        let is_agenda = fields.text("as") != "list";
        let by_time = InteractionSort { key: InteractionSortKey::OccurredAt, descending: view.descending() };
        let sort = fields.get("sort").filter(|_| !is_agenda).and_then(|sort| sort.parse().ok()).unwrap_or(by_time);
        let whole = whole(&fields, view, &owner);
        let whole = if is_saved { whole } else { whole.with("view", View::All.name()).with("sort", &sort.to_string()) };
        let query = InteractionQuery { sort, ..readable(INTERACTIONS.query_of(&whole), InteractionQuery::from_json) };
        Self { fields, whole, view, is_agenda, customer, owner, query }
    }
}

/// The address with what a part of the interactions narrows the list to.
fn whole(fields: &Fields, view: View, owner: &str) -> Fields {
    let parameters = view.parameters();
    let fields = parameters.iter().fold(fields.with("owner", owner), |fields, (name, _)| fields.without(name, None));
    parameters.iter().fold(fields, |fields, (name, value)| fields.and(name, value))
}

/// Those who have interactions of their own see these first.
fn owner(visit: &Visit, fields: &Fields, of_customer: bool) -> String {
    let may_own = visit.actor().reach(Resource::Interactions, Action::Create).is_some();
    let asked = fields.get("owner").filter(|owner| *owner == EVERYBODY || owner.parse::<OwnerFilter>().is_ok());
    asked.unwrap_or(if may_own && !of_customer { "me" } else { EVERYBODY }).to_owned()
}
