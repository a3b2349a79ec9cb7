//! A row of `crm_deal_stage_history`.

use std::sync::LazyLock;

use sea_orm::entity::prelude::*;

use super::stage_history::DealStageEntry;
use crate::base::error::Result;
use crate::scope::{FromRow, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_deal_stage_history";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_deal_stage_history")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub deal_id: Uuid,
    pub pipeline_id: Uuid,
    pub from_stage_id: Option<Uuid>,
    pub from_stage_name: Option<String>,
    pub stage_id: Uuid,
    pub stage_name: String,
    pub entered_at: ChronoDateTimeUtc,
    pub left_at: Option<ChronoDateTimeUtc>,
    pub seconds: Option<i64>,
    pub amount: Option<i64>,
    pub amount_currency: Option<String>,
    pub moved_by_kind: String,
    pub moved_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::DealId], &[]));

impl FromRow for DealStageEntry {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            pipeline_id: row.take("pipeline_id")?,
            from_stage_id: row.take("from_stage_id")?,
            from_stage_name: row.take("from_stage_name")?,
            stage_id: row.take("stage_id")?,
            stage_name: row.take("stage_name")?,
            entered_at: row.take("entered_at")?,
            left_at: row.take("left_at")?,
            seconds: row.take("seconds")?,
            amount: row.money(["amount", "amount_currency"])?,
            moved_by: row.actor(["moved_by_kind", "moved_by_id"])?,
        })
    }
}
