//! The three records of a write: changes, audit and outbox, in its transaction.
//!
//! On PostgreSQL they are one statement, because a writing transaction costs what its round trips cost; SQLite has no
//! writing common table expressions, and no round trips.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, CommonTableExpression, DeleteStatement, InsertStatement, UpdateStatement, WithClause};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use serde_json::Value;
use uuid::Uuid;

use super::{Crm, Record};
use crate::actor::Actor;
use crate::changes::FieldChange;
use crate::error::{Kind, Result};
use crate::ids::{CustomerId, TagId, UserId};
use crate::{audit, changes, outbox};

/// One write, to be recorded when its transaction ends.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub kind: Kind,
    pub id: Option<Uuid>,
    pub version: i64,
    pub action: &'static str,
    pub at: DateTime<Utc>,
    pub changes: Vec<FieldChange>,
    /// What the audit trail tells instead of fields.
    pub details: Option<Value>,
    pub private_to: Option<UserId>,
    /// The customer that the record hangs on.
    pub customer: Option<CustomerId>,
    /// What writes it, where that is not somebody at his desk.
    pub origin: Option<&'static str>,
    /// The tags that it is about beside the record.
    pub tags: Vec<TagId>,
}

impl Entry {
    /// A write of a record.
    pub(crate) fn of<R: Record>(
        record: &R,
        action: &'static str,
        at: DateTime<Utc>,
        changes: Vec<FieldChange>,
    ) -> Self {
        Self {
            kind: R::KIND,
            id: Some(record.id()),
            version: record.version(),
            action,
            at,
            changes,
            details: None,
            private_to: record.private_to(),
            customer: record.customer(),
            origin: None,
            tags: Vec::new(),
        }
    }

    pub(crate) fn audit_only(kind: Kind, action: &'static str, at: DateTime<Utc>, details: Value) -> Self {
        Self {
            kind,
            id: None,
            version: 0,
            action,
            at,
            changes: Vec::new(),
            details: Some(details),
            private_to: None,
            customer: None,
            origin: None,
            tags: Vec::new(),
        }
    }
}

/// A statement that can wait for the records.
#[derive(Clone, Debug)]
pub(crate) enum AtEnd {
    Insert(InsertStatement),
    Update(UpdateStatement),
    Delete(DeleteStatement),
}

/// Writes what was recorded, and what was to be written with it.
pub(crate) async fn write(
    tx: &DatabaseTransaction,
    crm: &Crm,
    actor: &Actor,
    entries: Vec<Entry>,
    at_end: Vec<AtEnd>,
) -> Result<()> {
    if entries.is_empty() {
        return in_turn(tx, at_end).await;
    }
    let audit = audit::insert(crm, actor, &entries);
    let of_records: Vec<&Entry> = entries.iter().filter(|entry| entry.id.is_some()).collect();
    if of_records.is_empty() {
        tx.execute(&audit).await?;
        return in_turn(tx, at_end).await;
    }
    let changes = changes::insert(crm, actor, &of_records)?;
    let outbox = outbox::insert(crm, actor, &of_records)?;
    match tx.get_database_backend() {
        DbBackend::Postgres => {
            let before = at_end.into_iter().chain([changes, audit].map(AtEnd::Insert));
            together(tx, before, outbox).await
        }
        _ => in_turn(tx, at_end.into_iter().chain([changes, audit, outbox].map(AtEnd::Insert))).await,
    }
}

async fn in_turn(tx: &DatabaseTransaction, statements: impl IntoIterator<Item = AtEnd>) -> Result<()> {
    for statement in statements {
        match statement {
            AtEnd::Insert(insert) => tx.execute(&insert).await?,
            AtEnd::Update(update) => tx.execute(&update).await?,
            AtEnd::Delete(delete) => tx.execute(&delete).await?,
        };
    }
    Ok(())
}

async fn together(
    tx: &DatabaseTransaction,
    statements: impl Iterator<Item = AtEnd>,
    last: InsertStatement,
) -> Result<()> {
    let mut with = WithClause::new();
    for (number, statement) in statements.enumerate() {
        let mut named = CommonTableExpression::new();
        named.table_name(Alias::new(format!("statement_{number}")));
        match statement {
            AtEnd::Insert(insert) => named.query(insert),
            AtEnd::Update(update) => named.query(update),
            AtEnd::Delete(delete) => named.query(delete),
        };
        with.cte(named);
    }
    tx.execute(&last.with(with)).await?;
    Ok(())
}
