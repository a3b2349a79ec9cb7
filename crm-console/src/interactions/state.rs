//! What the list shows: all of it is in the address.

use crm_core::actor::{Action, Resource};
use crm_core::ids::CustomerId;
use crm_core::interactions::{
    InteractionQuery, InteractionSort, InteractionSortKey, InteractionStatus, InteractionType,
};
use crm_core::users::OwnerFilter;

use crate::base::fields::Fields;
use crate::web::Visit;

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
}

/// What the list shows.
pub(super) struct State {
    /// The address, without a place in the list.
    pub fields: Fields,
    pub view: View,
    pub is_agenda: bool,
    pub customer: Option<CustomerId>,
    /// The choice of the owner, as addresses call it.
    pub owner: String,
    pub query: InteractionQuery,
}

impl State {
    /// Reads an address. What is unknown in it is ignored: addresses are kept and changed by hand.
    pub(super) fn of(visit: &Visit) -> Self {
        let fields = visit.query.without("cursor", None).without("day", None);
        let view = View::ALL.into_iter().find(|view| view.name() == fields.text("view")).unwrap_or_default();
        let customer = fields.get("customer").and_then(|id| id.parse().ok());
        let owner = owner(visit, &fields, customer.is_some());
        let is_agenda = fields.text("as") != "list";
        let by_time = InteractionSort { key: InteractionSortKey::OccurredAt, descending: view.descending() };
        let sort = fields.get("sort").filter(|_| !is_agenda).and_then(|sort| sort.parse().ok());
        let query = InteractionQuery {
            interaction_type: fields.all("type").filter_map(|name| name.parse::<InteractionType>().ok()).collect(),
            owner: owner.parse::<OwnerFilter>().ok(),
            customer,
            sort: sort.unwrap_or(by_time),
            ..of_view(view, visit)
        };
        Self { fields, view, is_agenda, customer, owner, query }
    }
}

/// Those who have interactions of their own see these first.
fn owner(visit: &Visit, fields: &Fields, of_customer: bool) -> String {
    let may_own = visit.actor().reach(Resource::Interactions, Action::Create).is_some();
    let asked = fields.get("owner").filter(|owner| *owner == "all" || owner.parse::<OwnerFilter>().is_ok());
    asked.unwrap_or(if may_own && !of_customer { "me" } else { "all" }).to_owned()
}

fn of_view(view: View, visit: &Visit) -> InteractionQuery {
    const OPEN: [InteractionStatus; 2] = [InteractionStatus::Planned, InteractionStatus::InProgress];
    const CLOSED: [InteractionStatus; 3] =
        [InteractionStatus::Completed, InteractionStatus::Cancelled, InteractionStatus::NoShow];
    let query = InteractionQuery::default();
    match view {
        View::Due => InteractionQuery { status: OPEN.into(), ..query },
        View::Overdue => InteractionQuery { overdue: Some(true), ..query },
        // A week ahead: what is further away needs nobody yet.
        View::Reminders => {
            InteractionQuery { follow_up_to: Some(visit.frame.calendar.now + chrono::TimeDelta::days(7)), ..query }
        }
        View::Done => InteractionQuery { status: CLOSED.into(), ..query },
        View::All => query,
    }
}
