//! Stored answers by idempotency key.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::QueryResult;
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query, SelectStatement, UpdateStatement,
};
use uuid::Uuid;

use super::Recorder;
use crate::base::error::{Malformed, Result};

/// The lifetime of an answer.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
const TABLE: &str = "crm_idempotency_keys";
/// The ids of records in stored answers.
const RECORDS: &str = "crm_idempotency_records";
const KEY: [&str; 4] = ["company_id", "user_id", "operation", "key"];

/// The maximum length of a key, in characters.
const MAX_KEY_LENGTH: usize = 255;

/// The idempotency key of a request. Keys of different users and operations are separate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub(crate) operation: String,
    pub(crate) key: String,
    pub(crate) fingerprint: String,
}

impl IdempotencyKey {
    /// A key of an operation, with a fingerprint of the request (any text; usually a digest of the body).
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::Error::Malformed) unless the key has 1 to 255 visible ASCII characters.
    pub fn new(operation: impl Into<String>, key: &str, fingerprint: impl Into<String>) -> Result<Self> {
        if key.is_empty() || key.len() > MAX_KEY_LENGTH || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
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

/// The contents stored under a key.
#[derive(Debug)]
pub(crate) struct Model {
    pub fingerprint: String,
    pub answer: Option<String>,
    /// The rights that the answer requires, as the scope has written them.
    pub traced: Option<String>,
}

impl Model {
    pub fn read(row: &QueryResult) -> Result<Self> {
        Ok(Self {
            fingerprint: row.try_get("", "fingerprint")?,
            answer: row.try_get("", "answer")?,
            traced: row.try_get("", "traced")?,
        })
    }
}

/// The system has no id; its keys use the nil UUID.
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

pub(crate) fn delete_expired(recorder: &Recorder<'_>, key: &IdempotencyKey, now: DateTime<Utc>) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(is(recorder, key))
        .and_where(Expr::col("expires_at").lte(now))
        .to_owned()
}

/// Removes the answers that contain a record, for all callers: they contain its values.
pub(crate) fn delete_answers_about(recorder: &Recorder<'_>, id: Uuid) -> DeleteStatement {
    let about = Query::select()
        .columns(["user_id", "operation", "key"])
        .from(RECORDS)
        .and_where(Expr::col("company_id").eq(recorder.company.0))
        .and_where(Expr::col("record_id").eq(id))
        .to_owned();
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(recorder.company.0))
        .and_where(Expr::tuple(["user_id", "operation", "key"].map(Expr::col)).in_subquery(about))
        .to_owned()
}

/// Removes the keys of all companies that have expired.
pub(crate) fn delete_all_expired(now: DateTime<Utc>) -> DeleteStatement {
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
        .on_conflict(OnConflict::columns(KEY).do_nothing().to_owned())
        .to_owned()
}

pub(crate) fn find(recorder: &Recorder<'_>, key: &IdempotencyKey) -> SelectStatement {
    Query::select().columns(["fingerprint", "answer", "traced"]).from(TABLE).and_where(is(recorder, key)).to_owned()
}

/// Stores an answer, and the rights it requires.
pub(crate) fn store(recorder: &Recorder<'_>, key: &IdempotencyKey, answer: String, traced: String) -> UpdateStatement {
    let values = [("answer", answer.into()), ("traced", traced.into())];
    Query::update().table(TABLE).values(values).and_where(is(recorder, key)).to_owned()
}

/// Stores the ids in an answer, except those of the company and the acting user.
pub(crate) fn store_ids(recorder: &Recorder<'_>, key: &IdempotencyKey, answer: &str) -> Option<InsertStatement> {
    let mut ids = ids_in(answer);
    ids.remove(&recorder.company.0);
    ids.remove(&user(recorder));
    if ids.is_empty() {
        return None;
    }
    let mut insert = Query::insert();
    insert.into_table(RECORDS).columns(KEY.into_iter().chain(["record_id"]));
    for id in ids {
        insert.values_panic([
            Expr::val(recorder.company.0),
            Expr::val(user(recorder)),
            Expr::val(key.operation.as_str()),
            Expr::val(key.key.as_str()),
            Expr::val(id),
        ]);
    }
    Some(insert)
}

/// All UUIDs in a text.
fn ids_in(text: &str) -> BTreeSet<Uuid> {
    const LENGTH: usize = 36;
    let has_hyphens = |id: &&[u8]| [8, 13, 18, 23].iter().all(|place| id.get(*place) == Some(&b'-'));
    let ids = text.as_bytes().windows(LENGTH).filter(has_hyphens);
    ids.filter_map(|id| Uuid::try_parse_ascii(id).ok()).collect()
}
