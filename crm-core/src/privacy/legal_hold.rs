//! Customers who must not be erased.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::input::{SetLegalHold, refuse_data_of};
use crate::base::error::{Conflict, Kind, Result};
use crate::base::ids::CustomerId;
use crate::base::rights::{Action, ActorRef};
use crate::customers;
use crate::scope::{CompanyScope, CompanyTx};

const TABLE: &str = "crm_legal_holds";

/// Whether a customer is under a legal hold: then it is neither erased nor purged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LegalHold {
    /// Whether the customer is under a legal hold.
    pub is_held: bool,
    /// Why; `null` without a hold.
    pub reason: Option<String>,
    /// Since when; `null` without a hold.
    pub held_at: Option<DateTime<Utc>>,
    /// Who has set it; `null` without a hold.
    pub held_by: Option<ActorRef>,
}

pub(super) async fn read(scope: &CompanyScope<'_>, id: CustomerId) -> Result<LegalHold> {
    scope.company().await?;
    customers::ensure_history_visible(scope, id).await?;
    let one = Query::select()
        .columns(["reason", "held_at", "held_by_kind", "held_by_id"])
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(scope.company_id().0))
        .and_where(Expr::col("customer_id").eq(id.0))
        .to_owned();
    let Some(row) = scope.database().query_one(&one).await? else {
        return Ok(LegalHold::default());
    };
    let (kind, by): (String, Option<Uuid>) = (row.try_get("", "held_by_kind")?, row.try_get("", "held_by_id")?);
    Ok(LegalHold {
        is_held: true,
        reason: Some(row.try_get("", "reason")?),
        held_at: Some(row.try_get("", "held_at")?),
        held_by: Some(ActorRef::read(&kind, by)?),
    })
}

/// Puts a customer under a hold, whose reason may be another one than before, or ends it.
pub(super) async fn set(tx: &mut CompanyTx<'_>, id: CustomerId, hold: SetLegalHold) -> Result<LegalHold> {
    let customer = customers::held(tx, id, Action::Erase).await?;
    refuse_data_of(&customer, &hold.reason)?;
    let SetLegalHold { is_held, reason } = hold;
    let by = ActorRef::from(tx.actor());
    let is_changed = if is_held { put(tx, id, &reason, &by).await? } else { end(tx, id).await? };
    if is_changed {
        let action = if is_held { "held" } else { "released" };
        tx.audit(Kind::Customer, action, json!({ "customerId": id, "reason": &reason }));
    }
    Ok(match is_held {
        true => LegalHold { is_held, reason: Some(reason), held_at: Some(tx.now()), held_by: Some(by) },
        false => LegalHold::default(),
    })
}

async fn put(tx: &mut CompanyTx<'_>, id: CustomerId, reason: &str, by: &ActorRef) -> Result<bool> {
    let columns = ["reason", "held_at", "held_by_kind", "held_by_id"];
    let put = Query::insert()
        .into_table(TABLE)
        .columns(["company_id", "customer_id"].into_iter().chain(columns))
        .values_panic([
            Expr::val(tx.company.id.0),
            Expr::val(id.0),
            Expr::val(reason),
            Expr::val(tx.now()),
            Expr::val(by.kind.as_str()),
            Expr::val(by.id.map(|id| id.0)),
        ])
        .on_conflict(OnConflict::columns(["company_id", "customer_id"]).update_columns(columns).to_owned())
        .to_owned();
    Ok(tx.execute(&put).await? > 0)
}

async fn end(tx: &mut CompanyTx<'_>, id: CustomerId) -> Result<bool> {
    let delete = Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("customer_id").eq(id.0))
        .to_owned();
    Ok(tx.execute(&delete).await? > 0)
}

/// Refuses what would remove a customer who is under a hold, or has taken up one who is.
///
/// # Errors
/// [`Conflict::LegalHold`].
pub(crate) async fn ensure_none(tx: &mut CompanyTx<'_>, id: CustomerId) -> Result<()> {
    let company = tx.company.id.0;
    let merged = Query::select()
        .column("customer_id")
        .from("crm_merged_customers")
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("current_id").eq(id.0))
        .to_owned();
    let held = Query::select()
        .column("customer_id")
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("customer_id").eq(id.0).or(Expr::col("customer_id").in_subquery(merged)))
        .limit(1)
        .to_owned();
    if tx.query(&held).await?.is_empty() { Ok(()) } else { Err(Conflict::LegalHold.into()) }
}
