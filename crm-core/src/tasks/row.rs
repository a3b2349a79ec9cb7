//! A row of `crm_tasks`, and how a task is read with its assignee's name.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json;
use serde::Serialize;
use serde_json::Value;

use super::input::NewTask;
use super::model::Task;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::base::rights::{ActorKind, ActorRef};
use crate::base::text::fold;
use crate::query::dialect::any_of;
use crate::query::excerpt;
use crate::scope::company::Company;
use crate::scope::{CompanyTx, Find, FromRow, Record, RowReader, SelectList};
use crate::users::UserRef;

pub(crate) const TABLE: &str = "crm_tasks";
const DESCRIPTION: &str = "crm_tasks.description";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub title: String,
    pub title_key: String,
    pub description: Option<String>,
    pub r#type: String,
    pub status: String,
    pub priority: String,
    pub priority_key: i64,
    pub due_at: Option<ChronoDateTimeUtc>,
    pub due_date: Option<ChronoDate>,
    pub due_key: ChronoDateTimeUtc,
    pub start_at: Option<ChronoDateTimeUtc>,
    pub completed_at: Option<ChronoDateTimeUtc>,
    pub completed_by_kind: Option<String>,
    pub completed_by_id: Option<Uuid>,
    pub result: Option<String>,
    pub completion_digest: Option<String>,
    pub assignee_id: Option<Uuid>,
    pub customer_id: Option<Uuid>,
    pub interaction_id: Option<Uuid>,
    pub checklist: Value,
    pub origin: String,
    pub deleted_at: Option<ChronoDateTimeUtc>,
    pub delete_batch_id: Option<Uuid>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
    pub reminders: Option<Value>,
    pub recurrence: Option<String>,
    pub series_id: Option<Uuid>,
    pub next_task_id: Option<Uuid>,
    pub recurs_from: Option<ChronoDateTimeUtc>,
    pub collaborators: Option<Value>,
    pub deal_id: Option<Uuid>,
    pub parent_task_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const ASSIGNEE_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = $company AND crm_users.id = crm_tasks.assignee_id)";

/// What is left out: the company, the folded title, and the rank of the priority.
const LEFT_OUT: &[Column] = &[Column::CompanyId, Column::TitleKey, Column::PriorityKey];

/// What is read of a task, with its assignee's name: a list is one statement.
pub(super) static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    SelectList::new::<Entity>(LEFT_OUT, &[("is_truncated", "FALSE"), ("assignee_name", ASSIGNEE_NAME)])
});

/// All tasks for these customers and leads: for what is handed out to a person.
pub(crate) fn of_customers<'t>(tx: &'t CompanyTx<'_>, customers: &[Uuid]) -> Find<'t, Entity> {
    let theirs = any_of(Expr::col((TABLE, "customer_id")), customers.to_vec(), tx.is_postgres());
    tx.find().filter(theirs).select(&COLUMNS)
}

/// The same for lists, where a long text is cut.
pub(crate) static EXCERPT: LazyLock<SelectList> = LazyLock::new(|| {
    let (description, is_truncated) = (excerpt::of(DESCRIPTION), excerpt::is_cut(DESCRIPTION));
    SelectList::new::<Entity>(
        LEFT_OUT,
        &[("description", &description), ("is_truncated", &is_truncated), ("assignee_name", ASSIGNEE_NAME)],
    )
});

