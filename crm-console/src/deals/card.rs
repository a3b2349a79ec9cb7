//! A deal as a card of the board, and what it has in common with rows of lists.

use crm_core::actor::{Action, Resource};
use crm_core::deals::{Deal, DealStatus};
use crm_core::ids::DealId;
use crm_core::money::Money;

use crate::base::amounts;
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::web::{Frame, Visit};

/// A card.
pub(super) struct Card {
    pub id: DealId,
    pub version: i64,
    pub name: String,
    pub url: String,
    pub customer: String,
    pub amount: Option<String>,
    pub owner: Option<String>,
    pub due: Option<Due>,
    /// How long it has been in its stage, and since when.
    pub age: String,
    pub since: Shown,
    /// Whether that is too long.
    pub is_rotten: bool,
    /// Where it is moved, by those who may.
    pub place: Option<String>,
}

/// The day on which a deal is expected to be closed.
pub(crate) struct Due {
    pub words: String,
    pub machine: String,
    /// Whether it has passed.
    pub is_late: bool,
}

impl Card {
    /// `back` is the board, as a query.
    pub(super) fn of(visit: &Visit, deal: &Deal, back: &str) -> Self {
        let frame = &visit.frame;
        let url = url(frame, deal.id);
        let may_move = visit.may(Resource::Deals, Action::Update, deal.owner_id);
        Self {
            id: deal.id,
            version: deal.version,
            name: deal.name.clone(),
            customer: deal.customer_name.clone(),
            amount: deal.amount.map(|amount| money(frame, amount)),
            owner: deal.owner.as_ref().and_then(|owner| owner.display_name.clone()),
            due: due(frame, deal),
            age: age(frame, deal),
            since: frame.calendar.full(deal.stage_entered_at),
            is_rotten: deal.is_rotten,
            place: may_move.then(|| format!("{url}/move{back}")),
            url,
        }
    }
}

/// The address of a deal.
pub(super) fn url(frame: &Frame, id: DealId) -> String {
    frame.url(&format!("deals/{id}"))
}

/// The query of a form that comes back to this page.
pub(super) fn back(address: &str) -> String {
    Fields::default().with("back", address).query()
}

pub(super) fn money(frame: &Frame, money: Money) -> String {
    amounts::shown(frame.language(), money)
}

/// The day on which a deal is expected to be closed. What is closed is not late.
pub(super) fn due(frame: &Frame, deal: &Deal) -> Option<Due> {
    let day = deal.expected_close_date?;
    let is_late = deal.status == DealStatus::Open && day < frame.calendar.today();
    Some(Due { words: frame.calendar.day(day), machine: day.to_string(), is_late })
}

/// For how many days a deal has been in its stage.
pub(super) fn age(frame: &Frame, deal: &Deal) -> String {
    frame.language().counted("deals-age", deal.days_in_stage)
}
