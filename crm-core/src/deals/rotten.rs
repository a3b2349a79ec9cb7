//! Deals that are too long in their stage, and the job that tells of them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};
use serde_json::json;
use uuid::Uuid;

use super::model::{Deal, DealStatus};
use super::row::{self, TABLE};
use crate::base::error::{Kind, Result};
use crate::base::ids::CompanyId;
use crate::jobs::{self, JobDone, JobError, JobHandler, JobPolicy, NewJobSchedule, RunningJob};
use crate::journal::ChangeRecord;
use crate::pipelines::{self, STAGES};
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

/// How many seconds a day has; days in a stage are whole ones.
const DAY: i64 = 24 * 60 * 60;
/// How many deals one transaction marks.
const BATCH: u64 = 200;

impl Deal {
    /// Says how long a deal that was just read has been in its stage, and whether that is too long.
    pub(super) fn age(&mut self, now: DateTime<Utc>) {
        let seconds = now.timestamp() - self.stage_entered_at.timestamp();
        self.days_in_stage = Ord::max(seconds, 0) / DAY;
        let most = self.rotten_days.take().filter(|_| self.status == DealStatus::Open);
        self.is_rotten = most.is_some_and(|most| self.days_in_stage >= most);
    }
}

/// Open deals that are too long in their stage at this moment.
pub(super) fn is_rotten(company: CompanyId, now: DateTime<Utc>, postgres: bool) -> Expr {
    // Written out, because the index of those that can be told of has it.
    let is_open = Expr::cust(format!("{TABLE}.status = 'open'"));
    is_open.and(Expr::exists(exceeded(company, now, postgres)))
}

/// The stage of a deal, if the deal has been there for as many days as its stage or its pipeline says.
fn exceeded(company: CompanyId, now: DateTime<Utc>, postgres: bool) -> SelectStatement {
    let of_stage = |name: &'static str| Expr::col((STAGES, name));
    let of_pipeline = |name: &'static str| Expr::col((pipelines::TABLE, name));
    let days: Expr = Func::coalesce([of_stage("rotten_days"), of_pipeline("rotten_days")]).into();
    Query::select()
        .expr(Expr::val(1))
        .from(STAGES)
        .inner_join(pipelines::TABLE, of_pipeline("id").equals((STAGES, "pipeline_id")))
        .and_where(of_stage("company_id").eq(company.0))
        .and_where(of_pipeline("company_id").eq(company.0))
        .and_where(of_stage("id").equals((TABLE, "stage_id")))
        .and_where(days.mul(DAY).add(entered_at(postgres)).lte(now.timestamp()))
        .to_owned()
}

/// When a deal entered its stage, in whole seconds.
fn entered_at(postgres: bool) -> Expr {
    Expr::cust(if postgres {
        "CAST(FLOOR(EXTRACT(EPOCH FROM crm_deals.stage_entered_at)) AS BIGINT)"
    } else {
        // Times are stored as text, with as many places as they need.
        "CAST(strftime('%s', substr(crm_deals.stage_entered_at, 1, 19)) AS INTEGER)"
    })
}

/// Tells of each deal that is too long in its stage with one event, `crm.deal.rotten`, once for each time that it enters a
/// stage.
///
/// A company has a [schedule](crate::jobs::JobSchedule) for it from the moment on at which one of its pipelines says how
/// long is too long. It can be switched off, and another one of the host's for this kind takes its place.
#[derive(Clone, Copy, Debug, Default)]
pub struct MarkRottenDeals;

impl MarkRottenDeals {
    /// The kind.
    pub const KIND: &'static str = "crm.mark_rotten_deals";
    /// The name of the schedule.
    pub const SCHEDULE: &'static str = "Rotten deals";
}

/// Schedules the job, unless the company has it in its schedules.
pub(crate) async fn schedule_marking(tx: &mut CompanyTx<'_>) -> Result<()> {
    let new = NewJobSchedule::new(MarkRottenDeals::SCHEDULE, "0 5 * * *", MarkRottenDeals::KIND);
    jobs::ensure_scheduled(tx, new).await
}

#[async_trait]
impl JobHandler for MarkRottenDeals {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { on_request: true, ..JobPolicy::default() }
    }

    /// Each batch is a transaction: what it marks is told, and is not found again.
    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let (mut after, mut told) = (Uuid::nil(), 0);
        while let Some((last, marked)) = job.scope().write(async |tx| mark(tx, after).await).await? {
            (after, told) = (last, told + marked);
            job.progress(0, Some(&format!("{told} deals"))).await?;
        }
        job.begin().await?.complete(json!({ "deals": told })).await
    }
}

/// Marks the next deals by id. Gives the last of them, and how many they are.
async fn mark(tx: &mut CompanyTx<'_>, after: Uuid) -> Result<Option<(Uuid, usize)>> {
    let column = |name: &'static str| Expr::col((TABLE, name));
    let untold = tx
        .find::<row::Entity>()
        .filter(is_rotten(tx.company.id, tx.now(), tx.is_postgres()))
        .filter(column("deleted_at").is_null().and(column("rotten_at").is_null()))
        .filter(column("id").gt(after))
        .map(|select| select.order_by_asc(row::Column::Id))
        .for_no_key_update();
    let deals: Vec<row::Model> = untold.fetch_up_to(BATCH).await?;
    let Some(last) = deals.last().map(|deal| deal.id) else {
        return Ok(None);
    };
    let ids: Vec<Uuid> = deals.iter().map(|deal| deal.id).collect();
    let update = Query::update()
        .table(TABLE)
        .value("rotten_at", tx.now())
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("id"), ids, tx.is_postgres()))
        .to_owned();
    tx.execute(&update).await?;
    for deal in &deals {
        tx.record_change(told(deal, tx.now()));
    }
    Ok(Some((last, deals.len())))
}

/// The event of a deal: nothing of it has changed.
fn told(deal: &row::Model, now: DateTime<Utc>) -> ChangeRecord {
    ChangeRecord {
        kind: Kind::Deal,
        id: Some(deal.id),
        version: deal.version,
        action: "rotten",
        at: Ord::max(now, deal.updated_at),
        changes: Vec::new(),
        details: None,
        private_to: None,
        customer: Some(deal.customer_id.into()),
        origin: None,
        tags: Vec::new(),
        customers: Vec::new(),
    }
}
