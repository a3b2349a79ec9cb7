//! The three records of a write: changes, audit and outbox, in its transaction.
//!
//! On PostgreSQL they are one statement, because round trips dominate the cost of a writing transaction. SQLite has no
//! writing common table expressions, and no round trips.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, CommonTableExpression, DeleteStatement, InsertStatement, UpdateStatement, WithClause};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use serde_json::Value;
use uuid::Uuid;

pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod customer_stats;
pub(crate) mod idempotency;
pub(crate) mod outbox;

pub use changes::FieldChange;

use crate::base::clock::Source;
use crate::base::error::{Kind, Result};
use crate::base::ids::{CompanyId, CustomerId, TagId, UserId};
use crate::base::rights::ActorRef;

/// The context of the records of a write: the actor, the time and the keys.
pub(crate) struct Recorder<'a> {
    pub company: CompanyId,
    pub actor: ActorRef,
    pub request_id: Option<&'a str>,
    /// The address that the request came from, for the audit trail alone.
    pub address: Option<IpAddr>,
    pub audit_key: Option<&'a [u8]>,
    pub source: &'a Source,
}

impl Recorder<'_> {
    fn now(&self) -> DateTime<Utc> {
        self.source.now()
    }

    fn id(&self, at: DateTime<Utc>) -> Uuid {
        self.source.id(at)
    }
}

/// One write, to be recorded when its transaction ends.
#[derive(Clone, Debug)]
pub(crate) struct ChangeRecord {
    pub kind: Kind,
    pub id: Option<Uuid>,
    pub version: i64,
    pub action: &'static str,
    pub at: DateTime<Utc>,
    pub changes: Vec<FieldChange>,
    /// Details in the audit trail instead of fields.
    pub details: Option<Value>,
    pub private_to: Option<UserId>,
    /// The customer that the record belongs to.
    pub customer: Option<CustomerId>,
    /// The origin of background writes: `import`.
    pub origin: Option<&'static str>,
    /// The tags that the write concerns in addition to the record.
    pub tags: Vec<TagId>,
    /// The other customers of a merge.
    pub customers: Vec<CustomerId>,
}

impl ChangeRecord {
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
            customers: Vec::new(),
        }
    }
}

/// A statement that can be deferred to the end of the transaction.
#[derive(Clone, Debug)]
pub(crate) enum Deferred {
    Insert(InsertStatement),
    Update(UpdateStatement),
    Delete(DeleteStatement),
}

impl Deferred {
    /// Executes it now. Gives the number of rows.
    pub(crate) async fn execute(self, tx: &DatabaseTransaction) -> Result<u64> {
        let result = match self {
            Self::Insert(insert) => tx.execute(&insert).await?,
            Self::Update(update) => tx.execute(&update).await?,
            Self::Delete(delete) => tx.execute(&delete).await?,
        };
        Ok(result.rows_affected())
    }
}

/// Writes the records, and the deferred statements with them.
pub(crate) async fn write(
    tx: &DatabaseTransaction,
    recorder: &Recorder<'_>,
    entries: Vec<ChangeRecord>,
    deferred: Vec<Deferred>,
) -> Result<()> {
    if entries.is_empty() {
        return in_turn(tx, deferred).await;
    }
    let audit = audit::insert(recorder, &entries);
    let of_records: Vec<&ChangeRecord> = entries.iter().filter(|entry| entry.id.is_some()).collect();
    if of_records.is_empty() {
        tx.execute(&audit).await?;
        return in_turn(tx, deferred).await;
    }
    let changes = changes::insert(recorder, &of_records)?;
    let outbox = outbox::insert(recorder, &of_records)?;
    match tx.get_database_backend() {
        DbBackend::Postgres => {
            let before = deferred.into_iter().chain([changes, audit].map(Deferred::Insert));
            together(tx, before, outbox).await
        }
        _ => in_turn(tx, deferred.into_iter().chain([changes, audit, outbox].map(Deferred::Insert))).await,
    }
}

async fn in_turn(tx: &DatabaseTransaction, statements: impl IntoIterator<Item = Deferred>) -> Result<()> {
    for statement in statements {
        statement.execute(tx).await?;
    }
    Ok(())
}

async fn together(
    tx: &DatabaseTransaction,
    statements: impl Iterator<Item = Deferred>,
    last: InsertStatement,
) -> Result<()> {
    let mut with = WithClause::new();
    for (number, statement) in statements.enumerate() {
        let mut named = CommonTableExpression::new();
        named.table_name(Alias::new(format!("statement_{number}")));
        match statement {
            Deferred::Insert(insert) => named.query(insert),
            Deferred::Update(update) => named.query(update),
            Deferred::Delete(delete) => named.query(delete),
        };
        with.cte(named);
    }
    tx.execute(&last.with(with)).await?;
    Ok(())
}
