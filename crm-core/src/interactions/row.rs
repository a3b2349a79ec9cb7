//! A row of `crm_customer_interactions`, and how an interaction is read with its owner's name.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{FromQueryResult, Iterable, QueryResult, QuerySelect, Select};

use super::input::NewInteraction;
use super::model::Interaction;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::CustomerId;
use crate::history::prefixed;
use crate::journal::customer_stats::CustomerStatsDelta;
use crate::query::excerpt;
use crate::scope::Record;
use crate::scope::actor::ActorRef;
use crate::scope::company::Company;
use crate::users::UserRef;

pub(super) const TABLE: &str = "crm_customer_interactions";
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
    pub participants: Json,
    pub follow_up_at: Option<ChronoDateTimeUtc>,
    pub follow_up_id: Option<Uuid>,
    pub completion_digest: Option<String>,
    pub metadata: Json,
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

/// An interaction as one statement reads it.
#[derive(Debug, FromQueryResult)]
pub(super) struct InteractionRow {
    #[sea_orm(nested)]
    pub row: Model,
    owner_name: Option<String>,
    is_truncated: bool,
}

const OWNER_NAME: &str = "(SELECT display_name FROM crm_users WHERE crm_users.company_id = \
     crm_customer_interactions.company_id AND crm_users.id = crm_customer_interactions.owner_id)";

/// Adds the owner's name: a list is one statement.
pub(super) fn joined(select: Select<Entity>) -> Select<Entity> {
    select.expr_as(Expr::cust(OWNER_NAME), "owner_name").expr_as(Expr::cust("FALSE"), "is_truncated")
}

/// The same for lists, where a long text is cut.
pub(super) fn excerpt(select: Select<Entity>) -> Select<Entity> {
    let whole = Column::iter().filter(|column| !matches!(column, Column::Content));
    let select = select.select_only().columns(whole).expr_as(Expr::cust(OWNER_NAME), "owner_name");
    let select = select.expr_as(Expr::cust(excerpt::of(CONTENT)), "content");
    select.expr_as(Expr::cust(excerpt::is_cut(CONTENT)), "is_truncated")
}

/// The columns of one of these, for a statement that reads it among others. A long text is cut.
pub(crate) fn columns(prefix: &str) -> String {
    let whole = Column::iter().filter(|column| !matches!(column, Column::Content));
    let mut columns: Vec<String> = whole.map(|column| prefixed(TABLE, column, prefix)).collect();
    columns.push(format!("{} AS \"{prefix}content\"", excerpt::of(CONTENT)));
    columns.push(format!("{} AS \"{prefix}is_truncated\"", excerpt::is_cut(CONTENT)));
    columns.push(format!("{OWNER_NAME} AS \"{prefix}owner_name\""));
    columns.join(", ")
}

/// What stands in a row with [`columns`].
pub(crate) fn read(row: &QueryResult, prefix: &str) -> Result<Interaction> {
    InteractionRow::from_query_result(row, prefix)?.try_into()
}

impl TryFrom<InteractionRow> for Interaction {
    type Error = Error;

    fn try_from(joined: InteractionRow) -> Result<Self> {
        let InteractionRow { row, owner_name, is_truncated } = joined;
        let Model {
            company_id: _,
            id,
            customer_id,
            version,
            created_at,
            updated_at,
            r#type,
            direction,
            subject,
            content,
            status,
            outcome,
            scheduled_at,
            started_at,
            completed_at,
            occurred_at,
            duration_seconds,
            location,
            meeting_url,
            owner_id,
            participants,
            follow_up_at,
            follow_up_id,
            completion_digest,
            metadata,
            deleted_at,
            delete_batch_id,
            created_by_kind,
            created_by_id,
            updated_by_kind,
            updated_by_id,
        } = row;
        Ok(Self {
            id: id.into(),
            version,
            customer_id: customer_id.into(),
            interaction_type: r#type.parse().map_err(Error::internal)?,
            direction: direction.map(|text| text.parse()).transpose().map_err(Error::internal)?,
            subject,
            content,
            is_truncated,
            status: status.parse().map_err(Error::internal)?,
            outcome,
            scheduled_at,
            started_at,
            completed_at,
            occurred_at,
            duration_seconds,
            location,
            meeting_url,
            owner_id: owner_id.map(Into::into),
            owner: owner_id.map(|id| UserRef { id: id.into(), display_name: owner_name }),
            participants: serde_json::from_value(participants).map_err(Error::internal)?,
            follow_up_at,
            follow_up_id: follow_up_id.map(Into::into),
            metadata: serde_json::from_value(metadata).map_err(Error::internal)?,
            created_at,
            updated_at,
            created_by: ActorRef::read(&created_by_kind, created_by_id)?,
            updated_by: ActorRef::read(&updated_by_kind, updated_by_id)?,
            deleted_at,
            delete_batch_id,
            completion_digest,
        })
    }
}

impl Record for Interaction {
    type Entity = Entity;
    const KIND: Kind = Kind::Interaction;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewInteraction::READ_ONLY;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn stamp(&mut self, version: i64, at: DateTime<Utc>, by: ActorRef) {
        if version == 1 {
            (self.created_at, self.created_by) = (at, by.clone());
        }
        (self.version, self.updated_at, self.updated_by) = (version, at, by);
    }

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
        let Self {
            id,
            version,
            customer_id,
            interaction_type,
            direction,
            subject,
            content,
            is_truncated: _,
            status,
            outcome,
            scheduled_at,
            started_at,
            completed_at,
            occurred_at,
            duration_seconds,
            location,
            meeting_url,
            owner_id,
            owner: _,
            participants,
            follow_up_at,
            follow_up_id,
            metadata,
            created_at,
            updated_at,
            created_by,
            updated_by,
            deleted_at,
            delete_batch_id,
            completion_digest,
        } = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(id.0),
            customer_id: Set(customer_id.0),
            version: Set(version),
            created_at: Set(created_at),
            updated_at: Set(updated_at),
            r#type: Set(interaction_type.to_string()),
            direction: Set(direction.map(|direction| direction.to_string())),
            subject: Set(subject),
            content: Set(content),
            status: Set(status.to_string()),
            outcome: Set(outcome),
            scheduled_at: Set(scheduled_at),
            started_at: Set(started_at),
            completed_at: Set(completed_at),
            occurred_at: Set(occurred_at),
            duration_seconds: Set(duration_seconds),
            location: Set(location),
            meeting_url: Set(meeting_url),
            owner_id: Set(owner_id.map(Into::into)),
            participants: Set(serde_json::to_value(participants).map_err(Error::internal)?),
            follow_up_at: Set(follow_up_at),
            follow_up_id: Set(follow_up_id.map(Into::into)),
            completion_digest: Set(completion_digest),
            metadata: Set(Json::Object(metadata)),
            deleted_at: Set(deleted_at),
            delete_batch_id: Set(delete_batch_id),
            created_by_kind: Set(created_by.kind.to_string()),
            created_by_id: Set(created_by.id.map(Into::into)),
            updated_by_kind: Set(updated_by.kind.to_string()),
            updated_by_id: Set(updated_by.id.map(Into::into)),
        })
    }
}
