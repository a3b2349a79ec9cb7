//! Filters and orders of lists of links.

use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Serialize;

use super::super::model::CustomerKind;
use super::label;
use super::model::CustomerLink;
use super::row::TABLE;
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::base::string_enum::string_enum;
use crate::query::dialect::any_of;
use crate::query::filter::expect_few;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

string_enum! {
    /// An end of a link.
    LinkEnd {
        /// The customer that the link goes from: a person of an organization, the child of a parent.
        From = "from",
        /// The customer that the link goes to: an organization of a person, the parent of a child.
        To = "to",
    }
}

/// The sort keys of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerLinkSortKey {
    /// The time at which they were added.
    CreatedAt,
}

/// An order of links.
pub type CustomerLinkSort = Sort<CustomerLinkSortKey>;

impl SortKey for CustomerLinkSortKey {
    const ALL: &'static [(Self, &'static str)] = &[(Self::CreatedAt, "createdAt")];
}

/// The links in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerLinkQuery {
    /// Only these labels.
    pub label: Vec<String>,
    /// Only links to customers of this kind.
    pub kind: Option<CustomerKind>,
    /// Only links of which the customer is this end.
    pub end: Option<LinkEnd>,
    /// Only inactive links, or only others.
    pub is_inactive: Option<bool>,
    /// The order.
    #[serde(skip)]
    pub sort: CustomerLinkSort,
}

impl CustomerLinkQuery {
    /// The condition for the links of a customer.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a list with more than [`MAX_VALUES`](crate::filter::MAX_VALUES).
    pub(super) fn condition(&self, customer: CustomerId, postgres: bool) -> Result<Expr> {
        expect_few("label", &self.label)?;
        let mut condition = match self.end {
            Some(LinkEnd::From) => end("from_id").eq(customer.0),
            Some(LinkEnd::To) => end("to_id").eq(customer.0),
            None => is_of(customer),
        };
        if !self.label.is_empty() {
            let keys = self.label.iter().map(|label| label::key(label)).collect();
            condition = condition.and(any_of(end("label_key"), keys, postgres));
        }
        Ok(match self.is_inactive {
            Some(inactive) => condition.and(end("is_inactive").eq(inactive)),
            None => condition,
        })
    }
}

fn end(column: &'static str) -> Expr {
    Expr::col((TABLE, column))
}

/// Links of this customer, whichever end it is.
pub(super) fn is_of(customer: CustomerId) -> Expr {
    end("from_id").eq(customer.0).or(end("to_id").eq(customer.0))
}

/// The column of the other end than this customer.
pub(super) fn other_end(customer: CustomerId) -> Expr {
    Expr::case(end("from_id").eq(customer.0), end("to_id")).finally(end("from_id")).into()
}

/// The order of the rows.
pub(super) fn order(sort: CustomerLinkSort) -> Order {
    let column = match sort.key {
        CustomerLinkSortKey::CreatedAt => "created_at",
    };
    sort.order(TABLE, column, KeyKind::Time)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: CustomerLinkSort, link: &CustomerLink) -> Key {
    match sort.key {
        CustomerLinkSortKey::CreatedAt => Key::Time(link.created_at),
    }
}
