//! A kind of jobs that every CRM has: the recount of a company's statistics.

use async_trait::async_trait;
use serde_json::json;

use crate::scope::jobs::{JobDone, JobError, JobHandler, JobPolicy, RunningJob};
use crate::stats::recount::recount;

/// Recomputes the stored statistics of all customers of the company, batch by batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recount;

impl Recount {
    /// The kind.
    pub const KIND: &'static str = "crm.recount";
}

#[async_trait]
impl JobHandler for Recount {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { on_request: true, ..JobPolicy::default() }
    }

    /// Each batch is a transaction; to recount a customer twice changes nothing.
    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let (mut after, mut customers) = (uuid::Uuid::nil(), 0);
        while let Some((last, counted)) = recount(job.scope(), after).await? {
            (after, customers) = (last, customers + counted);
            job.progress(0, Some(&format!("{customers} customers"))).await?;
        }
        job.begin().await?.complete(json!({ "customers": customers })).await
    }
}
