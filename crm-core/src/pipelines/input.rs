//! The input for pipelines.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{Pipeline, PipelineStage, RequiredField, StageKind};
use super::stages;
use crate::base::error::Violations;
use crate::base::ids::PipelineStageId;
use crate::base::patch::{Patch, patch};
use crate::base::text::{self, fold};
use crate::base::validation;
use crate::tags::is_color;

/// A stage of a pipeline. An absent or `null` field has no value, unless the field describes a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPipelineStage {
    /// The id of a stage that the pipeline has; absent for a new one.
    pub id: Option<PipelineStageId>,
    /// The stable code, unique in the pipeline: lower case with underscores. If absent, a new stage has one that is
    /// made of its name. It cannot be changed later.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "proposal", max_length = 64))]
    pub code: Option<String>,
    /// The name.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "Proposal", max_length = 64))]
    pub name: Option<String>,
    /// What it says of the deals in it; `open` if absent. It cannot be changed later.
    pub kind: Option<StageKind>,
    /// How likely its deals are won, in percent: 100 where they were won, 0 where they were lost. If absent, a stage
    /// keeps it, and a new open stage has 0.
    #[validate(range(min = 0, max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = 50, minimum = 0, maximum = 100))]
    pub probability: Option<i64>,
    /// After how many days in the stage a deal has been there too long; those of the pipeline if absent. Deals that are
    /// closed are never too long in a stage.
    #[validate(range(min = 1, max = 3650))]
    #[cfg_attr(feature = "openapi", schema(example = 30, minimum = 1, maximum = 3650))]
    pub rotten_days: Option<i64>,
    /// What a deal needs when it is added to the stage or moved to it; nothing if absent.
    #[validate(length(max = 20))]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub required_fields: Option<Vec<RequiredField>>,
    /// The colour, as `#rrggbb`.
    #[validate(custom(function = is_color))]
    #[cfg_attr(feature = "openapi", schema(example = "#1f77b4"))]
    pub color: Option<String>,
    /// Whether it takes no more deals; false if absent.
    pub is_archived: Option<bool>,
}

impl NewPipelineStage {
    /// A stage of this kind with this name.
    pub fn of(kind: StageKind, name: impl Into<String>) -> Self {
        Self { kind: Some(kind), name: Some(name.into()), ..Self::default() }
    }

    /// An open stage with this name, whose deals are won with this probability.
    pub fn open(name: impl Into<String>, probability: i64) -> Self {
        Self { probability: Some(probability), ..Self::of(StageKind::Open, name) }
    }
}

impl From<&PipelineStage> for NewPipelineStage {
    /// The input that leaves this stage as it is.
    fn from(stage: &PipelineStage) -> Self {
        let stage = stage.clone();
        Self {
            id: Some(stage.id),
            code: Some(stage.code),
            name: Some(stage.name),
            kind: Some(stage.kind),
            probability: Some(stage.probability),
            rotten_days: stage.rotten_days,
            required_fields: Some(stage.required_fields),
            color: stage.color,
            is_archived: Some(stage.is_archived),
        }
    }
}

/// A pipeline to add. An absent or `null` field has no value, unless the field describes a default.
///
/// ```
/// use crm_core::pipelines::{NewPipeline, NewPipelineStage, StageKind};
///
/// let stages = vec![
///     NewPipelineStage::open("Due", 80),
///     NewPipelineStage::of(StageKind::Won, "Renewed"),
///     NewPipelineStage::of(StageKind::Lost, "Ended"),
/// ];
/// let renewals = NewPipeline { stages: Some(stages), ..NewPipeline::named("Renewals") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPipeline {
    /// The name; unique in the company without case and accents.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = "Renewals", max_length = 100))]
    pub name: Option<String>,
    /// What the pipeline is for.
    #[validate(length(max = 1000))]
    #[cfg_attr(feature = "openapi", schema(example = "Contracts that end this year", max_length = 1000))]
    pub description: Option<String>,
    /// Whether new deals begin here, and no longer in the default so far; false if absent. The first pipeline of a
    /// company is the default.
    pub is_default: Option<bool>,
    /// The place among the other pipelines, from 0; 0 if absent.
    #[validate(range(min = 0, max = 1_000_000))]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub position: Option<i64>,
    /// Whether it takes no more deals; false if absent. The default cannot be archived.
    pub is_archived: Option<bool>,
    /// After how many days in an open stage a deal has been there too long, unless the stage has days of its own.
    #[validate(range(min = 1, max = 3650))]
    #[cfg_attr(feature = "openapi", schema(example = 60, minimum = 1, maximum = 3650))]
    pub rotten_days: Option<i64>,
    /// The stages in their order, at most 50; one of them is open. If absent, a new pipeline has the usual ones.
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub stages: Option<Vec<NewPipelineStage>>,
}

