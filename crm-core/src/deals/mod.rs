//! Deals: what a customer may buy, and how far that is.
//!
//! A deal belongs to a customer, has an owner among the company's users, and is in a stage of a
//! [pipeline](crate::pipelines).
//!
//! - The *status* follows the kind of the stage: open, won or lost. A deal that enters a lost stage needs a reason. One
//!   that is won or lost is *closed*, at the time of its move; one that goes back to an open stage is open again.
//! - A deal that is added to a stage or moved to it has the fields that the stage requires; later they can be cleared.
//! - Winning and losing are events of their own, `crm.deal.won` and `crm.deal.lost`, and a host can be told of them:
//!   [`ClosedDealHandler`].
//! - The *probability* is that of the stage, unless an open deal has one of its own. The *weighted amount* is the
//!   amount times the probability, rounded half-even.
//! - Amounts are whole numbers of the smallest unit of their currency. Amounts of different currencies are never added.
//! - The *base amount* is the amount in the company's base currency: by the [current rate](crate::currency_rates) while
//!   the deal is open. When it is closed, the rate is frozen with it; when it is open again, the current one holds.
//! - The *items* are lines with a quantity, a unit price and a discount. Each line is rounded once. A deal can say that its
//!   amount is their sum: see [`Deals::replace_items`].
//! - The *contacts* are customers who have a say in the deal, each in a *role*. An actor is shown those that they see; the
//!   others stay when the list is replaced. A merge moves them, and a purge of a customer removes theirs.
//! - The *position* is the place among the deals of the stage. [`Deals::move_to`] computes it between the neighbours as
//!   they are then, while it holds the stage: moves at the same time end in one order.
//! - A deal that is open is *rotten* once it has been in its stage for as many days as the stage says, or else the
//!   pipeline. [`MarkRottenDeals`] tells of it with one event for each time that a deal enters a stage.
//! - Each stage that a deal has passed is kept with its times: see [`Deals::stages`].
//! - *Deleted* deals are in the trash until they are restored. Deleting, restoring or purging a customer includes its
//!   deals, and a merge moves them.

mod board;
mod closed;
mod contact_row;
mod contacts;
mod history_row;
mod input;
mod item_row;
mod items;
mod model;
mod moves;
mod names;
mod place;
mod position;
mod postponements;
mod query;
mod repo;
mod rotten;
mod row;
mod stage_history;
mod standing;
mod stored_query;
mod sums;
mod validate;

pub use board::{BoardStage, DealBoard};
pub use closed::{ClosedDeal, ClosedDealHandler, DealRefs, TellClosedDeal};
pub(crate) use contact_row::TABLE as CONTACTS;
pub use contacts::{CONTACT_ROLES, DealContact, MAX_CONTACTS};
pub use input::{DealPatch, NewDeal};
pub use items::{DealItem, DealItems, MAX_ITEMS, NewDealItems};
pub use model::{Deal, DealStatus, DealType, RecurringInterval};
pub use moves::DealMove;
pub(crate) use place::are_in;
pub use query::{DealQuery, DealSort, DealSortKey};
pub use repo::Deals;
pub(crate) use repo::{ensure_visible, has_others};
pub use rotten::MarkRottenDeals;
pub(crate) use rotten::schedule_marking;
pub(crate) use row::of_customers;
pub use stage_history::DealStageEntry;
pub(crate) use standing::Standing;
pub(crate) use stored_query::checked_query;
pub use sums::DealTotals;
pub(crate) use sums::{Sums, grouped_sql};

use crate::base::error::Kind;
use crate::base::rights::Resource;
use crate::customers::Child;
use crate::scope::FromRow;
use crate::scope::visibility::Access;
use crate::timeline::{Branch, TimelineKind};

crate::scope::company_owned!(row, Id, Version);
crate::scope::company_owned!(history_row, Id, EnteredAt);

pub(crate) static ACCESS: Access =
    Access { table: row::TABLE, resource: Resource::Deals, owner: "owner_id", has_private: false, link: None };

pub(crate) static CHILD: Child = Child {
    table: row::TABLE,
    kind: Some(Kind::Deal),
    timeline: Some(Branch {
        kind: TimelineKind::Deal,
        at: "stage_entered_at",
        access: &ACCESS,
        columns: row::columns,
        read: |row| Ok(Deal::from_row(row)?.into()),
    }),
};
