//! A row of `crm_capture_submissions`.

use std::sync::LazyLock;

use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json as SqlxJson;

use super::submission::CaptureSubmission;
use crate::base::error::Result;
use crate::query::dialect::any_of;
use crate::scope::{CompanyTx, Find, FromRow, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_capture_submissions";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_capture_submissions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub lead_id: Uuid,
    pub form_id: Uuid,
    pub form_name: String,
    pub submitted_at: ChronoDateTimeUtc,
    pub outcome: String,
    pub fields: Json,
    pub consent_text: Option<String>,
    pub consent_version: Option<i64>,
    pub landing_page: Option<String>,
    pub referrer: Option<String>,
    pub challenge: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::LeadId, Column::Challenge], &[]));

/// All that was sent by these customers and leads: for what is handed out to a person.
pub(crate) fn of_customers<'t>(tx: &'t CompanyTx<'_>, customers: &[Uuid]) -> Find<'t, Entity> {
    let theirs = any_of(Expr::col((TABLE, "lead_id")), customers.to_vec(), tx.is_postgres());
    tx.find().filter(theirs).select(&COLUMNS)
}

impl FromRow for CaptureSubmission {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            form_id: row.take("form_id")?,
            form_name: row.take("form_name")?,
            submitted_at: row.take("submitted_at")?,
            outcome: row.take("outcome")?,
            fields: row.take::<SqlxJson<_>>("fields")?.0,
            consent_text: row.take("consent_text")?,
            consent_version: row.take("consent_version")?,
            landing_page: row.take("landing_page")?,
            referrer: row.take("referrer")?,
        })
    }
}
