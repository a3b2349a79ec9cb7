//! The board of a pipeline: its stages side by side, each with its first deals and what all of them are worth.

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement, UnionType};
use sea_orm::{ConnectionTrait, QueryOrder, QueryResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::Deal;
use super::query::DealQuery;
use super::repo::within_reach;
use super::row::{self, TABLE};
use super::standing::Standing;
use super::sums::{self, DealTotals, Sums};
use crate::base::error::{Error, Result};
use crate::base::ids::{PipelineId, PipelineStageId};
use crate::base::money::Money;
use crate::pipelines::{self, PipelineStage, STAGES};
use crate::scope::CompanyScope;

/// How many deals of each stage a board shows.
const SHOWN: u64 = 20;

/// The deals of a pipeline by stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DealBoard {
    /// The pipeline.
    pub pipeline_id: PipelineId,
    /// The pipeline's name.
    pub pipeline_name: String,
    /// The stages in their order; archived ones only with deals.
    pub stages: Vec<BoardStage>,
}

/// A stage with its deals, as far as you may read them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BoardStage {
    /// The stage.
    pub stage: PipelineStage,
    /// How many deals are in it.
    pub count: u64,
    /// What these deals are worth, in each currency; deals without an amount add nothing.
    pub amounts: Vec<Money>,
    /// The amounts times the probabilities of their deals, in each currency. Rounded half-even once, after they are
    /// added.
    pub weighted_amounts: Vec<Money>,
    /// What they are worth in your company's base currency: open deals by the current rates, closed ones by those of
    /// their end. Rounded once for each currency.
    pub base_amount: Money,
    /// The same times the probabilities of the deals. Rounded once for each currency.
    pub weighted_base_amount: Money,
    /// How many deals have an amount that is not in `baseAmount`: it has no rate, or was frozen in another base currency.
    pub without_rate: u64,
    /// The first of these deals in the order of the board; at most 20.
    pub deals: Vec<Deal>,
}

/// Reads a board: the stages with their sums are one statement, the deals another one. None without such a pipeline.
pub(super) async fn read(
    scope: &CompanyScope<'_>,
    pipeline: Option<PipelineId>,
    query: &DealQuery,
    standing: &Standing,
) -> Result<Option<DealBoard>> {
    let condition = within_reach(scope, false)?.add(query.condition(scope)?);
    let rows = scope.database().query_all(&stages(scope, pipeline, &condition)).await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let (id, name): (Uuid, String) = (first.try_get("", "pipeline_id")?, first.try_get("", "pipeline_name")?);
    let mut found: Vec<(PipelineStage, Sums)> = Vec::new();
    for row in &rows {
        let stage = stage(row)?;
        if found.last().is_none_or(|(last, _)| last.id != stage.id) {
            found.push((stage, Sums::default()));
        }
        if let Some((last, sums)) = found.last_mut() {
            let own: Option<i64> = row.try_get("", "own")?;
            sums.add(row, own.unwrap_or(last.probability), standing)?;
        }
    }
    let of = |(stage, sums): (PipelineStage, Sums)| BoardStage::of(stage, sums.totals(standing));
    let mut stages: Vec<BoardStage> = found.into_iter().map(of).collect();
    stages.retain(|stage| stage.count > 0 || !stage.stage.is_archived);
    let filled = stages.iter().filter(|stage| stage.count > 0).map(|stage| stage.stage.id);
    let mut deals = deals(scope, &condition, &filled.collect::<Vec<_>>()).await?;
    for stage in &mut stages {
        let own = deals.remove(&stage.stage.id).unwrap_or_default();
        stage.deals = own.into_iter().map(|deal| standing.judged(deal)).collect();
    }
    Ok(Some(DealBoard { pipeline_id: id.into(), pipeline_name: name, stages }))
}

