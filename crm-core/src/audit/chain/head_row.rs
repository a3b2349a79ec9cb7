//! A row of `crm_audit_heads`: where a company's chain ends.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::model::{AuditHead, LastAuditVerification};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_audit_heads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    pub number: i64,
    pub entries: i64,
    pub hash: String,
    pub sealed_at: ChronoDateTimeUtc,
    pub reached_at: ChronoDateTimeUtc,
    pub look_from: ChronoDateTimeUtc,
    pub swept_at: ChronoDateTimeUtc,
    pub sweep_until: ChronoDateTimeUtc,
    pub pruned: i64,
    pub verified_at: Option<ChronoDateTimeUtc>,
    pub verified_number: Option<i64>,
    pub verified_faults: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The head of a chain without a batch.
    pub(super) fn first(company_id: Uuid, now: DateTime<Utc>) -> Self {
        Self {
            company_id,
            number: 0,
            entries: 0,
            hash: String::new(),
            sealed_at: now,
            reached_at: DateTime::UNIX_EPOCH,
            look_from: DateTime::UNIX_EPOCH,
            swept_at: now,
            sweep_until: now,
            pruned: 0,
            verified_at: None,
            verified_number: None,
            verified_faults: None,
        }
    }

    pub(super) fn last_verification(&self) -> Option<LastAuditVerification> {
        let (at, batch, faults) = (self.verified_at?, self.verified_number?, self.verified_faults?);
        Some(LastAuditVerification { at, batch, faults })
    }
}

impl From<&Model> for AuditHead {
    fn from(row: &Model) -> Self {
        Self {
            company_id: row.company_id.into(),
            batch: row.number,
            entries: row.entries,
            hash: row.hash.clone(),
            sealed_at: row.sealed_at,
        }
    }
}
