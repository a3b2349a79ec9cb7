//! The pipeline of a report, with its stages.

use uuid::Uuid;

use super::Stats;
use super::overall::name;
use super::visibility::Visibility;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{PipelineId, PipelineStageId};
use crate::pipelines::StageKind;

/// A pipeline with its stages in their order.
#[derive(Debug)]
pub(super) struct ReportedPipeline {
    pub id: PipelineId,
    pub name: String,
    pub stages: Vec<ReportedStage>,
}

#[derive(Debug)]
pub(super) struct ReportedStage {
    pub id: PipelineStageId,
    pub code: String,
    pub name: String,
    pub kind: StageKind,
}

impl Stats<'_, '_> {
    /// A pipeline, or the default; none if the company has no pipelines yet.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a pipeline that the company does not have.
    pub(super) async fn reported_pipeline(&self, id: Option<PipelineId>) -> Result<Option<ReportedPipeline>> {
        let mut parameters = Visibility::parameters(self.0);
        let which = match id {
            Some(id) => format!("p.id = {}", parameters.add(id.0)),
            None => "p.default_key IS NOT NULL".to_owned(),
        };
        let sql = format!(
            "SELECT p.id AS pipeline_id, p.name AS pipeline_name, s.id, s.code, s.name, s.kind FROM crm_pipelines AS p \
             JOIN crm_pipeline_stages AS s ON s.company_id = $1 AND s.pipeline_id = p.id \
             WHERE p.company_id = $1 AND {which} ORDER BY s.position"
        );
        let rows = parameters.rows(self.0, &sql).await?;
        let Some(first) = rows.first() else {
            return id.map_or(Ok(None), |id| Err(Error::not_found(Kind::Pipeline, id)));
        };
        let (pipeline, pipeline_name): (Uuid, String) =
            (first.try_get("", "pipeline_id")?, first.try_get("", "pipeline_name")?);
        let mut stages = Vec::new();
        for row in &rows {
            let id: Uuid = row.try_get("", "id")?;
            let (code, name_of_stage) = (row.try_get("", "code")?, row.try_get("", "name")?);
            stages.push(ReportedStage { id: id.into(), code, name: name_of_stage, kind: name(row, "kind")? });
        }
        Ok(Some(ReportedPipeline { id: pipeline.into(), name: pipeline_name, stages }))
    }
}