/// The stages in their order, each as often as its deals have currencies and probabilities of their own, with what the
/// deals of one are worth.
fn stages(scope: &CompanyScope<'_>, pipeline: Option<PipelineId>, condition: &Condition) -> SelectStatement {
    let company = scope.company_id().0;
    let of_stage = |name: &'static str| Expr::col((STAGES, name));
    let of_pipeline = |name: &'static str| Expr::col((pipelines::TABLE, name));
    let which = match pipeline {
        Some(id) => of_pipeline("id").eq(id.0),
        None => of_pipeline("default_key").is_not_null(),
    };
    Query::select()
        .columns(["id", "pipeline_id", "code", "name", "kind", "probability"].map(|name| (STAGES, name)))
        .columns(["rotten_days", "required_fields", "color", "is_archived"].map(|name| (STAGES, name)))
        .expr_as(of_pipeline("name"), "pipeline_name")
        .columns(sums::COLUMNS.map(|name| ("sums", name)))
        .from(STAGES)
        .inner_join(pipelines::TABLE, of_pipeline("id").equals((STAGES, "pipeline_id")))
        .join_subquery(
            JoinType::LeftJoin,
            sums::by_stage(company, condition),
            "sums",
            Expr::col(("sums", "stage_id")).equals((STAGES, "id")),
        )
        .and_where(of_stage("company_id").eq(company))
        .and_where(of_pipeline("company_id").eq(company))
        .and_where(which)
        .order_by((STAGES, "position"), Order::Asc)
        .order_by(("sums", "currency"), Order::Asc)
        .to_owned()
}

fn stage(row: &QueryResult) -> Result<PipelineStage> {
    let (id, kind): (Uuid, String) = (row.try_get("", "id")?, row.try_get("", "kind")?);
    Ok(PipelineStage {
        id: id.into(),
        code: row.try_get("", "code")?,
        name: row.try_get("", "name")?,
        kind: kind.parse().map_err(Error::internal)?,
        probability: row.try_get("", "probability")?,
        rotten_days: row.try_get("", "rotten_days")?,
        required_fields: pipelines::required_fields(row.try_get("", "required_fields")?)?,
        color: row.try_get("", "color")?,
        is_archived: row.try_get("", "is_archived")?,
    })
}

impl BoardStage {
    /// A stage without its deals.
    fn of(stage: PipelineStage, totals: DealTotals) -> Self {
        let DealTotals { count, amounts, weighted_amounts, base_amount, weighted_base_amount, without_rate } = totals;
        let deals = Vec::new();
        Self { stage, count, amounts, weighted_amounts, base_amount, weighted_base_amount, without_rate, deals }
    }
}

/// The first deals of each of these stages, in the order of the board.
async fn deals(
    scope: &CompanyScope<'_>,
    condition: &Condition,
    stages: &[PipelineStageId],
) -> Result<HashMap<PipelineStageId, Vec<Deal>>> {
    let mut found: HashMap<PipelineStageId, Vec<Deal>> = HashMap::new();
    let mut firsts = stages.iter().map(|stage| first(scope.company_id().0, *stage, condition));
    let Some(one) = firsts.next() else {
        return Ok(found);
    };
    let ids = firsts.fold(one, |mut all, next| all.union(UnionType::All, next).to_owned());
    let rows =
        scope.find::<row::Entity>().select(row::columns(scope.is_postgres())).only(Expr::col((TABLE, "id")), ids);
    let rows = rows.map(|select| select.order_by_asc(row::Column::Position).order_by_asc(row::Column::Id));
    for deal in rows.fetch_up_to::<Deal>(SHOWN * stages.len() as u64).await? {
        found.entry(deal.stage_id).or_default().push(deal);
    }
    Ok(found)
}

/// The ids of the first deals of a stage. A branch of a union is sorted and cut inside.
fn first(company: Uuid, stage: PipelineStageId, condition: &Condition) -> SelectStatement {
    let rows = Query::select()
        .column((TABLE, "id"))
        .from(TABLE)
        .and_where(Expr::col((TABLE, "company_id")).eq(company))
        .and_where(Expr::col((TABLE, "stage_id")).eq(stage.0))
        .cond_where(condition.clone())
        .order_by((TABLE, "position"), Order::Asc)
        .order_by((TABLE, "id"), Order::Asc)
        .limit(SHOWN)
        .to_owned();
    Query::select().column("id").from_subquery(rows, "firsts").to_owned()
}
