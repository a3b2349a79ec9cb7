//! The job that imports a stored file.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use super::super::options::ImportOptions;
use super::super::report::ImportReport;
use super::super::{aside, import};
use super::run::track;
use super::{file, repo};
use crate::base::error::{Error, Result};
use crate::base::ids::{CompanyId, ImportId, UserId};
use crate::base::rights::{ActorKind, Permission};
use crate::jobs::{JobDone, JobError, JobHandler, JobPolicy, NewJob, RunningJob};
use crate::scope::actor::{Actor, Role};

/// How long the database may take for a batch.
const BATCH_TIME: Duration = Duration::from_secs(60);

/// Imports a stored file, or tries it out.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportCustomers;

impl ImportCustomers {
    /// The kind.
    pub const KIND: &'static str = "crm.import";
}

/// The file, the user, and the rights that the user had at the start.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    import: ImportId,
    kind: ActorKind,
    user: Option<UserId>,
    permissions: Vec<Permission>,
    request_id: Option<String>,
}

impl Order {
    fn actor(&self, company: CompanyId) -> Actor {
        let actor = match (self.kind, self.user) {
            (ActorKind::User, Some(user)) => Actor::user(company, user, Role::Viewer),
            (ActorKind::Service, Some(service)) => Actor::service(company, service, Role::Viewer),
            _ => Actor::system(company),
        };
        let actor = actor.with_permissions(self.permissions.iter().copied());
        match &self.request_id {
            Some(id) => actor.with_request_id(id),
            None => actor,
        }
    }
}

pub(super) fn new_job(import: ImportId, actor: &Actor) -> NewJob {
    let order = Order {
        import,
        kind: actor.kind,
        user: actor.user,
        permissions: actor.permissions.to_vec(),
        request_id: actor.request_id.clone(),
    };
    NewJob::new(ImportCustomers::KIND, json!(order)).of_record(format!("import:{import}"))
}

#[async_trait]
impl JobHandler for ImportCustomers {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { max_attempts: 6, first_delay: Duration::from_secs(2), ..JobPolicy::default() }
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let order: Order = job.payload()?;
        let pool = job.scope.pool().cloned().ok_or(JobError::give_up("not_on_a_pool"))?;
        let mut scope = job.scope.crm.on(order.actor(job.company_id()), &pool);
        let stored = repo::find(&scope, order.import).await?;
        let options = stored.options.clone().filter(|_| stored.job_id == Some(job.id()));
        let options = options.ok_or(JobError::give_up("superseded"))?;
        let options = Arc::new(ImportOptions { batch_time: Some(BATCH_TIME), ..options });
        let file = Box::new(file::open(&scope, &stored).await?);
        let (sender, done) = watch::channel(0);
        let tracking = track(&stored, options.dry_run, sender);
        let work = aside(Box::pin(async move { import(&mut scope, file, options, tracking).await }));
        let report = watched(job, work, done, stored.rows).await?;
        let counts = json!({
            "dryRun": report.dry_run,
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "failed": report.failed,
        });
        let mut tx = job.begin().await?;
        repo::finish(&mut tx.scope(), order.import, &report).await?;
        tx.complete(counts).await
    }
}

/// Shows how far the work is, and ends it if the job is cancelled.
async fn watched(
    job: &mut RunningJob,
    work: impl Future<Output = Result<ImportReport, Error>>,
    mut done: watch::Receiver<u64>,
    rows: u64,
) -> Result<ImportReport, JobError> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            report = &mut work => return Ok(report?),
            Ok(()) = done.changed() => {
                let so_far = *done.borrow_and_update();
                let percent = so_far.saturating_mul(100) / rows.max(1);
                let percent = u8::try_from(percent.min(99)).unwrap_or(99);
                job.progress(percent, Some(&format!("{so_far} of {rows} rows"))).await?;
            }
        }
    }
}
