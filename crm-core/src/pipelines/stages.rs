//! The stages of pipelines: their rules, and how their rows are written and locked.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryOrder, QueryTrait};
use uuid::Uuid;
use validator::Validate;

use super::input::NewPipelineStage;
use super::model::{Pipeline, PipelineStage, RequiredField, StageKind, StageRef};
use super::row;
use super::stage_row::{self, TABLE};
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::{PipelineId, PipelineStageId};
use crate::base::string_enum::canonical;
use crate::base::text::{self, Unprintable};
use crate::base::validation;
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

/// How many stages a pipeline has at most.
const MAX_STAGES: usize = 50;

/// Trims all texts of stages, applies defaults, and checks every rule, also against the stages as they were.
pub(super) fn settle(stages: &mut [NewPipelineStage], before: Option<&[PipelineStage]>, violations: &mut Violations) {
    if stages.len() > MAX_STAGES {
        return violations.add("/stages", "too_many", format!("at most {MAX_STAGES} stages"));
    }
    let (mut codes, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for (index, stage) in stages.iter_mut().enumerate() {
        let at = format!("/stages/{index}");
        let former = stage.id.and_then(|id| before?.iter().find(|former| former.id == id));
        if stage.id.is_some() && former.is_none() {
            violations.add(format!("{at}/id"), "stage_unknown", "the pipeline has no such stage");
        }
        stage.settle(&at, former, violations);
        if stage.id.is_some_and(|id| !ids.insert(id)) {
            violations.add(format!("{at}/id"), "duplicate", "the same stage is listed twice");
        }
        if stage.code.as_ref().is_some_and(|code| !codes.insert(code.clone())) {
            violations.add(format!("{at}/code"), "duplicate", "another stage of the pipeline has this code");
        }
    }
    let is_entry = |stage: &NewPipelineStage| stage.kind == Some(StageKind::Open) && stage.is_archived != Some(true);
    if !stages.iter().any(is_entry) {
        violations.add("/stages", "required", "a pipeline needs an open stage that is not archived");
    }
}

/// A code in its stored form.
fn word(text: &str) -> Result<Option<String>, Unprintable> {
    Ok(text::line(text)?.map(|word| canonical(&word)))
}

impl NewPipelineStage {
    fn settle(&mut self, at: &str, former: Option<&PipelineStage>, violations: &mut Violations) {
        let place = |name: &str| format!("{at}{name}");
        validation::normalise(&mut self.name, &place("/name"), text::line, violations);
        validation::normalise(&mut self.code, &place("/code"), word, violations);
        validation::normalise(&mut self.color, &place("/color"), text::line, violations);
        self.color = self.color.take().map(|color| color.to_lowercase());
        if self.name.is_none() {
            violations.add(place("/name"), "required", "a stage needs a name");
        }
        let code = former.map(|former| former.code.clone()).or_else(|| self.name.as_deref().map(canonical));
        let code = self.code.take().or(code);
        let kind = self.kind.or(former.map(|former| former.kind)).unwrap_or_default();
        if former.is_some_and(|former| code.as_ref() != Some(&former.code)) {
            violations.add(place("/code"), "immutable", "the code of a stage cannot be changed");
        }
        if former.is_some_and(|former| kind != former.kind) {
            violations.add(place("/kind"), "immutable", "the kind of a stage cannot be changed");
        }
        let certain = match kind {
            StageKind::Open => None,
            StageKind::Won => Some(100),
            StageKind::Lost => Some(0),
        };
        if certain.is_some_and(|certain| self.probability.is_some_and(|given| given != certain)) {
            violations.add(place("/probability"), "out_of_range", "100 for a won stage, 0 for a lost one");
        }
        let kept = former.map(|former| former.probability);
        self.probability = self.probability.or(certain).or(kept).or(Some(0));
        (self.code, self.kind) = (code, Some(kind));
        if let Err(errors) = self.validate() {
            validation::collect(&errors, at, violations);
        }
        if let Some(fields) = &mut self.required_fields {
            fields.sort_unstable();
            fields.dedup();
        }
    }
}

/// The stage of validated input.
pub(super) fn made(stage: NewPipelineStage, id: impl Fn() -> PipelineStageId) -> PipelineStage {
    let NewPipelineStage { id: given, code, name, kind, probability, .. } = stage;
    let NewPipelineStage { rotten_days, required_fields, color, is_archived, .. } = stage;
    PipelineStage {
        id: given.unwrap_or_else(id),
        code: code.unwrap_or_default(),
        name: name.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
        probability: probability.unwrap_or_default(),
        rotten_days,
        required_fields: required_fields.unwrap_or_default(),
        color,
        is_archived: is_archived.unwrap_or_default(),
    }
}

/// The rows of a pipeline's stages, in their order.
fn rows(tx: &CompanyTx<'_>, pipeline: &Pipeline) -> Vec<stage_row::Model> {
    let row = |(position, stage): (usize, &PipelineStage)| {
        stage_row::of(tx.company.id, pipeline.id, stage, i64::try_from(position).unwrap_or(i64::MAX))
    };
    pipeline.stages.iter().enumerate().map(row).collect()
}

/// Adds the stages of a new pipeline.
pub(super) async fn add(tx: &mut CompanyTx<'_>, pipeline: &Pipeline) -> Result<()> {
    let rows = rows(tx, pipeline).into_iter().map(|row| row.into_active_model().reset_all());
    let insert = stage_row::Entity::insert_many(rows).into_query();
    tx.execute(&insert).await.map(drop)
}

/// Makes the rows of the stages `before` those `after`: what is gone first, so that its codes are free.
pub(super) async fn write(tx: &mut CompanyTx<'_>, before: &Pipeline, after: &Pipeline) -> Result<()> {
    let (former, rows) = (rows(tx, before), rows(tx, after));
    let company = tx.company.id.0;
    let mut statements = Vec::new();
    let gone = removed(before, after);
    if !gone.is_empty() {
        let delete = Query::delete()
            .from_table(TABLE)
            .and_where(Expr::col("company_id").eq(company))
            .and_where(any_of(Expr::col("id"), gone, tx.is_postgres()))
            .to_owned();
        statements.push(Deferred::Delete(delete));
    }
    let mut new = Vec::new();
    for row in rows {
        match former.iter().find(|former| former.id == row.id) {
            None => new.push(row.into_active_model().reset_all()),
            Some(former) if *former != row => statements.push(Deferred::Update(row.update())),
            Some(_) => {}
        }
    }
    if !new.is_empty() {
        statements.push(Deferred::Insert(stage_row::Entity::insert_many(new).into_query()));
    }
    tx.execute_all(statements).await
}

/// The stages that a change of their pipeline removes.
pub(super) fn removed(before: &Pipeline, after: &Pipeline) -> Vec<Uuid> {
    let stays = |stage: &&PipelineStage| after.stages.iter().any(|other| other.id == stage.id);
    before.stages.iter().filter(|stage| !stays(stage)).map(|stage| stage.id.0).collect()
}

/// Holds stages that may be removed, so that no deal enters them meanwhile.
pub(super) async fn lock(tx: &CompanyTx<'_>, ids: Vec<Uuid>) -> Result<()> {
    let most = ids.len() as u64;
    let rows = tx.find::<stage_row::Entity>().filter(any_of(Expr::col((TABLE, "id")), ids, tx.is_postgres()));
    let rows = rows.map(|select| select.order_by_asc(stage_row::Column::Id)).for_update();
    rows.fetch_up_to::<stage_row::Model>(most).await.map(drop)
}

/// The pipeline whose stages are looked through.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WhichPipeline {
    /// The default.
    Default,
    /// This one, unless it is archived.
    Active(PipelineId),
    /// Any that is not archived.
    AnyActive,
    /// This one, archived or not.
    Same(PipelineId),
}