impl NewPipeline {
    /// The read-only fields of a [`Pipeline`].
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// A pipeline with the usual stages.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Trims all texts, applies defaults, and checks every rule, also against the pipeline as it was.
    pub(super) fn validated(mut self, before: Option<&Pipeline>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.name, "/name", text::line, &mut violations);
        validation::normalise(&mut self.description, "/description", text::line, &mut violations);
        if violations.0.is_empty() && self.name.as_deref().is_none_or(|name| fold(name).is_empty()) {
            violations.add("/name", "required", "a pipeline needs a name");
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        if self.is_default == Some(true) && self.is_archived == Some(true) {
            violations.add("/isArchived", "unexpected", "the default pipeline cannot be archived");
        }
        if let Some(stages) = &mut self.stages {
            stages::settle(stages, before.map(|pipeline| pipeline.stages.as_slice()), &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    /// Writes validated input into a pipeline. The caller gives new stages their ids.
    pub(super) fn write(self, pipeline: &mut Pipeline, id: impl Fn() -> PipelineStageId) {
        let Self { name, description, is_default, position, is_archived, rotten_days, stages } = self;
        pipeline.name = name.unwrap_or_default();
        pipeline.description = description;
        pipeline.is_default = is_default.unwrap_or_default();
        pipeline.position = position.unwrap_or_default();
        pipeline.is_archived = is_archived.unwrap_or_default();
        pipeline.rotten_days = rotten_days;
        if let Some(stages) = stages {
            pipeline.stages = stages.into_iter().map(|stage| stages::made(stage, &id)).collect();
        }
    }
}

patch! {
    /// A change of a pipeline (RFC 7396): absent fields stay unchanged, `null` clears a field.
    PipelinePatch {
        /// The name.
        name: String [max_length = 100],
        /// What the pipeline is for.
        description: String [max_length = 1000],
        /// True to make it the default, instead of the one so far.
        is_default: bool,
        /// The place among the other pipelines, from 0.
        position: i64 [minimum = 0, maximum = 1_000_000],
        /// Whether it takes no more deals.
        is_archived: bool,
        /// After how many days in an open stage a deal has been there too long, unless the stage has days of its own.
        rotten_days: i64 [minimum = 1, maximum = 3650],
        /// All stages in their order: those with an `id` stay, those without are new, and the others are deleted, which
        /// takes that no deal is in them. `null` changes nothing.
        stages: Vec<NewPipelineStage> [max_items = 50],
    }
}

impl PipelinePatch {
    /// The pipeline after the change.
    pub(super) fn apply(self, pipeline: &Pipeline) -> NewPipeline {
        let Self { name, description, is_default, position, is_archived, rotten_days, stages } = self;
        let mut draft = NewPipeline {
            name: Some(pipeline.name.clone()),
            description: pipeline.description.clone(),
            is_default: Some(pipeline.is_default),
            position: Some(pipeline.position),
            is_archived: Some(pipeline.is_archived),
            rotten_days: pipeline.rotten_days,
            stages: None,
        };
        name.apply(&mut draft.name);
        description.apply(&mut draft.description);
        is_default.apply(&mut draft.is_default);
        position.apply(&mut draft.position);
        is_archived.apply(&mut draft.is_archived);
        rotten_days.apply(&mut draft.rotten_days);
        if let Patch::Set(stages) = stages {
            draft.stages = Some(stages);
        }
        draft
    }
}
