//! A row of `crm_custom_fields`.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json as SqlxJson;

use super::input::{NewCustomField, plain};
use super::model::CustomField;
use crate::base::error::{Error, Kind, Result};
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_custom_fields";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_custom_fields")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub entity: String,
    pub key: String,
    pub label: String,
    pub description: Option<String>,
    pub field_type: String,
    pub options: Json,
    pub is_required: bool,
    pub default_value: Option<Json>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub pattern: Option<String>,
    pub is_searchable: bool,
    pub is_unique: bool,
    pub is_indexed: bool,
    pub index_job_id: Option<Uuid>,
    pub is_personal_data: bool,
    pub position: i64,
    pub group_name: Option<String>,
    pub is_archived: bool,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) fn column(name: &'static str) -> Expr {
    Expr::col((TABLE, name))
}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId], &[]));

impl FromRow for CustomField {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            entity: row.take("entity")?,
            key: row.take("key")?,
            label: row.take("label")?,
            description: row.take("description")?,
            field_type: row.take("field_type")?,
            options: row.take::<SqlxJson<_>>("options")?.0,
            is_required: row.take("is_required")?,
            default: row.take("default_value")?,
            minimum: row.take::<Option<f64>>("minimum")?.and_then(plain),
            maximum: row.take::<Option<f64>>("maximum")?.and_then(plain),
            pattern: row.take("pattern")?,
            is_searchable: row.take("is_searchable")?,
            is_unique: row.take("is_unique")?,
            is_indexed: row.take("is_indexed")?,
            index_job_id: row.take("index_job_id")?,
            is_personal_data: row.take("is_personal_data")?,
            position: row.take("position")?,
            group: row.take("group_name")?,
            is_archived: row.take("is_archived")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
        })
    }
}

crate::scope::envelope!(CustomField);

impl Record for CustomField {
    type Entity = Entity;
    const KIND: Kind = Kind::CustomField;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewCustomField::READ_ONLY;

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let field = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(field.id.0),
            version: Set(field.version),
            created_at: Set(field.created_at),
            updated_at: Set(field.updated_at),
            entity: Set(field.entity.to_string()),
            key: Set(field.key),
            label: Set(field.label),
            description: Set(field.description),
            field_type: Set(field.field_type.to_string()),
            options: Set(serde_json::to_value(field.options).map_err(Error::internal)?),
            is_required: Set(field.is_required),
            default_value: Set(field.default),
            minimum: Set(field.minimum.and_then(|bound| bound.as_f64())),
            maximum: Set(field.maximum.and_then(|bound| bound.as_f64())),
            pattern: Set(field.pattern),
            is_searchable: Set(field.is_searchable),
            is_unique: Set(field.is_unique),
            is_indexed: Set(field.is_indexed),
            index_job_id: Set(field.index_job_id.map(Into::into)),
            is_personal_data: Set(field.is_personal_data),
            position: Set(field.position),
            group_name: Set(field.group),
            is_archived: Set(field.is_archived),
            created_by_kind: Set(field.created_by.kind.to_string()),
            created_by_id: Set(field.created_by.id.map(Into::into)),
            updated_by_kind: Set(field.updated_by.kind.to_string()),
            updated_by_id: Set(field.updated_by.id.map(Into::into)),
        })
    }
}
