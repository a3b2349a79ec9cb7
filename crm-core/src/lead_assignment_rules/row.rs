//! A row of `crm_lead_assignment_rules`.

use std::sync::LazyLock;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json as SqlxJson;

use super::input::NewLeadAssignmentRule;
use super::model::LeadAssignmentRule;
use crate::base::error::{Error, Kind, Result};
use crate::base::text::fold;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_lead_assignment_rules";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_lead_assignment_rules")]
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
    pub condition: Option<Json>,
    pub strategy: String,
    pub user_ids: Json,
    pub team_id: Option<Uuid>,
    pub field: Option<String>,
    pub field_users: Json,
    pub capacity: Option<i64>,
    pub working_hours_only: bool,
    pub position: i64,
    pub is_active: bool,
    pub turn_user_id: Option<Uuid>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is read of a rule. Whose turn it is, is read when the rule is held.
pub(super) fn columns() -> &'static SelectList {
    static COLUMNS: LazyLock<SelectList> =
        LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::NameKey, Column::TurnUserId], &[]));
    &COLUMNS
}

impl FromRow for LeadAssignmentRule {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            name: row.take("name")?,
            description: row.take("description")?,
            condition: row.take::<Option<SqlxJson<_>>>("condition")?.map(|condition| condition.0),
            strategy: row.take("strategy")?,
            user_ids: row.take::<SqlxJson<_>>("user_ids")?.0,
            team_id: row.take("team_id")?,
            field: row.take("field")?,
            field_users: row.take::<SqlxJson<_>>("field_users")?.0,
            capacity: row.take("capacity")?,
            working_hours_only: row.take("working_hours_only")?,
            position: row.take("position")?,
            is_active: row.take("is_active")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
        })
    }
}

crate::scope::envelope!(LeadAssignmentRule);

impl Record for LeadAssignmentRule {
    type Entity = Entity;
    const KIND: Kind = Kind::LeadAssignmentRule;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewLeadAssignmentRule::READ_ONLY;

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
            condition: Set(rule.condition.map(Json::Object)),
            strategy: Set(rule.strategy.to_string()),
            user_ids: Set(serde_json::to_value(rule.user_ids).map_err(Error::internal)?),
            team_id: Set(rule.team_id.map(Into::into)),
            field: Set(rule.field),
            field_users: Set(serde_json::to_value(rule.field_users).map_err(Error::internal)?),
            capacity: Set(rule.capacity),
            working_hours_only: Set(rule.working_hours_only),
            position: Set(rule.position),
            is_active: Set(rule.is_active),
            turn_user_id: NotSet,
            created_by_kind: Set(rule.created_by.kind.to_string()),
            created_by_id: Set(rule.created_by.id.map(Into::into)),
            updated_by_kind: Set(rule.updated_by.kind.to_string()),
            updated_by_id: Set(rule.updated_by.id.map(Into::into)),
        })
    }
}
