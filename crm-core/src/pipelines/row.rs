//! A row of `crm_pipelines`, and how a pipeline is read with its stages.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::input::NewPipeline;
use super::model::Pipeline;
use crate::base::error::{Error, Kind, Result};
use crate::base::text::fold;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(crate) const TABLE: &str = "crm_pipelines";

/// What the default has in the column that no two pipelines share.
const DEFAULT: &str = "default";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_pipelines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub name: String,
    pub name_key: String,
    pub description: Option<String>,
    pub default_key: Option<String>,
    pub position: i64,
    pub is_archived: bool,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
    pub rotten_days: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const STAGES_POSTGRES: &str = "(SELECT json_agg(json_build_object('id', stages.id, 'code', stages.code, \
     'name', stages.name, 'kind', stages.kind, 'probability', stages.probability, 'rottenDays', stages.rotten_days, \
     'requiredFields', COALESCE(stages.required_fields, '[]'::jsonb), 'color', stages.color, \
     'isArchived', stages.is_archived) ORDER BY stages.position)::text \
     FROM crm_pipeline_stages AS stages \
     WHERE stages.company_id = $company AND stages.pipeline_id = crm_pipelines.id)";

// SQLite has no booleans of its own; in JSON they are to be some.
const STAGES_SQLITE: &str = "(SELECT json_group_array(json_object('id', hex(stages.id), 'code', stages.code, \
     'name', stages.name, 'kind', stages.kind, 'probability', stages.probability, 'rottenDays', stages.rotten_days, \
     'requiredFields', json(COALESCE(stages.required_fields, '[]')), 'color', stages.color, \
     'isArchived', json(iif(stages.is_archived, 'true', 'false'))) ORDER BY stages.position) \
     FROM crm_pipeline_stages AS stages \
     WHERE stages.company_id = $company AND stages.pipeline_id = crm_pipelines.id)";

/// What is read of a pipeline, with its stages: a list is one statement.
pub(super) fn columns(postgres: bool) -> &'static SelectList {
    static POSTGRES: LazyLock<SelectList> = LazyLock::new(|| list_of(STAGES_POSTGRES));
    static SQLITE: LazyLock<SelectList> = LazyLock::new(|| list_of(STAGES_SQLITE));
    if postgres { &POSTGRES } else { &SQLITE }
}

fn list_of(stages: &str) -> SelectList {
    SelectList::new::<Entity>(&[Column::CompanyId, Column::NameKey], &[("stages", stages)])
}

impl FromRow for Pipeline {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut pipeline = Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            name: row.take("name")?,
            description: row.take("description")?,
            is_default: row.take::<Option<String>>("default_key")?.is_some(),
            position: row.take("position")?,
            is_archived: row.take("is_archived")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            rotten_days: row.take("rotten_days")?,
            stages: Vec::new(),
        };
        if let Some(stages) = row.take::<Option<String>>("stages")? {
            pipeline.stages = serde_json::from_str(&stages).map_err(Error::internal)?;
        }
        Ok(pipeline)
    }
}

crate::scope::envelope!(Pipeline);

impl Record for Pipeline {
    type Entity = Entity;
    const KIND: Kind = Kind::Pipeline;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewPipeline::READ_ONLY;

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let pipeline = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(pipeline.id.0),
            version: Set(pipeline.version),
            created_at: Set(pipeline.created_at),
            updated_at: Set(pipeline.updated_at),
            name_key: Set(fold(&pipeline.name)),
            name: Set(pipeline.name),
            description: Set(pipeline.description),
            default_key: Set(pipeline.is_default.then(|| DEFAULT.to_owned())),
            position: Set(pipeline.position),
            is_archived: Set(pipeline.is_archived),
            created_by_kind: Set(pipeline.created_by.kind.to_string()),
            created_by_id: Set(pipeline.created_by.id.map(Into::into)),
            updated_by_kind: Set(pipeline.updated_by.kind.to_string()),
            updated_by_id: Set(pipeline.updated_by.id.map(Into::into)),
            rotten_days: Set(pipeline.rotten_days),
        })
    }
}
