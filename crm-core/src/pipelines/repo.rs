//! The operations on pipelines.

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::input::{NewPipeline, PipelinePatch};
use super::model::Pipeline;
use super::query::{PipelineQuery, order, sort_key};
use super::{row, stages, usual};
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::PipelineId;
use crate::deals;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, read_page};

/// How many pipelines a company has at most.
const MAX_PIPELINES: usize = 50;

/// The pipelines of the company. Obtained from [`CompanyScope::pipelines`].
#[derive(Debug)]
pub struct Pipelines<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The pipelines of the company.
    pub fn pipelines(&mut self) -> Pipelines<'_, 'c> {
        Pipelines(self)
    }
}

impl Pipelines<'_, '_> {
    /// Adds a pipeline.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::PipelineNameTaken`](crate::Conflict::PipelineNameTaken) if another one has the name;
    /// [`Conflict::TooManyJobSchedules`](crate::Conflict::TooManyJobSchedules) if there is no room for that of
    /// [`MarkRottenDeals`](crate::deals::MarkRottenDeals).
    #[tracing::instrument(name = "pipelines.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewPipeline) -> Result<Pipeline> {
        self.0.write(async |tx| create(tx, new).await).await
    }

    /// One pipeline.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub async fn get(&self, id: PipelineId) -> Result<Pipeline> {
        self.may_read().await?;
        let pipeline = self.0.find::<row::Entity>().select(row::columns(self.0.is_postgres())).by_id(id);
        pipeline.one().await?.ok_or_else(|| Error::not_found(Kind::Pipeline, id))
    }

    /// A page of pipelines with their stages. One statement, which counts as well. A company that has used none yet has
    /// none.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "pipelines.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &PipelineQuery, request: &PageRequest) -> Result<Page<Pipeline>> {
        self.may_read().await?;
        let find = || {
            let rows = self.0.find::<row::Entity>().select(row::columns(self.0.is_postgres()));
            match query.is_archived {
                Some(is_archived) => rows.filter(Expr::col((row::TABLE, "is_archived")).eq(is_archived)),
                None => rows,
            }
        };
        let key = |pipeline: &Pipeline| (sort_key(query.sort, pipeline), pipeline.id.0);
        read_page(find, &order(query.sort), &page::digest(&("pipelines", query))?, request, key).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Pipelines::create`]; [`Error::NotFound`]; [`Error::Stale`];
    /// [`Conflict::StageInUse`](crate::Conflict::StageInUse) if a stage with deals would be deleted;
    /// [`Conflict::DefaultPipeline`](crate::Conflict::DefaultPipeline) for a company that would have no default.
    #[tracing::instrument(name = "pipelines.update", skip_all, fields(company.id = %self.0.company_id(), pipeline.id = %id))]
    pub async fn update(&mut self, id: PipelineId, patch: PipelinePatch, expected: Option<i64>) -> Result<Pipeline> {
        self.0.write(async |tx| update(tx, id, patch, expected).await).await
    }

    /// Deletes a pipeline without deals for good.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`];
    /// [`Conflict::PipelineInUse`](crate::Conflict::PipelineInUse) if deals are in it;
    /// [`Conflict::DefaultPipeline`](crate::Conflict::DefaultPipeline) for the default of a company that has others.
    #[tracing::instrument(name = "pipelines.delete", skip_all, fields(company.id = %self.0.company_id(), pipeline.id = %id))]
    pub async fn delete(&mut self, id: PipelineId, expected: Option<i64>) -> Result<()> {
        self.0.write(async |tx| delete(tx, id, expected).await).await
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Pipelines, Action::Read).await.map(drop)
    }
}

/// All pipelines, held in one order: they are few, and one write may change two.
async fn locked_all(tx: &CompanyTx<'_>) -> Result<Vec<Pipeline>> {
    let rows = tx.find::<row::Entity>().select(row::columns(tx.is_postgres()));
    rows.map(|select| select.order_by_asc(row::Column::Id)).for_update().fetch_up_to(MAX_PIPELINES as u64).await
}

