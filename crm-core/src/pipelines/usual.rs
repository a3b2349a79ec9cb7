//! The pipeline that a company has without saying anything.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{EntityTrait, QueryTrait};

use super::input::{NewPipeline, NewPipelineStage};
use super::model::{Pipeline, StageKind};
use super::{repo, row, stages};
use crate::base::error::Result;
use crate::scope::{CompanyTx, Record};

/// The stages of the usual pipeline.
pub(super) fn usual_stages() -> Vec<NewPipelineStage> {
    let coded = |code: &str, stage: NewPipelineStage| NewPipelineStage { code: Some(code.to_owned()), ..stage };
    vec![
        coded("qualification", NewPipelineStage::open("Qualification", 10)),
        coded("needs_analysis", NewPipelineStage::open("Needs analysis", 25)),
        coded("proposal", NewPipelineStage::open("Proposal", 50)),
        coded("negotiation", NewPipelineStage::open("Negotiation", 75)),
        coded("closed_won", NewPipelineStage::of(StageKind::Won, "Closed won")),
        coded("closed_lost", NewPipelineStage::of(StageKind::Lost, "Closed lost")),
    ]
}

/// Makes the usual pipeline unless the company has a default. Of several that do so at once, one adds it, and the
/// others wait for it.
pub(crate) async fn ensure_default(tx: &mut CompanyTx<'_>) -> Result<()> {
    let default = tx.find::<row::Entity>().filter(Expr::col((row::TABLE, "default_key")).is_not_null());
    if default.count(Some(1)).await? > 0 {
        return Ok(());
    }
    let pipeline = usual(tx)?;
    let insert = row::Entity::insert_many([pipeline.row(&tx.company)?])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .into_query();
    if tx.execute(&insert).await? == 0 {
        return Ok(());
    }
    stages::add(tx, &pipeline).await?;
    tx.record_created(&pipeline)
}

fn usual(tx: &CompanyTx<'_>) -> Result<Pipeline> {
    let new =
        NewPipeline { is_default: Some(true), stages: Some(usual_stages()), ..NewPipeline::named("Sales pipeline") };
    let mut pipeline = repo::blank(tx);
    new.validated(None)?.write(&mut pipeline, || tx.id().into());
    Ok(pipeline)
}
