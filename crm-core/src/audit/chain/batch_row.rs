//! A row of `crm_audit_chain`: a sealed batch of entries.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_audit_chain")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub first_position: i64,
    pub last_position: i64,
    pub first_entry: Uuid,
    pub last_entry: Uuid,
    pub entries: i64,
    pub entries_hash: String,
    pub previous_hash: String,
    pub hash: String,
    pub latest_at: ChronoDateTimeUtc,
    pub reached_at: ChronoDateTimeUtc,
    pub sealed_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
