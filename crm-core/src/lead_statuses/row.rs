//! A row of `crm_lead_statuses`.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::input::NewLeadStatus;
use super::model::LeadStatus;
use crate::base::error::{Kind, Result};
use crate::base::text::fold;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(crate) const TABLE: &str = "crm_lead_statuses";

/// What the default has in the column that no two statuses share.
const DEFAULT: &str = "default";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_lead_statuses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub code: String,
    pub name: String,
    pub name_key: String,
    pub description: Option<String>,
    pub r#type: String,
    pub default_key: Option<String>,
    pub requires_reason: bool,
    pub position: i64,
    pub color: Option<String>,
    pub is_archived: bool,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is read of a status.
pub(super) fn columns() -> &'static SelectList {
    static COLUMNS: LazyLock<SelectList> =
        LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::NameKey], &[]));
    &COLUMNS
}

impl FromRow for LeadStatus {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            code: row.take("code")?,
            name: row.take("name")?,
            description: row.take("description")?,
            status_type: row.take("type")?,
            is_default: row.take::<Option<String>>("default_key")?.is_some(),
            requires_reason: row.take("requires_reason")?,
            position: row.take("position")?,
            color: row.take("color")?,
            is_archived: row.take("is_archived")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
        })
    }
}

crate::scope::envelope!(LeadStatus);

impl Record for LeadStatus {
    type Entity = Entity;
    const KIND: Kind = Kind::LeadStatus;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewLeadStatus::READ_ONLY;

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let status = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(status.id.0),
            version: Set(status.version),
            created_at: Set(status.created_at),
            updated_at: Set(status.updated_at),
            code: Set(status.code),
            name_key: Set(fold(&status.name)),
            name: Set(status.name),
            description: Set(status.description),
            r#type: Set(status.status_type.to_string()),
            default_key: Set(status.is_default.then(|| DEFAULT.to_owned())),
            requires_reason: Set(status.requires_reason),
            position: Set(status.position),
            color: Set(status.color),
            is_archived: Set(status.is_archived),
            created_by_kind: Set(status.created_by.kind.to_string()),
            created_by_id: Set(status.created_by.id.map(Into::into)),
            updated_by_kind: Set(status.updated_by.kind.to_string()),
            updated_by_id: Set(status.updated_by.id.map(Into::into)),
        })
    }
}
