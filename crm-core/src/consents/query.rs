//! Filters and orders of the ledger, and what holds.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use serde::Serialize;

use super::model::{Consent, ConsentState, ContactChannel};
use super::row::TABLE;
use crate::base::ids::{CompanyId, CustomerId};
use crate::base::string_enum::canonical;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsentSortKey {
    /// The time at which the customer said it.
    ObtainedAt,
}

/// An order of the ledger.
pub type ConsentSort = Sort<ConsentSortKey>;

impl SortKey for ConsentSortKey {
    const ALL: &'static [(Self, &'static str)] = &[(Self::ObtainedAt, "obtainedAt")];
}

/// The entries in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentQuery {
    /// Only entries of this purpose.
    pub purpose: Option<String>,
    /// Only entries of this channel.
    pub channel: Option<ContactChannel>,
    /// Only entries that say this.
    pub state: Option<ConsentState>,
    /// The order.
    #[serde(skip)]
    pub sort: ConsentSort,
}

fn own(name: &'static str) -> Expr {
    Expr::col((TABLE, name))
}

impl ConsentQuery {
    /// What the entries on the list meet.
    pub(super) fn condition(&self) -> Condition {
        let purpose = self.purpose.as_deref().map(|purpose| own("purpose").eq(canonical(purpose)));
        let channel = self.channel.map(|channel| own("channel").eq(channel.as_str()));
        let state = self.state.map(|state| own("state").eq(state.as_str()));
        Condition::all().add_option(purpose).add_option(channel).add_option(state)
    }
}

/// The order of the rows.
pub(super) fn order(sort: ConsentSort) -> Order {
    match sort.key {
        ConsentSortKey::ObtainedAt => sort.order(TABLE, "obtained_at", KeyKind::Time),
    }
}

/// The sort key of a row.
pub(super) fn sort_key(sort: ConsentSort, consent: &Consent) -> Key {
    match sort.key {
        ConsentSortKey::ObtainedAt => Key::Time(consent.obtained_at),
    }
}

/// The condition that no entry of the same customer, purpose and channel comes after a row: by the time at which it was
/// obtained, then at which it was recorded. At one time, what is no consent comes last.
pub(super) fn holds(company: CompanyId, customer: CustomerId) -> Expr {
    let later = |name: &'static str| Expr::col(("later", name));
    let place = |column: &dyn Fn(&'static str) -> Expr| {
        let is_none = column("state").ne(ConsentState::Granted.as_str());
        Expr::tuple([column("obtained_at"), column("created_at"), is_none, column("id")])
    };
    let after = Query::select()
        .expr(Expr::cust("1"))
        .from_as(TABLE, "later")
        .and_where(later("company_id").eq(company.0))
        .and_where(later("customer_id").eq(customer.0))
        .and_where(later("purpose").equals((TABLE, "purpose")))
        .and_where(later("channel").equals((TABLE, "channel")))
        .and_where(later("deleted_at").is_null())
        // For SQLite, which uses no index for row values.
        .and_where(later("obtained_at").gte(own("obtained_at")))
        .and_where(place(&later).gt(place(&own)))
        .to_owned();
    Expr::exists(after).not()
}
