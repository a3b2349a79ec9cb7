//! Filters and orders of lists of rules.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use serde::Serialize;

use super::model::LeadScoringRule;
use super::row::TABLE;
use crate::base::text::fold;
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};

/// The sort keys of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeadScoringRuleSortKey {
    /// Their place.
    Position,
    /// Their name, without case and accents.
    Name,
    /// The time at which they were added.
    CreatedAt,
}

/// An order of rules.
pub type LeadScoringRuleSort = Sort<LeadScoringRuleSortKey>;

impl SortKey for LeadScoringRuleSortKey {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Position, "position"), (Self::Name, "name"), (Self::CreatedAt, "createdAt")];
    const DESCENDING: bool = false;
}

/// The rules in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadScoringRuleQuery {
    /// Only rules that count, or only others.
    pub is_active: Option<bool>,
    /// The order.
    #[serde(skip)]
    pub sort: LeadScoringRuleSort,
}

impl LeadScoringRuleQuery {
    /// What the rules on the list meet.
    pub(super) fn condition(&self) -> Condition {
        let is_active = |is_active: bool| Expr::col((TABLE, "is_active")).eq(is_active);
        Condition::all().add_option(self.is_active.map(is_active))
    }
}

/// The order of the rows.
pub(super) fn order(sort: LeadScoringRuleSort) -> Order {
    let (column, kind) = match sort.key {
        LeadScoringRuleSortKey::Position => ("position", KeyKind::Number),
        LeadScoringRuleSortKey::Name => ("name_key", KeyKind::Text),
        LeadScoringRuleSortKey::CreatedAt => ("created_at", KeyKind::Time),
    };
    sort.order(TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: LeadScoringRuleSort, rule: &LeadScoringRule) -> Key {
    match sort.key {
        LeadScoringRuleSortKey::Position => Key::Number(rule.position),
        LeadScoringRuleSortKey::Name => Key::Text(fold(&rule.name)),
        LeadScoringRuleSortKey::CreatedAt => Key::Time(rule.created_at),
    }
}
