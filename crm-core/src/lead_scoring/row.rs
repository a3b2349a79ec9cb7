//! A row of `crm_lead_scoring_rules`.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde_json::Value;

use super::input::NewLeadScoringRule;
use super::model::LeadScoringRule;
use crate::base::error::{Kind, Result};
use crate::base::text::fold;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_lead_scoring_rules";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_lead_scoring_rules")]
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
    pub description: Option<String>,
    pub condition: Json,
    pub points: i64,
    pub decay_days: Option<i64>,
    pub is_active: bool,
    pub position: i64,
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

impl FromRow for LeadScoringRule {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            name: row.take("name")?,
            description: row.take("description")?,
            condition: row.object("condition")?,
            points: row.take("points")?,
            decay_days: row.take("decay_days")?,
            is_active: row.take("is_active")?,
            position: row.take("position")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
        })
    }
}

crate::scope::envelope!(LeadScoringRule);

impl Record for LeadScoringRule {
    type Entity = Entity;
    const KIND: Kind = Kind::LeadScoringRule;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewLeadScoringRule::READ_ONLY;

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let rule = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(rule.id.0),
            version: Set(rule.version),
            created_at: Set(rule.created_at),
            updated_at: Set(rule.updated_at),
            name_key: Set(fold(&rule.name)),
            name: Set(rule.name),
            description: Set(rule.description),
            condition: Set(Value::Object(rule.condition)),
            points: Set(rule.points),
            decay_days: Set(rule.decay_days),
            is_active: Set(rule.is_active),
            position: Set(rule.position),
            created_by_kind: Set(rule.created_by.kind.to_string()),
            created_by_id: Set(rule.created_by.id.map(Into::into)),
            updated_by_kind: Set(rule.updated_by.kind.to_string()),
            updated_by_id: Set(rule.updated_by.id.map(Into::into)),
        })
    }
}
