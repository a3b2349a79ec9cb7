//! Finds due jobs, and takes them: first the companies, then the jobs of one company.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, UpdateStatement};
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult};
use uuid::Uuid;

use super::dialect;
use super::model::JobState;
use super::row::{Model, TABLE};
use crate::base::error::Result;
use crate::base::ids::{CompanyId, JobId};
use crate::query::dialect::{any_of, selected_by, skip_locked};
use crate::scope::jobs::Lease;
use crate::scope::{CompanyScope, CompanyTx};

/// The maximum number of companies of one look.
const MAX_COMPANIES: u64 = 10_000;
/// A job, as a candidate, and the jobs that may hold it back.
const DUE: &str = "due";
const BEGUN: &str = "begun";
const OTHER: &str = "other";

/// A company with due jobs.
#[derive(Clone, Copy, Debug)]
pub(super) struct DueCompany {
    pub company: CompanyId,
    /// When the first of them was due.
    pub since: DateTime<Utc>,
    pub jobs: u64,
}

/// The companies with jobs that wait and are due, or whose worker has died; the longest waiting first.
pub(super) async fn due_companies(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<Vec<DueCompany>> {
    let query = Query::select()
        .column("company_id")
        .expr_as(Expr::col("due_at").min(), "since")
        .expr_as(Expr::cust("count(*)"), "jobs")
        .from(TABLE)
        .and_where(Expr::col("due_at").lte(now))
        .group_by_col("company_id")
        .order_by_expr(Expr::col("due_at").min(), Order::Asc)
        .limit(MAX_COMPANIES)
        .to_owned();
    let rows = db.query_all(&query).await?;
    let companies = rows.iter().map(|row| {
        let (company, jobs): (Uuid, i64) = (row.try_get("", "company_id")?, row.try_get("", "jobs")?);
        let jobs = u64::try_from(jobs).unwrap_or_default();
        Ok(DueCompany { company: company.into(), since: row.try_get("", "since")?, jobs })
    });
    companies.collect()
}

/// What is to be taken.
pub(super) struct Ask<'a> {
    pub kinds: Vec<&'static str>,
    pub limit: u64,
    /// Only this job.
    pub only: Option<JobId>,
    pub lease: Lease,
    pub worker: &'a str,
}

/// Takes due jobs of the company, the longest waiting first; `None` if another worker is taking some at this moment.
pub(super) async fn claim(scope: &mut CompanyScope<'_>, ask: &Ask<'_>) -> Result<Option<Vec<Model>>> {
    scope
        .write_unchecked(async |tx| {
            if !dialect::try_lock(tx).await? {
                return Ok(None);
            }
            let statement = take(tx, ask);
            let rows = tx.query(&statement).await?;
            let rows: Result<Vec<Model>, _> = rows.iter().map(|row| Model::from_query_result(row, "")).collect();
            let mut rows = rows?;
            rows.sort_by_key(|row| (row.run_at, row.id));
            Ok(Some(rows))
        })
        .await
}

fn take(tx: &CompanyTx<'_>, ask: &Ask<'_>) -> UpdateStatement {
    let (company, now) = (tx.company.id.0, tx.now());
    let until = now + TimeDelta::from_std(ask.lease.lasts).unwrap_or(TimeDelta::MAX);
    Query::update()
        .table(TABLE)
        .values([
            ("state", JobState::Running.as_str().into()),
            ("attempts", Expr::col("attempts").add(1)),
            ("due_at", until.into()),
            ("lease_token", ask.lease.token.into()),
            ("leased_by", ask.worker.into()),
            ("started_at", now.into()),
        ])
        .and_where(Expr::col("company_id").eq(company))
        .and_where(selected_by(Expr::col("id"), due(tx, ask), tx.is_postgres()))
        .returning_all()
        .to_owned()
}

/// The due jobs that no other job of their record holds back.
fn due(tx: &CompanyTx<'_>, ask: &Ask<'_>) -> SelectStatement {
    let (column, now) = (|name: &'static str| Expr::col((DUE, name)), tx.now());
    let kinds: Vec<String> = ask.kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let mut select = Query::select()
        .column((DUE, "id"))
        .from_as(TABLE, DUE)
        .and_where(column("company_id").eq(tx.company.id.0))
        .and_where(column("due_at").lte(now))
        .and_where(any_of(column("kind"), kinds, tx.is_postgres()))
        .and_where(is_first_of_record(tx))
        .order_by((DUE, "due_at"), Order::Asc)
        .order_by((DUE, "id"), Order::Asc)
        .limit(ask.limit)
        .to_owned();
    if let Some(id) = ask.only {
        select.and_where(column("id").eq(id.0));
    }
    skip_locked(&mut select, tx.is_postgres());
    select
}

/// It has no record, or is the one job of its record that may run: the one that has begun and not ended, or else the
/// first that is due. A job for later holds nothing back.
///
/// The begun ones are few and found once; so a long line behind one of them costs little.
fn is_first_of_record(tx: &CompanyTx<'_>) -> Expr {
    let column = |name: &'static str| Expr::col((DUE, name));
    let of_company = |name: &'static str| {
        Query::select()
            .from_as(TABLE, name)
            .and_where(Expr::col((name, "company_id")).eq(tx.company.id.0))
            .and_where(Expr::col((name, "due_at")).is_not_null())
            .to_owned()
    };
    let begun = of_company(BEGUN)
        .column((BEGUN, "record"))
        .and_where(Expr::col((BEGUN, "record")).is_not_null())
        .and_where(Expr::cust("begun.attempts > 0"))
        .to_owned();
    let first = of_company(OTHER)
        .column((OTHER, "id"))
        .and_where(Expr::col((OTHER, "record")).equals((DUE, "record")))
        .and_where(Expr::col((OTHER, "due_at")).lte(tx.now()))
        .order_by((OTHER, "ordinal"), Order::Asc)
        .order_by((OTHER, "id"), Order::Asc)
        .limit(1)
        .to_owned();
    let is_next = column("record").not_in_subquery(begun).and(column("id").eq(Expr::from(first)));
    column("record").is_null().or(column("attempts").gt(0)).or(is_next)
}

/// Removes the jobs of all companies that have been kept long enough.
pub(crate) async fn delete_expired(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<u64> {
    let delete = Query::delete().from_table(TABLE).and_where(Expr::col("expires_at").lte(now)).to_owned();
    Ok(db.execute(&delete).await?.rows_affected())
}
