//! A row of `crm_customer_interactions`, and how an interaction is read with its owner's name.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json;
use serde_json::Value;

use super::input::NewInteraction;
use super::model::Interaction;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::CustomerId;
use crate::journal::customer_stats::CustomerStatsDelta;
use crate::query::dialect::any_of;
use crate::query::excerpt;
use crate::scope::company::Company;
use crate::scope::{CompanyTx, Find, FromRow, Record, RowReader, SelectList};
use crate::users::UserRef;

pub(crate) const TABLE: &str = "crm_customer_interactions";
const CONTENT: &str = "crm_customer_interactions.content";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_customer_interactions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub customer_id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub r#type: String,
    pub direction: Option<String>,
    pub subject: Option<String>,
    pub content: Option<String>,
    pub status: String,
    pub outcome: Option<String>,
    pub scheduled_at: Option<ChronoDateTimeUtc>,
    pub started_at: Option<ChronoDateTimeUtc>,
    pub completed_at: Option<ChronoDateTimeUtc>,
    pub occurred_at: ChronoDateTimeUtc,
    pub duration_seconds: Option<i64>,
    pub location: Option<String>,
    pub meeting_url: Option<String>,
    pub owner_id: Option<Uuid>,
    pub participants: Value,
    pub follow_up_at: Option<ChronoDateTimeUtc>,
    pub follow_up_id: Option<Uuid>,
    pub completion_digest: Option<String>,
    pub metadata: Value,
    pub ai: Option<Value>,
    pub deleted_at: Option<ChronoDateTimeUtc>,
    pub delete_batch_id: Option<Uuid>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const OWNER_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = $company AND crm_users.id = crm_customer_interactions.owner_id)";

/// What is read of an interaction, with its owner's name: a list is one statement.
pub(super) static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    SelectList::new::<Entity>(&[Column::CompanyId], &[("is_truncated", "FALSE"), ("owner_name", OWNER_NAME)])
});

/// All interactions, of these customers and leads: for what is handed out to a person.
pub(crate) fn of_customers<'t>(tx: &'t CompanyTx<'_>, customers: &[Uuid]) -> Find<'t, Entity> {
    let theirs = any_of(Expr::col((TABLE, "customer_id")), customers.to_vec(), tx.is_postgres());
    tx.find().filter(theirs).select(&COLUMNS)
}

/// The same for lists, where a long text is cut.
pub(crate) static EXCERPT: LazyLock<SelectList> = LazyLock::new(|| {
    let (content, is_truncated) = (excerpt::of(CONTENT), excerpt::is_cut(CONTENT));
    SelectList::new::<Entity>(
        &[Column::CompanyId],
        &[("content", &content), ("is_truncated", &is_truncated), ("owner_name", OWNER_NAME)],
    )
});

impl FromRow for Interaction {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut interaction = Self {
            id: row.take("id")?,
            customer_id: row.take("customer_id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            interaction_type: row.take("type")?,
            direction: row.take("direction")?,
            subject: row.take("subject")?,
            content: row.take("content")?,
            status: row.take("status")?,
            outcome: row.take("outcome")?,
            scheduled_at: row.take("scheduled_at")?,
            started_at: row.take("started_at")?,
            completed_at: row.take("completed_at")?,
            occurred_at: row.take("occurred_at")?,
            duration_seconds: row.take("duration_seconds")?,
            location: row.take("location")?,
            meeting_url: row.take("meeting_url")?,
            owner_id: row.take("owner_id")?,
            participants: row.take::<Json<_>>("participants")?.0,
            follow_up_at: row.take("follow_up_at")?,
            follow_up_id: row.take("follow_up_id")?,
            completion_digest: row.take("completion_digest")?,
            metadata: row.object("metadata")?,
            ai: row.take::<Option<Json<_>>>("ai")?.map(|Json(ai)| ai).unwrap_or_default(),
            deleted_at: row.take("deleted_at")?,
            delete_batch_id: row.take("delete_batch_id")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            is_truncated: row.take("is_truncated")?,
            owner: None,
        };
        let display_name = row.take("owner_name")?;
        interaction.owner = interaction.owner_id.map(|id| UserRef { id, display_name });
        Ok(interaction)
    }
}

crate::scope::envelope!(Interaction);

impl Record for Interaction {
    type Entity = Entity;
    const KIND: Kind = Kind::Interaction;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewInteraction::READ_ONLY;

    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id)
    }

    fn stats_delta(&self) -> CustomerStatsDelta {
        if self.is_trashed() {
            return CustomerStatsDelta::default();
        }
        let reminder = self.follow_up_at.filter(|_| self.follow_up_id.is_none());
        let due = self.scheduled_at.filter(|_| self.status.is_open());
        CustomerStatsDelta {
            interactions: 1,
            completed: self.completed_at.is_some().into(),
            times: [self.completed_at, due, reminder],
            ..CustomerStatsDelta::default()
        }
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let interaction = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(interaction.id.0),
            customer_id: Set(interaction.customer_id.0),
            version: Set(interaction.version),
            created_at: Set(interaction.created_at),
            updated_at: Set(interaction.updated_at),
            r#type: Set(interaction.interaction_type.to_string()),
            direction: Set(interaction.direction.map(|direction| direction.to_string())),
            subject: Set(interaction.subject),
            content: Set(interaction.content),
            status: Set(interaction.status.to_string()),
            outcome: Set(interaction.outcome),
            scheduled_at: Set(interaction.scheduled_at),
            started_at: Set(interaction.started_at),
            completed_at: Set(interaction.completed_at),
            occurred_at: Set(interaction.occurred_at),
            duration_seconds: Set(interaction.duration_seconds),
            location: Set(interaction.location),
            meeting_url: Set(interaction.meeting_url),
            owner_id: Set(interaction.owner_id.map(Into::into)),
            participants: Set(serde_json::to_value(interaction.participants).map_err(Error::internal)?),
            follow_up_at: Set(interaction.follow_up_at),
            follow_up_id: Set(interaction.follow_up_id.map(Into::into)),
            completion_digest: Set(interaction.completion_digest),
            metadata: Set(Value::Object(interaction.metadata)),
            ai: Set(interaction.ai.stored()?),
            deleted_at: Set(interaction.deleted_at),
            delete_batch_id: Set(interaction.delete_batch_id),
            created_by_kind: Set(interaction.created_by.kind.to_string()),
            created_by_id: Set(interaction.created_by.id.map(Into::into)),
            updated_by_kind: Set(interaction.updated_by.kind.to_string()),
            updated_by_id: Set(interaction.updated_by.id.map(Into::into)),
        })
    }
}