impl WhichPipeline {
    fn condition(self, tx: &CompanyTx<'_>) -> Expr {
        let column = Expr::col((TABLE, "pipeline_id"));
        let of_pipelines = |which: Expr| -> SelectStatement {
            Query::select()
                .column("id")
                .from(row::TABLE)
                .and_where(Expr::col("company_id").eq(tx.company.id.0))
                .and_where(which)
                .to_owned()
        };
        let is_active = || Expr::col("is_archived").eq(false);
        match self {
            Self::Same(id) => column.eq(id.0),
            Self::Default => column.in_subquery(of_pipelines(Expr::col("default_key").is_not_null())),
            Self::Active(id) => column.in_subquery(of_pipelines(Expr::col("id").eq(id.0).and(is_active()))),
            Self::AnyActive => column.in_subquery(of_pipelines(is_active())),
        }
    }
}

/// A stage that a deal enters, or in which it moves. Who holds it decides alone on the places in it.
#[derive(Clone, Debug)]
pub(crate) struct LockedStage {
    pub id: PipelineStageId,
    pub pipeline_id: PipelineId,
    pub name: String,
    pub kind: StageKind,
    pub probability: i64,
    pub required_fields: Vec<RequiredField>,
}

impl TryFrom<stage_row::Model> for LockedStage {
    type Error = Error;

    fn try_from(row: stage_row::Model) -> Result<Self> {
        let stage_row::Model { id, pipeline_id, name, kind, probability, required_fields, .. } = row;
        let kind = kind.parse().map_err(Error::internal)?;
        let required_fields = stage_row::required_fields(required_fields)?;
        Ok(Self { id: id.into(), pipeline_id: pipeline_id.into(), name, kind, probability, required_fields })
    }
}

/// Holds a stage that takes deals; without one that is named, the first open stage.
pub(crate) async fn lock_stage(
    tx: &CompanyTx<'_>,
    pipeline: WhichPipeline,
    stage: Option<&StageRef>,
) -> Result<Option<LockedStage>> {
    let column = |name: &'static str| Expr::col((TABLE, name));
    let rows = tx.find::<stage_row::Entity>().filter(pipeline.condition(tx)).filter(column("is_archived").eq(false));
    let rows = match stage {
        Some(StageRef::Id(id)) => rows.by_id(*id),
        Some(StageRef::Code(code)) => rows.filter(column("code").eq(code.as_str())),
        None => rows.filter(column("kind").eq(StageKind::Open.as_str())),
    };
    let first = rows.map(|select| select.order_by_asc(stage_row::Column::Position)).for_no_key_update();
    first.one::<stage_row::Model>().await?.map(LockedStage::try_from).transpose()
}

impl LockedStage {
    /// Holds the stage that a deal is in, archived or not.
    pub(crate) async fn of(tx: &CompanyTx<'_>, id: PipelineStageId) -> Result<Option<Self>> {
        let rows = tx.find::<stage_row::Entity>().by_id(id).for_no_key_update();
        rows.one::<stage_row::Model>().await?.map(Self::try_from).transpose()
    }
}

/// Whether the company has this pipeline, and it is not archived.
pub(crate) async fn exists(tx: &CompanyTx<'_>, id: PipelineId) -> Result<bool> {
    let active = tx.find::<row::Entity>().by_id(id).filter(Expr::col((row::TABLE, "is_archived")).eq(false));
    Ok(active.count(Some(1)).await? > 0)
}
