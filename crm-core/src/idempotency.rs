//! What was answered under which idempotency key.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query, SelectStatement, UpdateStatement,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::Result;
use crate::scope::{Crm, IdempotencyKey};

/// How long an answer is kept.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
const TABLE: &str = "crm_idempotency_keys";

/// What is stored under a key.
#[derive(Debug)]
pub(crate) struct Model {
    pub fingerprint: String,
    pub answer: Option<String>,
}

impl Model {
    pub fn read(row: &QueryResult) -> Result<Self> {
        Ok(Self { fingerprint: row.try_get("", "fingerprint")?, answer: row.try_get("", "answer")? })
    }
}

/// The system acts under no id; its keys share the nil UUID.
fn user(actor: &Actor) -> Uuid {
    actor.user.map_or(Uuid::nil(), Into::into)
}

fn is(actor: &Actor, key: &IdempotencyKey) -> Expr {
    Expr::col("company_id")
        .eq(actor.company.0)
        .and(Expr::col("user_id").eq(user(actor)))
        .and(Expr::col("operation").eq(key.operation.as_str()))
        .and(Expr::col("key").eq(key.key.as_str()))
}

pub(crate) fn forget_expired(actor: &Actor, key: &IdempotencyKey, now: DateTime<Utc>) -> DeleteStatement {
    Query::delete().from_table(TABLE).and_where(is(actor, key)).and_where(Expr::col("expires_at").lte(now)).to_owned()
}

/// Removes the answers that a record is in, whoever got them: they hold what the record held.
pub(crate) fn forget_answers_about(actor: &Actor, id: Uuid) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(actor.company.0))
        .and_where(Expr::col("answer").like(format!("%{id}%")))
        .to_owned()
}

impl Crm {
    /// Removes the answers of all companies whose time is over, and tells how many. Nothing depends on it but disk space:
    /// call it now and then, an hour apart is plenty.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    pub async fn forget_expired_keys(&self, db: &DatabaseConnection) -> Result<u64> {
        let delete = Query::delete().from_table(TABLE).and_where(Expr::col("expires_at").lte(self.now())).to_owned();
        Ok(db.execute(&delete).await?.rows_affected())
    }
}

/// Inserts the key unless it is there.
pub(crate) fn claim(actor: &Actor, key: &IdempotencyKey, now: DateTime<Utc>) -> InsertStatement {
    Query::insert()
        .into_table(TABLE)
        .columns(["company_id", "user_id", "operation", "key", "fingerprint", "created_at", "expires_at"])
        .values_panic([
            Expr::val(actor.company.0),
            Expr::val(user(actor)),
            Expr::val(key.operation.as_str()),
            Expr::val(key.key.as_str()),
            Expr::val(key.fingerprint.as_str()),
            Expr::val(now),
            Expr::val(now + KEPT_FOR),
        ])
        .on_conflict(OnConflict::columns(["company_id", "user_id", "operation", "key"]).do_nothing().to_owned())
        .to_owned()
}

pub(crate) fn find(actor: &Actor, key: &IdempotencyKey) -> SelectStatement {
    Query::select().columns(["fingerprint", "answer"]).from(TABLE).and_where(is(actor, key)).to_owned()
}

pub(crate) fn store(actor: &Actor, key: &IdempotencyKey, answer: String) -> UpdateStatement {
    Query::update().table(TABLE).value("answer", answer).and_where(is(actor, key)).to_owned()
}
