//! Filters and orders of lists of rules by which leads are assigned.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use serde::Serialize;

use super::model::LeadAssignmentRule;
use super::row::TABLE;
use crate::base::text::fold;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeadAssignmentRuleSortKey {
    /// Their place.
    Position,
    /// Their name, without case and accents.
    Name,
    /// The time at which they were added.
    CreatedAt,
}

/// An order of rules.
pub type LeadAssignmentRuleSort = Sort<LeadAssignmentRuleSortKey>;

impl SortKey for LeadAssignmentRuleSortKey {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Position, "position"), (Self::Name, "name"), (Self::CreatedAt, "createdAt")];
    const DESCENDING: bool = false;
}

/// The rules in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadAssignmentRuleQuery {
    /// Only active rules, or only others.
    pub is_active: Option<bool>,
    /// The order.
    #[serde(skip)]
    pub sort: LeadAssignmentRuleSort,
}

impl LeadAssignmentRuleQuery {
    /// What the rules on the list meet.
    pub(super) fn condition(&self) -> Condition {
        Condition::all().add_option(self.is_active.map(|is_active| Expr::col((TABLE, "is_active")).eq(is_active)))
    }
}

/// The order of the rows.
pub(super) fn order(sort: LeadAssignmentRuleSort) -> Order {
    let (column, kind) = match sort.key {
        LeadAssignmentRuleSortKey::Position => ("position", KeyKind::Number),
        LeadAssignmentRuleSortKey::Name => ("name_key", KeyKind::Text),
        LeadAssignmentRuleSortKey::CreatedAt => ("created_at", KeyKind::Time),
    };
    sort.order(TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: LeadAssignmentRuleSort, rule: &LeadAssignmentRule) -> Key {
    match sort.key {
        LeadAssignmentRuleSortKey::Position => Key::Number(rule.position),
        LeadAssignmentRuleSortKey::Name => Key::Text(fold(&rule.name)),
        LeadAssignmentRuleSortKey::CreatedAt => Key::Time(rule.created_at),
    }
}
