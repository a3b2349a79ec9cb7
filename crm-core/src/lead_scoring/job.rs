//! The job that learns from the company's leads, and scores them.

use async_trait::async_trait;
use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::facts::{self, Facts};
use super::learn::{Sample, learn};
use super::{store, write};
use crate::base::error::Result;
use crate::base::ids::LeadId;
use crate::jobs::{self, JobDone, JobError, JobHandler, JobPolicy, NewJobSchedule, RunningJob};
use crate::lead_statuses::LeadStatusType;
use crate::leads::{self, TABLE as LEADS};
use crate::scope::{CompanyScope, CompanyTx, is_live};

/// The most leads that a model is learned from: the newest.
const MAX_SAMPLES: usize = 50_000;
/// How many are read at once.
const PAGE: u64 = 1_000;

/// Learns from the company's won and lost leads, and scores all that were not converted: each night shortly after midnight of
/// the company, when the age of activities has grown by a day, and after a change of the rules, without learning.
///
/// A company has a [schedule](crate::jobs::JobSchedule) for it from its first rule on, or from when it asks for a rebuild. It can
/// be switched off, and another one of the host's for this kind takes its place.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScoreLeads;

impl ScoreLeads {
    /// The kind.
    pub const KIND: &'static str = "crm.score_leads";
    /// The name of the schedule.
    pub const SCHEDULE: &'static str = "Lead scores";
}

/// Schedules the job, unless the company has it in its schedules.
pub(super) async fn schedule(tx: &mut CompanyTx<'_>) -> Result<()> {
    jobs::ensure_scheduled(tx, NewJobSchedule::new(ScoreLeads::SCHEDULE, "10 0 * * *", ScoreLeads::KIND)).await
}

/// What is to be done; everything, by default.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Task {
    /// Nothing is learned.
    rules_only: bool,
    /// Only this lead is scored, and nothing is learned.
    lead_id: Option<LeadId>,
}

#[async_trait]
impl JobHandler for ScoreLeads {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { on_request: true, ..JobPolicy::default() }
    }

    /// Each batch is a transaction; to score a lead twice changes nothing.
    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let task = job.payload::<Option<Task>>()?.unwrap_or_default();
        if let Some(id) = task.lead_id {
            job.scope().write(async |tx| write::score_one(tx, id).await).await?;
            return job.begin().await?.complete(json!({})).await;
        }
        if !task.rules_only {
            let lessons = learn(&samples(job).await?);
            job.scope().write(async |tx| store::replace(tx, &lessons).await).await?;
        }
        let (mut after, mut changed) = (Uuid::nil(), 0);
        while let Some((last, scored)) = job.scope().write(async |tx| write::score_next(tx, after).await).await? {
            (after, changed) = (last, changed + scored);
            job.progress(0, Some(&format!("{changed} scores changed"))).await?;
        }
        job.begin().await?.complete(json!({ "changed": changed })).await
    }
}

/// The newest leads of which it is known what came of them.
async fn samples(job: &mut RunningJob) -> Result<Vec<Sample>, JobError> {
    let (mut before, mut samples) = (Uuid::max(), Vec::new());
    while samples.len() < MAX_SAMPLES {
        let page = closed(job.scope(), before).await?;
        let Some(last) = page.last() else { break };
        before = last.id;
        samples.extend(page.iter().filter_map(Sample::of));
        job.progress(0, Some(&format!("{} leads to learn from", samples.len()))).await?;
    }
    Ok(samples)
}

/// Leads that were won or lost, by id, before this one.
async fn closed(scope: &CompanyScope<'_>, before: Uuid) -> Result<Vec<Facts>> {
    let column = |name: &'static str| Expr::col((LEADS, name));
    let is_closed = column("status_type")
        .is_in([LeadStatusType::Won, LeadStatusType::Lost].map(LeadStatusType::as_str))
        .or(column("converted_at").is_not_null());
    let rows = facts::select(scope.find::<leads::Entity>(), facts::none());
    let rows = rows.filter(is_live(LEADS)).filter(is_closed).filter(column("id").lt(before));
    rows.map(|select| select.order_by_desc(Expr::col((LEADS, "id")))).fetch_up_to(PAGE).await
}
