//! A row of `crm_customer_notes`, and how a note is read with its author's name.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::input::NewNote;
use super::model::{Note, NoteVisibility};
use crate::base::error::{Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::journal::customer_stats::CustomerStatsDelta;
use crate::query::dialect::any_of;
use crate::query::excerpt;
use crate::scope::actor::{ActorKind, ActorRef};
use crate::scope::company::Company;
use crate::scope::{CompanyTx, Find, FromRow, Record, RowReader, SelectList};
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

const AUTHOR_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = $company AND crm_users.id = crm_customer_notes.created_by_id)";

/// What is read of a note, with its author's name: a list is one statement.
pub(super) static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    SelectList::new::<Entity>(&[Column::CompanyId], &[("is_truncated", "FALSE"), ("author_name", AUTHOR_NAME)])
});

/// All notes, private ones too, of these customers and leads: for what is handed out to a person.
pub(crate) fn of_customers<'t>(tx: &'t CompanyTx<'_>, customers: &[Uuid]) -> Find<'t, Entity> {
    let theirs = any_of(Expr::col((TABLE, "customer_id")), customers.to_vec(), tx.is_postgres());
    tx.find().filter(theirs).select(&COLUMNS)
}

/// The same for lists, where a long text is cut.
pub(crate) static EXCERPT: LazyLock<SelectList> = LazyLock::new(|| {
    let (body, is_truncated) = (excerpt::of(BODY), excerpt::is_cut(BODY));
    SelectList::new::<Entity>(
        &[Column::CompanyId],
        &[("body", &body), ("is_truncated", &is_truncated), ("author_name", AUTHOR_NAME)],
    )
});

/// A user as the author of a note; services and the system are none.
pub(super) fn author(by: &ActorRef, display_name: Option<String>) -> Option<UserRef> {
    by.id.filter(|_| by.kind == ActorKind::User).map(|id| UserRef { id, display_name })
}

impl FromRow for Note {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut note = Self {
            id: row.take("id")?,
            customer_id: row.take("customer_id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            note_type: row.take("type")?,
            title: row.take("title")?,
            body: row.take("body")?,
            is_pinned: row.take("is_pinned")?,
            edited_at: row.take("edited_at")?,
            visibility: match row.take::<Option<UserId>>("private_to")? {
                Some(_) => NoteVisibility::Private,
                None => NoteVisibility::Shared,
            },
            deleted_at: row.take("deleted_at")?,
            delete_batch_id: row.take("delete_batch_id")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            is_truncated: row.take("is_truncated")?,
            author: None,
        };
        note.author = author(&note.created_by, row.take("author_name")?);
        Ok(note)
    }
}

crate::scope::envelope!(Note);

impl Record for Note {
    type Entity = Entity;
    const KIND: Kind = Kind::Note;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewNote::READ_ONLY;

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
        let note = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(note.id.0),
            customer_id: Set(note.customer_id.0),
            version: Set(note.version),
            created_at: Set(note.created_at),
            updated_at: Set(note.updated_at),
            r#type: Set(note.note_type.to_string()),
            title: Set(note.title),
            body: Set(note.body),
            is_pinned: Set(note.is_pinned),
            edited_at: Set(note.edited_at),
            private_to: Set(private_to.map(Into::into)),
            deleted_at: Set(note.deleted_at),
            delete_batch_id: Set(note.delete_batch_id),
            created_by_kind: Set(note.created_by.kind.to_string()),
            created_by_id: Set(note.created_by.id.map(Into::into)),
            updated_by_kind: Set(note.updated_by.kind.to_string()),
            updated_by_id: Set(note.updated_by.id.map(Into::into)),
        })
    }
}
