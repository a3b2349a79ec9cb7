//! The job that reverts an import of many customers: one transaction for each batch.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::repo::next_batch;
use crate::base::error::Error;
use crate::base::ids::ImportId;
use crate::base::rights::{ActorRef, Permission};
use crate::jobs::{JobDone, JobError, JobHandler, NewJob, RunningJob};
use crate::scope::actor::Actor;

/// Reverts an import, batch by batch. A batch happens once: it removes its customers from those of the import.
#[derive(Clone, Copy, Debug, Default)]
pub struct RevertImport;

/// The import, and the user with the rights that they had at the start.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    import: ImportId,
    customers: u64,
    by: ActorRef,
    permissions: Vec<Permission>,
}

impl RevertImport {
    /// The kind.
    pub const KIND: &'static str = "crm.revert_import";

    pub(super) fn job(actor: &Actor, import: ImportId, customers: u64) -> NewJob {
        let order = Order { import, customers, by: ActorRef::from(actor), permissions: actor.permissions.to_vec() };
        NewJob::new(Self::KIND, json!(order)).of_record(format!("import:{import}"))
    }
}

#[async_trait]
impl JobHandler for RevertImport {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let Order { import, customers, by, permissions } = job.payload()?;
        let company = job.company_id();
        let actor = Actor { kind: by.kind, user: by.id, ..Actor::system(company) }.with_permissions(permissions);
        let pool = job.scope.pool().cloned().ok_or_else(|| Error::internal("a job runs on a pool"))?;
        let mut scope = job.scope.crm.on(actor, &pool);
        loop {
            let (tally, is_done) = next_batch(&mut scope, import).await?;
            if is_done {
                let result = json!(tally.into_outcome(import, false));
                return job.begin().await?.complete(result).await;
            }
            let done = tally.done();
            let percent = u8::try_from(done.saturating_mul(100) / customers.max(1)).unwrap_or(100);
            job.progress(percent, Some(&format!("{done} of {customers} customers"))).await?;
        }
    }
}
