//! A row of `crm_lead_scoring_weights`: what a model has learned of one value of a feature.

use sea_orm::entity::prelude::*;

pub(super) const TABLE: &str = "crm_lead_scoring_weights";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_lead_scoring_weights")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub feature: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    pub weight: i64,
    pub won: i64,
    pub lost: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
