//! A row of `crm_customer_notes`, and how a note is read with its author's name.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{FromQueryResult, Iterable, QueryResult, QuerySelect, Select};

use super::input::NewNote;
use super::model::{Note, NoteVisibility};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::history::prefixed;
use crate::journal::customer_stats::CustomerStatsDelta;
use crate::query::excerpt;
use crate::scope::Record;
use crate::scope::actor::{ActorKind, ActorRef};
use crate::scope::company::Company;
use crate::users::UserRef;

pub(super) const TABLE: &str = "crm_customer_notes";
const BODY: &str = "crm_customer_notes.body";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_customer_notes")]
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
    pub title: Option<String>,
    pub body: String,
    pub is_pinned: bool,
    pub edited_at: Option<ChronoDateTimeUtc>,
    pub private_to: Option<Uuid>,
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

/// A note as one statement reads it.
#[derive(Debug, FromQueryResult)]
pub(super) struct NoteRow {
    #[sea_orm(nested)]
    pub row: Model,
    author_name: Option<String>,
    is_truncated: bool,
}

const AUTHOR_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = crm_customer_notes.company_id AND crm_users.id = crm_customer_notes.created_by_id)";

/// Adds the author's name: a list is one statement.
pub(super) fn joined(select: Select<Entity>) -> Select<Entity> {
    select.expr_as(Expr::cust(AUTHOR_NAME), "author_name").expr_as(Expr::cust("FALSE"), "is_truncated")
}

/// The same for lists, where a long text is cut.
pub(super) fn excerpt(select: Select<Entity>) -> Select<Entity> {
    let whole = Column::iter().filter(|column| !matches!(column, Column::Body));
    let select = select.select_only().columns(whole).expr_as(Expr::cust(AUTHOR_NAME), "author_name");
    let select = select.expr_as(Expr::cust(excerpt::of(BODY)), "body");
    select.expr_as(Expr::cust(excerpt::is_cut(BODY)), "is_truncated")
}

/// A user as the author of a note; services and the system are none.
pub(super) fn author(by: &ActorRef, display_name: Option<String>) -> Option<UserRef> {
    by.id.filter(|_| by.kind == ActorKind::User).map(|id| UserRef { id, display_name })
}

/// The columns of one of these, for a statement that reads it among others. A long text is cut.
pub(crate) fn columns(prefix: &str) -> String {
    let whole = Column::iter().filter(|column| !matches!(column, Column::Body));
    let mut columns: Vec<String> = whole.map(|column| prefixed(TABLE, column, prefix)).collect();
    columns.push(format!("{} AS \"{prefix}body\"", excerpt::of(BODY)));
    columns.push(format!("{} AS \"{prefix}is_truncated\"", excerpt::is_cut(BODY)));
    columns.push(format!("{AUTHOR_NAME} AS \"{prefix}author_name\""));
    columns.join(", ")
}

/// What stands in a row with [`columns`].
pub(crate) fn read(row: &QueryResult, prefix: &str) -> Result<Note> {
    NoteRow::from_query_result(row, prefix)?.try_into()
}

impl TryFrom<NoteRow> for Note {
    type Error = Error;

    fn try_from(joined: NoteRow) -> Result<Self> {
        let NoteRow { row, author_name, is_truncated } = joined;
        let Model {
            company_id: _,
            id,
            customer_id,
            version,
            created_at,
            updated_at,
            r#type,
            title,
            body,
            is_pinned,
            edited_at,
            private_to,
            deleted_at,
            delete_batch_id,
            created_by_kind,
            created_by_id,
            updated_by_kind,
            updated_by_id,
        } = row;
        let created_by = ActorRef::read(&created_by_kind, created_by_id)?;
        Ok(Self {
            id: id.into(),
            version,
            customer_id: customer_id.into(),
            note_type: r#type.parse().map_err(Error::internal)?,
            title,
            body,
            is_truncated,
            visibility: if private_to.is_some() { NoteVisibility::Private } else { NoteVisibility::Shared },
            is_pinned,
            author: author(&created_by, author_name),
            edited_at,
            created_at,
            updated_at,
            created_by,
            updated_by: ActorRef::read(&updated_by_kind, updated_by_id)?,
            deleted_at,
            delete_batch_id,
        })
    }
}

impl Record for Note {
    type Entity = Entity;
    const KIND: Kind = Kind::Note;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewNote::READ_ONLY;

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

    fn private_to(&self) -> Option<UserId> {
        self.author_id().filter(|_| self.visibility == NoteVisibility::Private)
    }

    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id)
    }

    fn stats_delta(&self) -> CustomerStatsDelta {
        let counts = !self.is_trashed() && self.private_to().is_none();
        CustomerStatsDelta { notes: counts.into(), ..CustomerStatsDelta::default() }
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let private_to = self.private_to();
        let Self {
            id,
            version,
            customer_id,
            note_type,
            title,
            body,
            is_truncated: _,
            visibility: _,
            is_pinned,
            author: _,
            edited_at,
            created_at,
            updated_at,
            created_by,
            updated_by,
            deleted_at,
            delete_batch_id,
        } = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(id.0),
            customer_id: Set(customer_id.0),
            version: Set(version),
            created_at: Set(created_at),
            updated_at: Set(updated_at),
            r#type: Set(note_type.to_string()),
            title: Set(title),
            body: Set(body),
            is_pinned: Set(is_pinned),
            edited_at: Set(edited_at),
            private_to: Set(private_to.map(Into::into)),
            deleted_at: Set(deleted_at),
            delete_batch_id: Set(delete_batch_id),
            created_by_kind: Set(created_by.kind.to_string()),
            created_by_id: Set(created_by.id.map(Into::into)),
            updated_by_kind: Set(updated_by.kind.to_string()),
            updated_by_id: Set(updated_by.id.map(Into::into)),
        })
    }
}
