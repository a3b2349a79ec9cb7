//! Moving deals: to other stages, and among the deals of a stage.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::closed;
use super::model::Deal;
use super::place::{self, Place};
use super::repo::locked;
use super::stage_history;
use super::validate;
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::{DealId, PipelineId, PipelineStageId};
use crate::base::text;
use crate::base::validation;
use crate::notifications::{self, Notice, NotificationKind, NotifiedRecord};
use crate::pipelines::{self, LockedStage, StageRef, WhichPipeline};
use crate::scope::CompanyTx;
use crate::scope::actor::{Action, Resource};

/// Where a deal is moved. An absent or `null` field has no value, unless the field describes a default.
///
/// ```
/// use crm_core::deals::DealMove;
///
/// let lost = DealMove { lost_reason: Some("price".into()), ..DealMove::to("closed_lost") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DealMove {
    /// The pipeline; that of the deal if absent.
    pub pipeline_id: Option<PipelineId>,
    /// The stage, by its id or its code. If absent, the deal stays in its stage, or begins in the first open one of
    /// another pipeline.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "negotiation"))]
    pub stage: Option<StageRef>,
    /// Another deal of the stage, right after which it is put.
    pub after_id: Option<DealId>,
    /// Another deal of the stage, right before which it is put, unless `afterId` says where. Without both, a deal is
    /// put on top of another stage, and stays where it is in its own.
    pub before_id: Option<DealId>,
    /// Why it was lost; required when it enters a lost stage without having a reason.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "price", max_length = 64))]
    pub lost_reason: Option<String>,
    /// What is to be said of the loss.
    #[validate(length(max = 2_000))]
    #[cfg_attr(feature = "openapi", schema(max_length = 2_000))]
    pub lost_notes: Option<String>,
    /// Who else wanted to sell. If absent, it stays unchanged.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Smith & Sons", max_length = 250))]
    pub competitor: Option<String>,
}

impl DealMove {
    /// To the top of this stage of the deal's pipeline.
    pub fn to(stage: impl Into<StageRef>) -> Self {
        Self { stage: Some(stage.into()), ..Self::default() }
    }

    /// Right after another deal of the stage.
    #[must_use]
    pub fn after(self, deal: DealId) -> Self {
        Self { after_id: Some(deal), ..self }
    }

    /// Right before another deal of the stage.
    #[must_use]
    pub fn before(self, deal: DealId) -> Self {
        Self { before_id: Some(deal), ..self }
    }

    /// Trims all texts, clears empty ones, and checks the rules that do not depend on the stage.
    fn validated(mut self) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.lost_reason, "/lostReason", validate::word, &mut violations);
        validation::normalise(&mut self.lost_notes, "/lostNotes", text::block, &mut violations);
        validation::normalise(&mut self.competitor, "/competitor", text::line, &mut violations);
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    fn place(&self) -> Option<Place> {
        self.after_id.map(Place::After).or(self.before_id.map(Place::Before))
    }

    /// Whether the deal stays in its stage whatever that is.
    fn stays(&self, deal: &Deal) -> bool {
        self.stage.is_none() && self.pipeline_id.is_none_or(|pipeline| pipeline == deal.pipeline_id)
    }
}

/// The stage in which a new deal begins, held.
///
/// # Errors
/// [`Error::Invalid`] for a pipeline or a stage that the company does not have, or that takes no more deals.
pub(super) async fn first_stage(
    tx: &mut CompanyTx<'_>,
    pipeline: Option<PipelineId>,
    stage: Option<PipelineStageId>,
) -> Result<LockedStage> {
    let stage = stage.map(StageRef::Id);
    let which = match (pipeline, &stage) {
        (Some(id), _) => WhichPipeline::Active(id),
        (None, Some(_)) => WhichPipeline::AnyActive,
        (None, None) => WhichPipeline::Default,
    };
    if let Some(found) = pipelines::lock_stage(tx, which, stage.as_ref()).await? {
        return Ok(found);
    }
    if matches!(which, WhichPipeline::Default) {
        pipelines::ensure_default(tx).await?;
        let found = pipelines::lock_stage(tx, which, None).await?;
        return found.ok_or_else(|| Error::internal("a pipeline has an open stage"));
    }
    Err(unknown(tx, pipeline, "/stageId").await?.into())
}

/// Why no stage was found.
async fn unknown(tx: &CompanyTx<'_>, pipeline: Option<PipelineId>, stage: &str) -> Result<Violations> {
    if let Some(id) = pipeline
        && !pipelines::exists(tx, id).await?
    {
        let detail = "the company has no such pipeline that takes deals";
        return Ok(Violations::one("/pipelineId", "pipeline_unknown", detail));
    }
    Ok(Violations::one(stage, "stage_unknown", "the pipeline has no such stage that takes deals"))
}

/// The stage of a move, held.
async fn target(tx: &CompanyTx<'_>, deal: &Deal, to: &DealMove) -> Result<LockedStage> {
    if to.stays(deal) {
        let found = LockedStage::of(tx, deal.stage_id).await?;
        return found.ok_or_else(|| Error::internal("a deal has a stage"));
    }
    let other = to.pipeline_id.filter(|pipeline| *pipeline != deal.pipeline_id);
    let which = other.map_or(WhichPipeline::Same(deal.pipeline_id), WhichPipeline::Active);
    match pipelines::lock_stage(tx, which, to.stage.as_ref()).await? {
        Some(stage) => Ok(stage),
        None => Err(unknown(tx, other, "/stage").await?.into()),
    }
}

pub(super) async fn move_to(tx: &mut CompanyTx<'_>, id: DealId, to: DealMove, expected: Option<i64>) -> Result<Deal> {
    tx.authorize_any(Resource::Deals, Action::Update, id.0)?;
    let before = locked(tx, id).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let to = to.validated()?;
    let stage = target(tx, &before, &to).await?;
    let mut after = before.clone();
    let is_new = stage.id != before.stage_id;
    if is_new {
        after.enter(&stage, tx.after(&before));
    }
    if let Some(place) = to.place().or(is_new.then_some(Place::Top)) {
        let own = (!is_new).then_some(before.position.as_str());
        after.position = place::find(tx, stage.id, place, id, own).await?;
    }
    after.lost_reason = to.lost_reason.or(after.lost_reason);
    after.lost_notes = to.lost_notes.or(after.lost_notes);
    after.competitor = to.competitor.or(after.competitor);
    if is_new {
        after.check_entry(Some(&before), &stage, &tx.company.settings)?;
    } else {
        after.check_loss(Some(&before), &tx.company.settings)?;
    }
    after.settle();
    after.settle_base(Some(&before), &tx.company);
    let change = closed::change(Some(&before), &after);
    if !tx.update(&before, &mut after, change).await? {
        return Ok(before);
    }
    if is_new {
        stage_history::record(tx, Some(&before), &after);
        closed::tell(tx, Some(&before), &after).await?;
        let moved = Notice::new(NotificationKind::StageChanged, NotifiedRecord::Deal, id);
        notifications::tell(tx, moved, after.owner_id)?;
    }
    Ok(after)
}
