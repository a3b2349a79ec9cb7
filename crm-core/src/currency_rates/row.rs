//! A row of `crm_currency_rates`.

use std::sync::LazyLock;

use chrono::NaiveDate;
use sea_orm::entity::prelude::*;

use super::model::CurrencyRate;
use crate::base::decimal::Rate;
use crate::base::error::{Error, Result};
use crate::scope::{FromRow, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_currency_rates";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_currency_rates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub base_currency: String,
    pub currency: String,
    pub day: String,
    pub rate: i64,
    pub source: Option<String>,
    pub is_current: bool,
    pub set_at: ChronoDateTimeUtc,
    pub set_by_kind: String,
    pub set_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::BaseCurrency, Column::IsCurrent], &[]));

impl FromRow for CurrencyRate {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            currency: row.take("currency")?,
            date: row.take::<String>("day")?.parse::<NaiveDate>().map_err(Error::internal)?,
            rate: Rate::from_units(row.take("rate")?),
            source: row.take("source")?,
            set_at: row.take("set_at")?,
            set_by: row.actor(["set_by_kind", "set_by_id"])?,
        })
    }
}