async fn create(tx: &mut CompanyTx<'_>, new: NewPipeline) -> Result<Pipeline> {
    tx.authorize(Resource::Pipelines, Action::Create, None, None)?;
    let stages = new.stages.or_else(|| Some(usual::usual_stages()));
    let mut new = NewPipeline { stages, ..new }.validated(None)?;
    let all = locked_all(tx).await?;
    if all.len() >= MAX_PIPELINES {
        return Err(Conflict::TooManyPipelines.into());
    }
    if all.is_empty() {
        new = NewPipeline { is_default: Some(true), ..new }.validated(None)?;
    }
    let mut pipeline = blank(tx);
    new.write(&mut pipeline, || tx.id().into());
    if pipeline.is_default {
        take_over(tx, &all, pipeline.id).await?;
    }
    tx.insert(&pipeline).await?;
    stages::add(tx, &pipeline).await?;
    watch(tx, None, &pipeline).await?;
    Ok(pipeline)
}

async fn update(
    tx: &mut CompanyTx<'_>,
    id: PipelineId,
    patch: PipelinePatch,
    expected: Option<i64>,
) -> Result<Pipeline> {
    tx.authorize(Resource::Pipelines, Action::Update, None, Some(id.0))?;
    let all = locked_all(tx).await?;
    let before = one_of(&all, id)?;
    CompanyTx::expect_version(before, expected)?;
    let mut after = before.clone();
    patch.apply(before).validated(Some(before))?.write(&mut after, || tx.id().into());
    if before.is_default && !after.is_default {
        return Err(Conflict::DefaultPipeline.into());
    }
    if !before.is_default && after.is_default {
        take_over(tx, &all, id).await?;
    }
    let removed = stages::removed(before, &after);
    if !removed.is_empty() && is_in_use(tx, removed).await? {
        return Err(Conflict::StageInUse.into());
    }
    if !tx.update(before, &mut after, Change::Updated).await? {
        return Ok(after);
    }
    stages::write(tx, before, &after).await?;
    watch(tx, Some(before), &after).await?;
    Ok(after)
}

async fn delete(tx: &mut CompanyTx<'_>, id: PipelineId, expected: Option<i64>) -> Result<()> {
    tx.authorize(Resource::Pipelines, Action::Delete, None, Some(id.0))?;
    let all = locked_all(tx).await?;
    let pipeline = one_of(&all, id)?;
    CompanyTx::expect_version(pipeline, expected)?;
    if pipeline.is_default && all.len() > 1 {
        return Err(Conflict::DefaultPipeline.into());
    }
    let stages = pipeline.stages.iter().map(|stage| stage.id.0).collect();
    if is_in_use(tx, stages).await? {
        return Err(Conflict::PipelineInUse.into());
    }
    tx.delete(pipeline);
    Ok(())
}

fn one_of(all: &[Pipeline], id: PipelineId) -> Result<&Pipeline> {
    all.iter().find(|pipeline| pipeline.id == id).ok_or_else(|| Error::not_found(Kind::Pipeline, id))
}

/// Takes the place of the default from the pipeline that has it.
async fn take_over(tx: &mut CompanyTx<'_>, all: &[Pipeline], by: PipelineId) -> Result<()> {
    for former in all.iter().filter(|pipeline| pipeline.is_default && pipeline.id != by) {
        let mut after = former.clone();
        after.is_default = false;
        tx.update(former, &mut after, Change::Updated).await?;
    }
    Ok(())
}

/// Sees to it that deals are told of which are too long in a stage, as soon as a pipeline says how long that is.
async fn watch(tx: &mut CompanyTx<'_>, before: Option<&Pipeline>, after: &Pipeline) -> Result<()> {
    if after.can_rot() && !before.is_some_and(Pipeline::can_rot) {
        deals::schedule_marking(tx).await?;
    }
    Ok(())
}

/// Whether deals are in one of these stages, which are held until the end.
async fn is_in_use(tx: &mut CompanyTx<'_>, stages: Vec<Uuid>) -> Result<bool> {
    stages::lock(tx, stages.clone()).await?;
    deals::are_in(tx, stages).await
}

/// A pipeline with nothing in it but an id.
pub(super) fn blank(tx: &CompanyTx<'_>) -> Pipeline {
    let by = ActorRef::from(tx.actor());
    let mut pipeline = Pipeline {
        id: tx.id().into(),
        version: 1,
        name: String::new(),
        description: None,
        is_default: false,
        position: 0,
        is_archived: false,
        rotten_days: None,
        stages: Vec::new(),
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    };
    tx.stamp_new(&mut pipeline);
    pipeline
}
