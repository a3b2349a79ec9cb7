//! The board: the statuses side by side, each with its first leads and how many there are.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use serde::{Deserialize, Serialize};

use super::held::Held;
use super::model::Lead;
use super::query::{LeadQuery, LeadSort, order};
use super::repo::visible;
use super::row::{self, TABLE};
use crate::base::error::Result;
use crate::lead_statuses::{self, LeadStatus};
use crate::query::page::COUNT_CAP;
use crate::scope::CompanyScope;

/// How many leads of each status a board shows.
const SHOWN: u64 = 20;

/// The leads by status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadBoard {
    /// The statuses in their order; archived ones only with leads.
    pub statuses: Vec<LeadBoardStatus>,
}

/// A status with its leads, as far as you may read them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadBoardStatus {
    /// The status.
    pub status: LeadStatus,
    /// How many leads have it, up to 1,000.
    pub count: u64,
    /// Whether there are more than that.
    pub is_capped: bool,
    /// The latest of them, at most 20.
    pub leads: Vec<Lead>,
}

/// Reads the board: the statuses with their numbers are one statement, the leads another one.
pub(super) async fn read(scope: &CompanyScope<'_>, query: &LeadQuery) -> Result<LeadBoard> {
    let company = scope.company().await?;
    let condition = query.condition(scope, &company)?;
    let of_status = |code: Expr| {
        let rows = visible(scope.find::<row::Entity>(), scope.actor()).filter(condition.clone());
        rows.filter(Expr::col((TABLE, "status")).eq(code)).map(row::joined)
    };
    let total = of_status(Expr::col((lead_statuses::TABLE, "code"))).total(Some(COUNT_CAP + 1));
    let statuses = lead_statuses::counted(scope, total).await?;
    let first = |status: &LeadStatus| {
        let latest = order(LeadSort::default());
        let ids = latest.apply(of_status(Expr::val(status.code.as_str()))).ids(latest.id.clone(), 0, SHOWN);
        // A branch of a union is sorted and cut inside.
        Query::select().column("id").from_subquery(ids, "firsts").to_owned()
    };
    let filled: Vec<SelectStatement> =
        statuses.iter().filter(|(_, count)| *count > 0).map(|(status, _)| first(status)).collect();
    let mut leads = leads(scope, filled).await?;
    let column = |(status, count): (LeadStatus, u64)| LeadBoardStatus {
        leads: leads.remove(&status.code).unwrap_or_default(),
        count: Ord::min(count, COUNT_CAP),
        is_capped: count > COUNT_CAP,
        status,
    };
    let mut statuses: Vec<LeadBoardStatus> = statuses.into_iter().map(column).collect();
    statuses.retain(|status| status.count > 0 || !status.status.is_archived);
    Ok(LeadBoard { statuses })
}

/// The leads whose ids these select, by the codes of their statuses.
async fn leads(scope: &CompanyScope<'_>, firsts: Vec<SelectStatement>) -> Result<HashMap<String, Vec<Lead>>> {
    let mut found: HashMap<String, Vec<Lead>> = HashMap::new();
    let most = SHOWN * firsts.len() as u64;
    let mut firsts = firsts.into_iter();
    let Some(one) = firsts.next() else {
        return Ok(found);
    };
    let ids = firsts.fold(one, |mut all, next| all.union(UnionType::All, next).to_owned());
    let latest = order(LeadSort::default());
    let rows = row::select(scope.find(), scope.actor(), scope.is_postgres()).only(latest.id.clone(), ids);
    for lead in latest.apply(rows).fetch_up_to::<Held>(most).await? {
        found.entry(lead.own.status.clone()).or_default().push(lead.into_lead());
    }
    Ok(found)
}
