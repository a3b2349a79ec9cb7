//! The demo's jobs.

use chrono::TimeDelta;
use crm_core::ids::{JobId, JobScheduleId};
use crm_core::jobs::{NewJob, NewJobSchedule};
use crm_http::examples;
use serde_json::json;
use uuid::Uuid;

use super::Seeder;

impl Seeder<'_, '_> {
    /// The jobs of the document's examples. They wait, so that they are as the examples expect them.
    pub(super) async fn jobs(&mut self) -> anyhow::Result<()> {
        for id in [examples::JOB, examples::JOB_TO_CANCEL, examples::JOB_TO_RETRY] {
            self.clock.set(examples::ADDED_AT.parse()?);
            self.example_job(id).await?;
        }
        // An old job would be deleted.
        self.clock.set(self.now);
        self.tx.scope().jobs().cancel(examples::JOB_TO_RETRY.into()).await?;
        self.job_schedule().await
    }

    async fn job_schedule(&mut self) -> anyhow::Result<()> {
        let id = examples::JOB_SCHEDULE;
        let schedule = NewJobSchedule::new("Numbers of customers", "30 2 * * SUN", examples::JOB_KIND);
        self.clock.set(examples::ADDED_AT.parse()?);
        self.randomness.choose(id);
        // On since then, it would make up for the times that it missed.
        let off = NewJobSchedule { is_enabled: false, ..schedule.clone() };
        let added = self.tx.scope().jobs().schedule(off).await?;
        anyhow::ensure!(added.id == JobScheduleId(id), "the example {id} became {}", added.id);
        self.clock.set(self.now);
        self.tx.scope().jobs().schedule(schedule).await?;
        Ok(())
    }

    async fn example_job(&mut self, id: Uuid) -> anyhow::Result<()> {
        self.randomness.choose(id);
        let job = NewJob::new(examples::JOB_KIND, json!({})).at(self.now + TimeDelta::days(365));
        let job = self.tx.scope().jobs().enqueue(job).await?;
        anyhow::ensure!(job.id == JobId(id), "the example {id} became {}", job.id);
        Ok(())
    }
}
