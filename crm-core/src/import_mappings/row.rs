//! A row of `crm_import_mappings`.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json as SqlxJson;

use super::input::NewImportMapping;
use super::model::ImportMapping;
use crate::base::error::{Error, Kind, Result};
use crate::base::text::fold;
use crate::customers::ImportOptions;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_import_mappings";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_import_mappings")]
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
    pub signature: String,
    pub columns: Json,
    pub options: Json,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::NameKey], &[]));

impl FromRow for ImportMapping {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let id = row.take("id")?;
        let version = row.take("version")?;
        let (created_at, updated_at) = (row.take("created_at")?, row.take("updated_at")?);
        let (name, signature) = (row.take("name")?, row.take("signature")?);
        let columns = row.take::<SqlxJson<_>>("columns")?.0;
        let options: ImportOptions = row.take::<SqlxJson<_>>("options")?.0;
        Ok(Self {
            id,
            version,
            name,
            signature,
            columns,
            mapping: options.mapping,
            mode: options.mode,
            match_by: options.match_by,
            external_system: options.external_system,
            date_order: options.date_order,
            default_kind: options.default_kind,
            opted_out: options.opted_out,
            organizations: options.organizations,
            created_at,
            updated_at,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
        })
    }
}

crate::scope::envelope!(ImportMapping);

impl Record for ImportMapping {
    type Entity = Entity;
    const KIND: Kind = Kind::ImportMapping;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewImportMapping::READ_ONLY;

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let mapping = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(mapping.id.0),
            version: Set(mapping.version),
            created_at: Set(mapping.created_at),
            updated_at: Set(mapping.updated_at),
            name_key: Set(fold(&mapping.name)),
            options: Set(serde_json::to_value(mapping.options()).map_err(Error::internal)?),
            name: Set(mapping.name),
            signature: Set(mapping.signature),
            columns: Set(serde_json::to_value(mapping.columns).map_err(Error::internal)?),
            created_by_kind: Set(mapping.created_by.kind.to_string()),
            created_by_id: Set(mapping.created_by.id.map(Into::into)),
            updated_by_kind: Set(mapping.updated_by.kind.to_string()),
            updated_by_id: Set(mapping.updated_by.id.map(Into::into)),
        })
    }
}
