//! The pipelines of the company, and the stages that a deal can be moved to.

use crm_core::ids::PipelineId;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::pipelines::{Pipeline, PipelineQuery, PipelineStage, StageKind};
use crm_core::{CompanyScope, Error};

/// The pipelines in their order, with their stages.
pub(crate) struct Pipelines(pub Vec<Pipeline>);

/// The stages of a pipeline, or the statuses of leads, to choose one.
pub(crate) struct Group {
    /// The name of the pipeline, where there are others.
    pub label: Option<String>,
    pub stages: Vec<Stage>,
}

/// A stage that can be chosen.
pub(crate) struct Stage {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
    /// Whether what is in it was lost, so that it needs a reason.
    pub is_lost: bool,
}

impl Pipelines {
    /// Reads them, archived ones as well; none for those who may not.
    ///
    /// # Errors
    /// Those of the list of pipelines.
    pub(crate) async fn read(scope: &mut CompanyScope<'_>) -> Result<Self, Error> {
        // A company has no more than come at once.
        let request = PageRequest::default().limit(MAX_PAGE);
        match scope.pipelines().list(&PipelineQuery::default(), &request).await {
            Err(Error::Forbidden { .. }) => Ok(Self(Vec::new())),
            page => Ok(Self(page?.data)),
        }
    }

    pub(super) fn named(&self, id: PipelineId) -> Option<&Pipeline> {
        self.0.iter().find(|pipeline| pipeline.id == id)
    }

    /// The stage with this id, and its pipeline.
    pub(super) fn stage(&self, id: &str) -> Option<(&Pipeline, &PipelineStage)> {
        let mut stages = self.0.iter().flat_map(|pipeline| pipeline.stages.iter().map(move |stage| (pipeline, stage)));
        stages.find(|(_, stage)| stage.id.to_string() == id)
    }

    /// The stage in which a deal begins if nothing else is said.
    pub(super) fn first(&self) -> Option<&PipelineStage> {
        let default = self.0.iter().find(|pipeline| pipeline.is_default)?;
        default.stages.iter().find(|stage| stage.kind == StageKind::Open && !stage.is_archived)
    }

    /// The stages that take deals, and the one that is chosen.
    pub(super) fn choices(&self, chosen: &str) -> Vec<Group> {
        let is_offered = |pipeline: &Pipeline, stage: &PipelineStage| {
            (!pipeline.is_archived && !stage.is_archived) || stage.id.to_string() == chosen
        };
        let choice = |stage: &PipelineStage| Stage {
            value: stage.id.to_string(),
            label: stage.name.clone(),
            is_chosen: stage.id.to_string() == chosen,
            is_lost: stage.kind == StageKind::Lost,
        };
        let group = |pipeline: &Pipeline| Group {
            label: Some(pipeline.name.clone()),
            stages: pipeline.stages.iter().filter(|stage| is_offered(pipeline, stage)).map(choice).collect(),
        };
        let mut groups: Vec<Group> = self.0.iter().map(group).filter(|group| !group.stages.is_empty()).collect();
        if let [only] = groups.as_mut_slice() {
            only.label = None;
        }
        groups
    }
}