impl FromRow for Task {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut task = Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            title: row.take("title")?,
            description: row.take("description")?,
            task_type: row.take("type")?,
            status: row.take("status")?,
            priority: row.take("priority")?,
            due_at: row.take("due_at")?,
            due_date: row.take("due_date")?,
            due_key: row.take("due_key")?,
            start_at: row.take("start_at")?,
            completed_at: row.take("completed_at")?,
            completed_by: completed_by(row)?,
            result: row.take("result")?,
            completion_digest: row.take("completion_digest")?,
            assignee_id: row.take("assignee_id")?,
            customer_id: row.take("customer_id")?,
            interaction_id: row.take("interaction_id")?,
            checklist: row.take::<Json<_>>("checklist")?.0,
            origin: row.take("origin")?,
            deleted_at: row.take("deleted_at")?,
            delete_batch_id: row.take("delete_batch_id")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            reminders: all(row.take("reminders")?),
            recurrence: row.take("recurrence")?,
            series_id: row.take("series_id")?,
            next_task_id: row.take("next_task_id")?,
            recurs_from: row.take("recurs_from")?,
            collaborator_ids: all(row.take("collaborators")?),
            deal_id: row.take("deal_id")?,
            parent_task_id: row.take("parent_task_id")?,
            is_truncated: row.take("is_truncated")?,
            assignee: None,
            // Told by the clock, when the row is read.
            is_overdue: false,
        };
        let display_name = row.take("assignee_name")?;
        task.assignee = task.assignee_id.map(|id| UserRef { id, display_name });
        Ok(task)
    }
}

fn completed_by(row: &mut RowReader<'_>) -> Result<Option<ActorRef>> {
    let kind: Option<ActorKind> = row.take("completed_by_kind")?;
    let id: Option<UserId> = row.take("completed_by_id")?;
    Ok(kind.map(|kind| ActorRef { kind, id }))
}

crate::scope::envelope!(Task);

impl Record for Task {
    type Entity = Entity;
    const KIND: Kind = Kind::Task;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewTask::READ_ONLY;

    fn customer(&self) -> Option<CustomerId> {
        self.customer_id
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let task = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(task.id.0),
            version: Set(task.version),
            created_at: Set(task.created_at),
            updated_at: Set(task.updated_at),
            title_key: Set(fold(&task.title)),
            title: Set(task.title),
            description: Set(task.description),
            r#type: Set(task.task_type.to_string()),
            status: Set(task.status.to_string()),
            priority: Set(task.priority.to_string()),
            priority_key: Set(task.priority as i64),
            due_at: Set(task.due_at),
            due_date: Set(task.due_date),
            due_key: Set(task.due_key),
            start_at: Set(task.start_at),
            completed_at: Set(task.completed_at),
            completed_by_kind: Set(task.completed_by.as_ref().map(|by| by.kind.to_string())),
            completed_by_id: Set(task.completed_by.and_then(|by| by.id).map(Into::into)),
            result: Set(task.result),
            completion_digest: Set(task.completion_digest),
            assignee_id: Set(task.assignee_id.map(Into::into)),
            customer_id: Set(task.customer_id.map(Into::into)),
            interaction_id: Set(task.interaction_id.map(Into::into)),
            checklist: Set(serde_json::to_value(task.checklist).map_err(Error::internal)?),
            origin: Set(task.origin.to_string()),
            deleted_at: Set(task.deleted_at),
            delete_batch_id: Set(task.delete_batch_id),
            created_by_kind: Set(task.created_by.kind.to_string()),
            created_by_id: Set(task.created_by.id.map(Into::into)),
            updated_by_kind: Set(task.updated_by.kind.to_string()),
            updated_by_id: Set(task.updated_by.id.map(Into::into)),
            reminders: Set(some(&task.reminders)?),
            recurrence: Set(task.recurrence),
            series_id: Set(task.series_id.map(Into::into)),
            next_task_id: Set(task.next_task_id.map(Into::into)),
            recurs_from: Set(task.recurs_from),
            collaborators: Set(some(&task.collaborator_ids)?),
            deal_id: Set(task.deal_id.map(Into::into)),
            parent_task_id: Set(task.parent_task_id.map(Into::into)),
        })
    }
}

fn all<T>(stored: Option<Json<Vec<T>>>) -> Vec<T> {
    stored.map(|Json(list)| list).unwrap_or_default()
}

/// A list as it is stored: an empty one as nothing.
fn some<T: Serialize>(list: &[T]) -> Result<Option<Value>> {
    let stored = (!list.is_empty()).then(|| serde_json::to_value(list));
    stored.transpose().map_err(Error::internal)
}
