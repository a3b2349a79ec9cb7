//! A row of `crm_companies`, and how a company is read with its custom fields, its currency rates, and whether it scores leads.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json as SqlxJson;

use super::{Company, CompanyScoring, fields, rates, scoring};
use crate::base::error::{Error, Result};
use crate::scope::{FromRow, RowReader, SelectList};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_companies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    pub state: String,
    pub settings: Json,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is read of a company: its row, and what goes with it in the same statement.
pub(super) fn columns(postgres: bool) -> &'static SelectList {
    static POSTGRES: LazyLock<SelectList> = LazyLock::new(|| list(fields::POSTGRES, rates::POSTGRES));
    static SQLITE: LazyLock<SelectList> = LazyLock::new(|| list(fields::SQLITE, rates::SQLITE));
    if postgres { &POSTGRES } else { &SQLITE }
}

fn list(fields: &str, rates: &str) -> SelectList {
    let others = [
        ("fields", fields),
        ("rates", rates),
        ("scores", scoring::IS_ON),
        ("decays", scoring::DECAYS),
        ("reads_tags", scoring::READS_TAGS),
    ];
    SelectList::new::<Entity>(&[], &others)
}

impl FromRow for Company {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("company_id")?,
            state: row.take("state")?,
            settings: row.take::<SqlxJson<_>>("settings")?.0,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            fields: fields::read(row.take("fields")?)?,
            rates: rates::read(row.take("rates")?)?,
            scoring: CompanyScoring {
                is_on: row.take("scores")?,
                decays: row.take("decays")?,
                reads_tags: row.take("reads_tags")?,
            },
        })
    }
}

impl TryFrom<&Company> for ActiveModel {
    type Error = Error;

    fn try_from(company: &Company) -> Result<Self> {
        let Company { id, state, settings, version, created_at, updated_at, fields: _, rates: _, scoring: _ } = company;
        Ok(Self {
            company_id: Set(id.0),
            state: Set(state.to_string()),
            settings: Set(serde_json::to_value(settings).map_err(Error::internal)?),
            version: Set(*version),
            created_at: Set(*created_at),
            updated_at: Set(*updated_at),
        })
    }
}
