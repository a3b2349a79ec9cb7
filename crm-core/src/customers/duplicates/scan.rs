//! The scan of all customers for pairs, as a job.
//!
//! Keys are read in their order, so that customers with a key in common come together; only those are compared, in batches
//! and away from the threads that answer requests. Memory does not grow with the number of customers.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde_json::json;
use uuid::Uuid;

use super::super::row as customer;
use super::MAX_BLOCK;
use super::compare::score_of;
use super::load::{self, Compared};
use super::model::DuplicateStatus;
use super::record::MatchRecord;
use super::repo::fingerprint;
use super::row::TABLE;
use super::store::KEYS;
use crate::base::error::{Error, Kind, Result};
use crate::base::score::Score;
use crate::query::dialect::any_of;
use crate::scope::actor::ActorRef;
use crate::scope::jobs::{JobDone, JobError, JobHandler, JobPolicy, RunningJob};
use crate::scope::{CompanyScope, CompanyTx, is_live};

/// How many keys are read at once.
const KEYS_AT_ONCE: usize = 20_000;
/// How many customers are read at once.
const CUSTOMERS_AT_ONCE: usize = 4_000;
/// How many pairs one statement writes.
const PAIRS_AT_ONCE: usize = 500;

/// Compares all customers of the company that have a key in common, and keeps the pairs from the threshold on.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScanDuplicates;

impl ScanDuplicates {
    /// The kind.
    pub const KIND: &'static str = "crm.scan_duplicates";
}

#[async_trait]
impl JobHandler for ScanDuplicates {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { on_request: true, ..JobPolicy::default() }
    }

    /// Each batch is a transaction; to find a pair twice changes nothing.
    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let started = job.scope().crm.now();
        let least = job.scope().company().await?.settings.duplicate_threshold;
        let mut compared = 0;
        for source in [Source::Keys, Source::Emails, Source::Phones] {
            let mut position = source.start();
            while let Some(from) = position {
                let (blocks, next) = source.page(job.scope(), &from).await?;
                for some in batches(blocks) {
                    compared += batch(job.scope(), some, least).await?;
                }
                let percent = next.as_ref().map_or_else(|| source.end(), |next| source.percent(next));
                job.progress(percent, Some(&format!("{compared} pairs compared"))).await?;
                position = next;
            }
        }
        let mut tx = job.begin().await?;
        let pairs = tx.scope().write(async |tx| end(tx, started, compared).await).await?;
        tx.complete(json!({ "compared": compared, "pairs": pairs })).await
    }
}

/// Where customers with something in common stand together.
#[derive(Clone, Copy)]
enum Source {
    Keys,
    Emails,
    Phones,
}

#[derive(Clone, Debug, PartialEq)]
enum Key {
    Number(i64),
    Text(String),
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(number) => number.into(),
            Key::Text(text) => text.into(),
        }
    }
}

/// From a key on, or behind it.
struct Position {
    key: Key,
    is_behind: bool,
}

type Block = Vec<Uuid>;

impl Source {
    fn start(self) -> Option<Position> {
        let key = match self {
            Self::Keys => Key::Number(i64::MIN),
            Self::Emails | Self::Phones => Key::Text(String::new()),
        };
        Some(Position { key, is_behind: false })
    }

    /// Keys are spread evenly, because they are hashes.
    fn percent(self, position: &Position) -> u8 {
        match (self, &position.key) {
            (Self::Keys, Key::Number(key)) => {
                let done = (i128::from(*key) - i128::from(i64::MIN)) * 80 / i128::from(u64::MAX);
                u8::try_from(done).unwrap_or(80)
            }
            (Self::Keys | Self::Emails, _) => 80,
            (Self::Phones, _) => 90,
        }
    }

    const fn end(self) -> u8 {
        match self {
            Self::Keys => 80,
            Self::Emails => 90,
            Self::Phones => 99,
        }
    }

    fn sql(self, position: &Position) -> String {
        let (table, kind, column) = match self {
            Self::Keys => (KEYS, "", "match_key"),
            Self::Emails => ("crm_customer_contact_points", " AND kind = 'email'", "normalized"),
            Self::Phones => ("crm_customer_contact_points", " AND kind = 'phone'", "normalized"),
        };
        let bound = if position.is_behind { ">" } else { ">=" };
        format!(
            "SELECT {column} AS found_key, customer_id FROM {table} \
             WHERE company_id = $1{kind} AND {column} {bound} $2 ORDER BY {column} LIMIT {KEYS_AT_ONCE}"
        )
    }

