//! What was answered under which idempotency key.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{
    Alias, CommonTableExpression, DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query,
    SelectStatement, WithClause,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::scope::{CompanyTx, Crm, IdempotencyKey, Traced};

/// How long an answer is kept.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
const TABLE: &str = "crm_idempotency_keys";
/// Which records' ids stand in which answers.
const RECORDS: &str = "crm_idempotency_records";
const KEY: [&str; 4] = ["company_id", "user_id", "operation", "key"];

/// What is stored under a key.
#[derive(Debug)]
pub(crate) struct Model {
    pub fingerprint: String,
    pub answer: Option<String>,
    pub traced: Traced,
}

impl Model {
    pub fn read(row: &QueryResult) -> Result<Self> {
        let traced: Option<String> = row.try_get("", "traced")?;
        Ok(Self {
            fingerprint: row.try_get("", "fingerprint")?,
            answer: row.try_get("", "answer")?,
            traced: traced
                .map(|text| serde_json::from_str(&text))
                .transpose()
                .map_err(Error::internal)?
                .unwrap_or_default(),
        })
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
    let about = Query::select()
        .columns(["user_id", "operation", "key"])
        .from(RECORDS)
        .and_where(Expr::col("company_id").eq(actor.company.0))
        .and_where(Expr::col("record_id").eq(id))
        .to_owned();
    let key = Expr::tuple(["user_id", "operation", "key"].map(Expr::col));
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(actor.company.0))
        .and_where(key.in_subquery(about))
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
        .on_conflict(OnConflict::columns(KEY).do_nothing().to_owned())
        .to_owned()
}

pub(crate) fn find(actor: &Actor, key: &IdempotencyKey) -> SelectStatement {
    Query::select().columns(["fingerprint", "answer", "traced"]).from(TABLE).and_where(is(actor, key)).to_owned()
}

/// Stores an answer, and the ids that stand in it. One statement on PostgreSQL.
pub(crate) async fn store(tx: &mut CompanyTx<'_>, key: &IdempotencyKey, answer: String) -> Result<()> {
    let traced = serde_json::to_string(&tx.traced()).map_err(Error::internal)?;
    let mut ids = ids_in(&answer);
    // Of the company and of whoever asked every answer could tell.
    ids.remove(&tx.actor().company.0);
    ids.remove(&user(tx.actor()));
    let values = [("answer", answer.into()), ("traced", traced.into())];
    let store = Query::update().table(TABLE).values(values).and_where(is(tx.actor(), key)).to_owned();
    if ids.is_empty() {
        return tx.execute(&store).await.map(drop);
    }
    let records = records(tx.actor(), key, ids);
    if tx.is_postgres() {
        let mut stored = CommonTableExpression::new();
        stored.table_name(Alias::new("stored")).query(store);
        let mut with = WithClause::new();
        with.cte(stored);
        return tx.execute(&records.with(with)).await.map(drop);
    }
    tx.execute(&store).await?;
    tx.execute(&records).await.map(drop)
}

fn records(actor: &Actor, key: &IdempotencyKey, ids: BTreeSet<Uuid>) -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(RECORDS).columns(KEY.into_iter().chain(["record_id"]));
    for id in ids {
        insert.values_panic([
            Expr::val(actor.company.0),
            Expr::val(user(actor)),
            Expr::val(key.operation.as_str()),
            Expr::val(key.key.as_str()),
            Expr::val(id),
        ]);
    }
    insert
}

/// All UUIDs in a text, wherever they stand.
fn ids_in(text: &str) -> BTreeSet<Uuid> {
    const LENGTH: usize = 36;
    let has_hyphens = |id: &&[u8]| [8, 13, 18, 23].iter().all(|place| id.get(*place) == Some(&b'-'));
    let ids = text.as_bytes().windows(LENGTH).filter(has_hyphens);
    ids.filter_map(|id| Uuid::try_parse_ascii(id).ok()).collect()
}
