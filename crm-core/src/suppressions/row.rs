//! A row of `crm_suppressions`.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::input::NewSuppression;
use super::model::Suppression;
use crate::base::error::{Kind, Result};
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_suppressions";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_suppressions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub kind: String,
    pub value: String,
    pub reason: String,
    pub source: String,
    pub note: Option<String>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId], &[]));

impl FromRow for Suppression {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            kind: row.take("kind")?,
            value: row.take("value")?,
            reason: row.take("reason")?,
            source: row.take("source")?,
            note: row.take("note")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
        })
    }
}

crate::scope::envelope!(Suppression);

impl Record for Suppression {
    type Entity = Entity;
    const KIND: Kind = Kind::Suppression;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewSuppression::UNTRACKED;

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let entry = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(entry.id.0),
            version: Set(entry.version),
            created_at: Set(entry.created_at),
            updated_at: Set(entry.updated_at),
            kind: Set(entry.kind.to_string()),
            value: Set(entry.value),
            reason: Set(entry.reason.to_string()),
            source: Set(entry.source.to_string()),
            note: Set(entry.note),
            created_by_kind: Set(entry.created_by.kind.to_string()),
            created_by_id: Set(entry.created_by.id.map(Into::into)),
            updated_by_kind: Set(entry.updated_by.kind.to_string()),
            updated_by_id: Set(entry.updated_by.id.map(Into::into)),
        })
    }
}