    /// The next customers with a key in common, and where to go on.
    async fn page(self, scope: &CompanyScope<'_>, from: &Position) -> Result<(Vec<Block>, Option<Position>)> {
        let database = scope.database();
        let values = [Value::from(scope.company_id().0), from.key.clone().into()];
        let statement = Statement::from_sql_and_values(database.get_database_backend(), self.sql(from), values);
        let rows = database.query_all_raw(statement).await?;
        let mut blocks: Vec<(Key, Block)> = Vec::new();
        for row in &rows {
            let key = match self {
                Self::Keys => Key::Number(row.try_get("", "found_key")?),
                Self::Emails | Self::Phones => Key::Text(row.try_get("", "found_key")?),
            };
            let id = row.try_get("", "customer_id")?;
            match blocks.last_mut() {
                Some((last, block)) if *last == key => block.push(id),
                _ => blocks.push((key, vec![id])),
            }
        }
        let mut next = None;
        if rows.len() == KEYS_AT_ONCE {
            // The last block may go on. One that fills the page alone is too large to be compared.
            let is_behind = blocks.len() == 1;
            next = blocks.pop().map(|(key, _)| Position { key, is_behind });
        }
        let blocks = blocks.into_iter().map(|(_, block)| block);
        Ok((blocks.filter(|block| (2..=MAX_BLOCK).contains(&block.len())).collect(), next))
    }
}

