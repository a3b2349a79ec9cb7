//! A row of `crm_companies`.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::Company;
use crate::base::error::{Error, Result};

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

impl TryFrom<Model> for Company {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self> {
        let Model { company_id, state, settings, version, created_at, updated_at } = row;
        Ok(Self {
            id: company_id.into(),
            state: state.parse().map_err(Error::internal)?,
            settings: serde_json::from_value(settings).map_err(Error::internal)?,
            version,
            created_at,
            updated_at,
        })
    }
}

impl TryFrom<&Company> for ActiveModel {
    type Error = Error;

    fn try_from(company: &Company) -> Result<Self> {
        let Company { id, state, settings, version, created_at, updated_at } = company;
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
