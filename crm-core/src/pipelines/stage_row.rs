//! A row of `crm_pipeline_stages`.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use serde_json::json;

use super::model::{PipelineStage, RequiredField};
use crate::base::error::{Error, Result};
use crate::base::ids::{CompanyId, PipelineId};

pub(crate) const TABLE: &str = "crm_pipeline_stages";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_pipeline_stages")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub pipeline_id: Uuid,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub probability: i64,
    pub position: i64,
    pub rotten_days: Option<i64>,
    pub color: Option<String>,
    pub is_archived: bool,
    pub required_fields: Option<Json>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The row of a stage at this place of its pipeline.
pub(super) fn of(company: CompanyId, pipeline: PipelineId, stage: &PipelineStage, position: i64) -> Model {
    let stage = stage.clone();
    Model {
        company_id: company.0,
        id: stage.id.0,
        pipeline_id: pipeline.0,
        code: stage.code,
        name: stage.name,
        kind: stage.kind.to_string(),
        probability: stage.probability,
        position,
        rotten_days: stage.rotten_days,
        color: stage.color,
        is_archived: stage.is_archived,
        required_fields: (!stage.required_fields.is_empty()).then(|| json!(stage.required_fields)),
    }
}

/// The fields that are stored for a stage.
pub(crate) fn required_fields(stored: Option<Json>) -> Result<Vec<RequiredField>> {
    stored.map_or(Ok(Vec::new()), |names| serde_json::from_value(names).map_err(Error::internal))
}

impl Model {
    /// Writes what can change of a stage.
    pub(super) fn update(self) -> UpdateStatement {
        let Self { company_id, id, name, probability, position, rotten_days, .. } = self;
        let (color, is_archived, required_fields) = (self.color, self.is_archived, self.required_fields);
        Query::update()
            .table(TABLE)
            .value("name", name)
            .value("probability", probability)
            .value("position", position)
            .value("rotten_days", rotten_days)
            .value("color", color)
            .value("is_archived", is_archived)
            .value("required_fields", required_fields)
            .and_where(Expr::col("company_id").eq(company_id))
            .and_where(Expr::col("id").eq(id))
            .to_owned()
    }
}
