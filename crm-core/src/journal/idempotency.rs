//! What was answered under which idempotency key.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::QueryResult;
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query, SelectStatement, UpdateStatement,
};
use uuid::Uuid;

use super::Recorder;
use crate::base::error::{Malformed, Result};

/// How long an answer is kept.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
const TABLE: &str = "crm_idempotency_keys";

/// The longest key that is taken, in characters.
const LONGEST_KEY: usize = 255;

/// What a client repeats with a repeated request. Keys of different users and operations never meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub(crate) operation: String,
    pub(crate) key: String,
    pub(crate) fingerprint: String,
}

impl IdempotencyKey {
    /// A key of an operation, with a fingerprint of what the request asks for (any text; a digest of the body is usual).
    ///
    /// # Errors
    /// [`Error::Malformed`] unless the key has 1 to 255 visible ASCII characters.
    pub fn new(operation: impl Into<String>, key: &str, fingerprint: impl Into<String>) -> Result<Self> {
        if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Malformed::new(
                "idempotency_key_invalid",
                "Idempotency-Key",
                "an idempotency key has 1 to 255 visible ASCII characters",
            )
            .into());
        }
        Ok(Self { operation: operation.into(), key: key.to_owned(), fingerprint: fingerprint.into() })
    }
}

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
fn user(recorder: &Recorder<'_>) -> Uuid {
    recorder.actor.id.map_or(Uuid::nil(), Into::into)
}

fn is(recorder: &Recorder<'_>, key: &IdempotencyKey) -> Expr {
    Expr::col("company_id")
        .eq(recorder.company.0)
        .and(Expr::col("user_id").eq(user(recorder)))
        .and(Expr::col("operation").eq(key.operation.as_str()))
        .and(Expr::col("key").eq(key.key.as_str()))
}

pub(crate) fn forget_expired(recorder: &Recorder<'_>, key: &IdempotencyKey, now: DateTime<Utc>) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(is(recorder, key))
        .and_where(Expr::col("expires_at").lte(now))
        .to_owned()
}

/// Removes the answers that a record is in, whoever got them: they hold what the record held.
pub(crate) fn forget_answers_about(recorder: &Recorder<'_>, id: Uuid) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(recorder.company.0))
        .and_where(Expr::col("answer").like(format!("%{id}%")))
        .to_owned()
}

/// Removes the keys of all companies that have expired.
pub(crate) fn forget_all_expired(now: DateTime<Utc>) -> DeleteStatement {
    Query::delete().from_table(TABLE).and_where(Expr::col("expires_at").lte(now)).to_owned()
}

/// Inserts the key unless it is there.
pub(crate) fn claim(recorder: &Recorder<'_>, key: &IdempotencyKey, now: DateTime<Utc>) -> InsertStatement {
    Query::insert()
        .into_table(TABLE)
        .columns(["company_id", "user_id", "operation", "key", "fingerprint", "created_at", "expires_at"])
        .values_panic([
            Expr::val(recorder.company.0),
            Expr::val(user(recorder)),
            Expr::val(key.operation.as_str()),
            Expr::val(key.key.as_str()),
            Expr::val(key.fingerprint.as_str()),
            Expr::val(now),
            Expr::val(now + KEPT_FOR),
        ])
        .on_conflict(OnConflict::columns(["company_id", "user_id", "operation", "key"]).do_nothing().to_owned())
        .to_owned()
}

pub(crate) fn find(recorder: &Recorder<'_>, key: &IdempotencyKey) -> SelectStatement {
    Query::select().columns(["fingerprint", "answer"]).from(TABLE).and_where(is(recorder, key)).to_owned()
}

pub(crate) fn store(recorder: &Recorder<'_>, key: &IdempotencyKey, answer: String) -> UpdateStatement {
    Query::update().table(TABLE).value("answer", answer).and_where(is(recorder, key)).to_owned()
}
