//! The stages that a deal has passed, as data: from when to when, and how long.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryTrait};
use serde::{Deserialize, Serialize};

use super::history_row::{self, TABLE};
use super::model::Deal;
use crate::base::ids::{DealStageEntryId, PipelineId, PipelineStageId};
use crate::base::money::Money;
use crate::journal::Deferred;
use crate::scope::CompanyTx;
use crate::scope::actor::ActorRef;

/// A stage that a deal has entered. Names are those of then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DealStageEntry {
    /// The id.
    pub id: DealStageEntryId,
    /// The pipeline of the stage.
    pub pipeline_id: PipelineId,
    /// The stage that it came from; absent for a new deal.
    pub from_stage_id: Option<PipelineStageId>,
    /// The name of the stage that it came from.
    pub from_stage_name: Option<String>,
    /// The stage that it entered.
    pub stage_id: PipelineStageId,
    /// The name of the stage that it entered.
    pub stage_name: String,
    /// When it entered the stage.
    pub entered_at: DateTime<Utc>,
    /// When it left the stage; absent while it is there.
    pub left_at: Option<DateTime<Utc>>,
    /// How long it was in the stage, in whole seconds; absent while it is there.
    pub seconds: Option<i64>,
    /// What it was worth when it entered.
    pub amount: Option<Money>,
    /// Who moved it.
    pub moved_by: ActorRef,
}

/// Writes, with the deal, that it has entered its stage, and left the one before.
pub(super) fn record(tx: &mut CompanyTx<'_>, before: Option<&Deal>, after: &Deal) {
    let company = tx.company.id.0;
    let mut statements = Vec::new();
    if let Some(before) = before {
        let seconds = (after.stage_entered_at - before.stage_entered_at).num_seconds();
        let leave = Query::update()
            .table(TABLE)
            .value("left_at", after.stage_entered_at)
            .value("seconds", seconds)
            .and_where(Expr::col("company_id").eq(company))
            .and_where(Expr::col("deal_id").eq(after.id.0))
            .and_where(Expr::col("left_at").is_null())
            .to_owned();
        // First, so that it does not find what is entered now.
        statements.push(Deferred::Update(leave));
    }
    let by = ActorRef::from(tx.actor());
    let row = history_row::Model {
        company_id: company,
        id: tx.id(),
        deal_id: after.id.0,
        pipeline_id: after.pipeline_id.0,
        from_stage_id: before.map(|before| before.stage_id.0),
        from_stage_name: before.map(|before| before.stage_name.clone()),
        stage_id: after.stage_id.0,
        stage_name: after.stage_name.clone(),
        entered_at: after.stage_entered_at,
        left_at: None,
        seconds: None,
        amount: after.amount.map(|money| money.amount),
        amount_currency: after.amount.map(|money| money.currency.to_string()),
        moved_by_kind: by.kind.to_string(),
        moved_by_id: by.id.map(Into::into),
    };
    let enter = history_row::Entity::insert_many([row.into_active_model().reset_all()]).into_query();
    statements.push(Deferred::Insert(enter));
    tx.defer(statements);
}
