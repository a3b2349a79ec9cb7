//! Which rules a lead meets, and which of their values it has: asked of the database, which compares as lists do.

use std::collections::HashMap;

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use serde_json::Value;

use super::model::LeadAssignmentRule;
use crate::base::error::{Malformed, Result};
use crate::base::ids::{LeadId, UserId};
use crate::leads;
use crate::query::filter::Filter;
use crate::scope::CompanyTx;

/// Whether a lead meets the condition of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Yes,
    No,
    /// The condition names what is no longer there.
    Invalid,
}

/// Which leads meet the conditions of which rules.
pub(super) struct Matches {
    conditions: Vec<Option<Result<Expr, Malformed>>>,
    /// A bit for each rule of which the condition is met.
    met: HashMap<LeadId, i64>,
}

impl Matches {
    /// Whether a lead meets the condition of the rule at this place.
    pub fn of(&self, lead: LeadId, place: usize) -> Match {
        match self.conditions.get(place) {
            Some(None) => Match::Yes,
            Some(Some(Ok(_))) if self.met.get(&lead).is_some_and(|met| met & (1_i64 << place) != 0) => Match::Yes,
            Some(Some(Ok(_))) => Match::No,
            Some(Some(Err(_))) | None => Match::Invalid,
        }
    }
}

/// Whether leads meet the conditions of rules. One statement for all of them.
pub(super) async fn of_rules(tx: &CompanyTx<'_>, leads: &[LeadId], rules: &[LeadAssignmentRule]) -> Result<Matches> {
    let conditions: Vec<Option<Result<Expr, Malformed>>> = rules.iter().map(|rule| condition(tx, rule)).collect();
    let bits = conditions.iter().enumerate().filter_map(|(place, condition)| {
        let is_met = condition.as_ref()?.as_ref().ok()?.clone();
        // Fewer rules than a whole number has bits.
        let bit: Expr = Expr::case(is_met, Expr::cust((1_i64 << place).to_string())).finally(Expr::cust("0")).into();
        Some(bit)
    });
    let met = match bits.reduce(ExprTrait::add) {
        Some(sum) => leads::computed(tx, leads, sum).await?,
        None => HashMap::new(),
    };
    Ok(Matches { conditions, met })
}

fn condition(tx: &CompanyTx<'_>, rule: &LeadAssignmentRule) -> Option<Result<Expr, Malformed>> {
    let condition = rule.condition.clone()?;
    let filter = Filter::from_json(&Value::Object(condition));
    Some(filter.and_then(|filter| leads::rule_condition(&filter, &tx.company, tx.is_postgres())))
}

/// The users who go with the values that leads have in the field of the rule. A value that the field no longer takes is
/// passed over.
pub(super) async fn users_of_values(
    tx: &CompanyTx<'_>,
    leads: &[LeadId],
    rule: &LeadAssignmentRule,
) -> Result<HashMap<LeadId, UserId>> {
    let Some(field) = &rule.field else {
        return Ok(HashMap::new());
    };
    let mut which = CaseStatement::new();
    let mut has_values = false;
    for (place, entry) in rule.field_users.iter().enumerate() {
        if let Ok(has_value) = leads::has_value(field, &entry.value, &tx.company, tx.is_postgres()) {
            which = which.case(has_value, Expr::cust(place.to_string()));
            has_values = true;
        }
    }
    if !has_values {
        return Ok(HashMap::new());
    }
    let places = leads::computed(tx, leads, which.finally(Expr::cust("-1")).into()).await?;
    let user = |(lead, place): (LeadId, i64)| {
        let entry = usize::try_from(place).ok().and_then(|place| rule.field_users.get(place))?;
        Some((lead, entry.user_id))
    };
    Ok(places.into_iter().filter_map(user).collect())
}