/// Blocks with no more customers together than are read at once.
fn batches(blocks: Vec<Block>) -> Vec<Vec<Block>> {
    let (mut batches, mut customers) = (vec![Vec::new()], 0);
    for block in blocks {
        if customers + block.len() > CUSTOMERS_AT_ONCE {
            batches.push(Vec::new());
            customers = 0;
        }
        customers += block.len();
        if let Some(batch) = batches.last_mut() {
            batch.push(block);
        }
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

/// A pair from the threshold on.
pub(super) struct Found {
    left: Uuid,
    right: Uuid,
    pub score: Score,
    fingerprint: i64,
}

impl Found {
    /// The lower id is on the left.
    pub fn of((left, right): (Uuid, Uuid), (one, other): (&MatchRecord, &MatchRecord)) -> Self {
        Self { left, right, score: score_of(one, other), fingerprint: fingerprint(one, other) }
    }
}

/// Compares the customers of each block, and stores what is found; gives the number of comparisons.
async fn batch(scope: &mut CompanyScope<'_>, blocks: Vec<Block>, least: Score) -> Result<u64> {
    let ids: BTreeSet<Uuid> = blocks.iter().flatten().copied().collect();
    let postgres = scope.is_postgres();
    let customers = load::compared(scope.find(), ids.into_iter().collect(), postgres).await?;
    let work = move || compare(&blocks, customers, least);
    let (compared, found) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
    for some in found.chunks(PAIRS_AT_ONCE) {
        scope.write(async |tx| store(tx, some).await).await?;
    }
    Ok(compared)
}

fn compare(blocks: &[Block], customers: Vec<Compared>, least: Score) -> (u64, Vec<Found>) {
    let record = |Compared(customer): Compared| -> (Uuid, MatchRecord) { (customer.id.0, MatchRecord::of(&customer)) };
    let records: HashMap<Uuid, MatchRecord> = customers.into_iter().map(record).collect();
    let (mut met, mut found) = (BTreeSet::new(), Vec::new());
    for block in blocks {
        for (index, one) in block.iter().enumerate() {
            for other in &block[index + 1..] {
                let (left, right) = (*one.min(other), *one.max(other));
                let Some((one, other)) = records.get(&left).zip(records.get(&right)).filter(|_| left != right) else {
                    continue;
                };
                if !met.insert((left, right)) {
                    continue;
                }
                let pair = Found::of((left, right), (one, other));
                if pair.score >= least {
                    found.push(pair);
                }
            }
        }
    }
    (met.len() as u64, found)
}

/// Adds pairs, or notes that they were seen again. A dismissed pair is open again if something has changed that is compared.
pub(super) async fn store(tx: &mut CompanyTx<'_>, found: &[Found]) -> Result<()> {
    let held = held(tx, found).await?;
    let (company, now, by) = (tx.company.id.0, tx.now(), ActorRef::from(tx.actor()));
    let mut insert = Query::insert();
    insert.into_table(TABLE).columns([
        "company_id",
        "id",
        "version",
        "created_at",
        "updated_at",
        "left_id",
        "right_id",
        "score",
        "status",
        "fingerprint",
        "seen_at",
        "created_by_kind",
        "created_by_id",
        "updated_by_kind",
        "updated_by_id",
    ]);
    let mut is_empty = true;
    for Found { left, right, score, fingerprint } in found {
        if !held.contains(left) || !held.contains(right) {
            continue;
        }
        is_empty = false;
        let kind = by.kind.as_str();
        let user = by.id.map(|id| id.0);
        insert.values_panic([
            company.into(),
            tx.id().into(),
            1_i64.into(),
            now.into(),
            now.into(),
            (*left).into(),
            (*right).into(),
            i64::from(score.thousandths()).into(),
            DuplicateStatus::Open.as_str().into(),
            (*fingerprint).into(),
            now.into(),
            kind.into(),
            user.into(),
            kind.into(),
            user.into(),
        ]);
    }
    if is_empty {
        return Ok(());
    }
    let is_changed = format!("{TABLE}.fingerprint <> excluded.fingerprint");
    let unless_changed = |column: &str, changed: &str| {
        Expr::cust(format!("CASE WHEN {is_changed} THEN {changed} ELSE {TABLE}.{column} END"))
    };
    let mut conflict = OnConflict::columns(["company_id", "left_id", "right_id"]);
    conflict.values([
        ("version", unless_changed("version", &format!("{TABLE}.version + 1"))),
        ("updated_at", unless_changed("updated_at", "excluded.updated_at")),
        ("updated_by_kind", unless_changed("updated_by_kind", "excluded.updated_by_kind")),
        ("updated_by_id", unless_changed("updated_by_id", "excluded.updated_by_id")),
        ("status", unless_changed("status", "excluded.status")),
        ("dismissed_at", unless_changed("dismissed_at", "NULL")),
        ("score", Expr::cust("excluded.score")),
        ("fingerprint", Expr::cust("excluded.fingerprint")),
        ("seen_at", Expr::cust("excluded.seen_at")),
    ]);
    tx.execute(insert.on_conflict(conflict)).await.map(drop)
}

/// Those of the customers that are still there, and are not purged before the end of the transaction.
async fn held(tx: &CompanyTx<'_>, found: &[Found]) -> Result<BTreeSet<Uuid>> {
    let ids: BTreeSet<Uuid> = found.iter().flat_map(|pair| [pair.left, pair.right]).collect();
    let most = ids.len() as u64;
    let of = any_of(Expr::col((customer::TABLE, "id")), ids.into_iter().collect(), tx.is_postgres());
    let rows = tx.find::<customer::Entity>().filter(of).filter(is_live(customer::TABLE)).map(|select| {
        use sea_orm::{QueryOrder, QuerySelect};
        select.select_only().column(customer::Column::Id).order_by_asc(customer::Column::Id)
    });
    let rows: Vec<Held> = rows.for_key_share().fetch_up_to(most).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(sea_orm::FromQueryResult)]
struct Held {
    id: Uuid,
}

/// Forgets open pairs that this scan has not found, and records the scan; gives the number of open pairs.
async fn end(tx: &mut CompanyTx<'_>, started: DateTime<Utc>, compared: u64) -> Result<i64> {
    let company = tx.company.id.0;
    let open = Expr::col("company_id").eq(company).and(Expr::col("status").eq(DuplicateStatus::Open.as_str()));
    let gone = Query::delete()
        .from_table(TABLE)
        .and_where(open.clone())
        .and_where(Expr::col("seen_at").lt(started))
        .to_owned();
    tx.execute(&gone).await?;
    let count = Query::select().expr_as(Expr::val(1).count(), "pairs").from(TABLE).and_where(open).to_owned();
    let rows = tx.query(&count).await?;
    let pairs: i64 = rows.first().map(|row| row.try_get("", "pairs")).transpose()?.unwrap_or_default();
    tx.audit(Kind::Duplicate, "scanned", json!({ "compared": compared, "pairs": pairs }));
    Ok(pairs)
}
