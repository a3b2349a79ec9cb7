//! Enqueues jobs, in the transaction of their cause.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryTrait};
use uuid::Uuid;

use super::input::NewJob;
use super::model::JobState;
use super::row::{self, Model, TABLE};
use crate::base::error::{Conflict, Kind, Result, Violations};
use crate::base::rights::ActorRef;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::scope::jobs::JobPolicy;

/// The maximum number of jobs per call.
pub const MAX_JOBS: usize = 1_000;
/// How often a key is tried whose job ends at this moment.
const TRIES: usize = 3;

/// Adds jobs, and gives for each the job that now stands for it: itself, or the one that has its key.
pub(crate) async fn enqueue(tx: &mut CompanyTx<'_>, mut new: Vec<NewJob>) -> Result<Vec<Model>> {
    if new.len() > MAX_JOBS {
        return Err(Violations::one("", "too_many", format!("at most {MAX_JOBS} jobs at once")).into());
    }
    new.iter_mut().try_for_each(NewJob::check)?;
    let mut ordinals = last_ordinals(tx, new.iter().filter_map(|job| job.record.clone()).collect()).await?;
    let rows: Vec<Model> = new.into_iter().map(|job| blank(tx, job, &mut ordinals)).collect();
    let mut standing = BTreeMap::new();
    for _ in 0..TRIES {
        let missing: Vec<&Model> = rows.iter().filter(|row| !standing.contains_key(&row.id)).collect();
        if missing.is_empty() {
            break;
        }
        let inserted = insert(tx, &missing).await?;
        let (added, taken): (Vec<&Model>, Vec<&Model>) =
            missing.into_iter().partition(|row| inserted.contains(&row.id));
        standing.extend(added.iter().map(|row| (row.id, (*row).clone())));
        record(tx, &added).await?;
        standing.extend(holders(tx, &taken).await?);
    }
    let standing: Option<Vec<Model>> = rows.iter().map(|row| standing.remove(&row.id)).collect();
    standing.ok_or_else(|| Conflict::JobKeyTaken.into())
}

fn blank(tx: &CompanyTx<'_>, new: NewJob, ordinals: &mut BTreeMap<String, i64>) -> Model {
    let NewJob { kind, payload, record, unique_key, run_at, max_attempts, schedule } = new;
    let by = ActorRef::from(tx.actor());
    let policy = tx.crm().0.jobs.handlers.get(kind.as_str()).map_or_else(JobPolicy::default, |of| of.policy());
    let ordinal = record.as_ref().map_or(0, |record| next_ordinal(ordinals, record));
    let run_at = std::cmp::max(run_at.unwrap_or(tx.now()), tx.now());
    Model {
        company_id: tx.company.id.0,
        id: tx.id(),
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        kind,
        record,
        ordinal,
        unique_key,
        payload,
        state: JobState::Waiting.to_string(),
        attempts: 0,
        max_attempts: max_attempts.unwrap_or(policy.max_attempts).into(),
        run_at,
        due_at: Some(run_at),
        lease_token: None,
        leased_by: None,
        progress: 0,
        message: None,
        cancel_requested: false,
        last_error: None,
        result: None,
        schedule_id: schedule.map(Into::into),
        started_at: None,
        finished_at: None,
        expires_at: None,
        created_by_kind: by.kind.to_string(),
        created_by_id: by.id.map(Into::into),
    }
}

fn next_ordinal(ordinals: &mut BTreeMap<String, i64>, record: &str) -> i64 {
    let last = ordinals.entry(record.to_owned()).or_default();
    *last += 1;
    *last
}

/// The place behind all unfinished jobs of a record.
pub(super) async fn last_ordinal(tx: &mut CompanyTx<'_>, record: &str) -> Result<i64> {
    let mut ordinals = last_ordinals(tx, BTreeSet::from([record.to_owned()])).await?;
    Ok(next_ordinal(&mut ordinals, record))
}

/// The ordinals of the last unfinished jobs of these records. Ids do not tell the order within a millisecond.
async fn last_ordinals(tx: &mut CompanyTx<'_>, records: BTreeSet<String>) -> Result<BTreeMap<String, i64>> {
    if records.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = Query::select()
        .column("record")
        .expr_as(Expr::col("ordinal").max(), "last")
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("record"), records.into_iter().collect(), tx.is_postgres()))
        .and_where(Expr::col("due_at").is_not_null())
        .group_by_col("record")
        .to_owned();
    let rows = tx.query(&query).await?;
    rows.iter().map(|row| Ok((row.try_get("", "record")?, row.try_get("", "last")?))).collect()
}

/// Adds the jobs whose keys are free, and gives their ids.
async fn insert(tx: &mut CompanyTx<'_>, rows: &[&Model]) -> Result<BTreeSet<Uuid>> {
    let rows = rows.iter().map(|row| (*row).clone().into_active_model().reset_all());
    let mut insert = row::Entity::insert_many(rows).on_conflict(OnConflict::new().do_nothing().to_owned()).into_query();
    let inserted = tx.query(insert.returning_col("id")).await?;
    inserted.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

/// The jobs that have the keys of these.
async fn holders(tx: &CompanyTx<'_>, taken: &[&Model]) -> Result<Vec<(Uuid, Model)>> {
    let keys: BTreeSet<String> = taken.iter().filter_map(|row| row.unique_key.clone()).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let kinds: BTreeSet<String> = taken.iter().map(|row| row.kind.clone()).collect();
    let found: Vec<Model> = tx
        .find::<row::Entity>()
        .filter(any_of(Expr::col("unique_key"), keys.into_iter().collect(), tx.is_postgres()))
        .filter(any_of(Expr::col("kind"), kinds.into_iter().collect(), tx.is_postgres()))
        .filter(Expr::col("due_at").is_not_null())
        .fetch_up_to((MAX_JOBS * taken.len()) as u64)
        .await?;
    let holder =
        |row: &Model| found.iter().find(|other| (&other.kind, &other.unique_key) == (&row.kind, &row.unique_key));
    Ok(taken.iter().filter_map(|row| Some((row.id, holder(row)?.clone()))).collect())
}

async fn record(tx: &mut CompanyTx<'_>, added: &[&Model]) -> Result<()> {
    for row in added {
        tx.touch(Kind::Job, row.id);
        tx.record_change(row.recorded("enqueued", Vec::new()));
    }
    tx.push_jobs(&added.iter().map(|row| row.queued()).collect::<Vec<_>>()).await
}
