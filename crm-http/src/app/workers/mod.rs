//! Runs jobs beside the routes, with metrics.

mod metrics;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use crm_core::Crm;
use crm_core::jobs::JobOptions;
use crm_core::sea_orm::DatabaseConnection;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use metrics::Recorded;

/// How long running jobs may take to end at shutdown, and then to be given back.
const END_WITHIN: Duration = Duration::from_secs(10);

/// How a process runs jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobWorkerOptions {
    /// The maximum number of jobs that run at once.
    pub parallel: NonZeroUsize,
    /// After this time without a sign of life of the process, its jobs are given to others.
    pub lease: Duration,
}

/// The workers of this process: they take due jobs of all companies in turn. Dropping them breaks off running jobs,
/// which other processes run again when their leases have ended; [`JobWorkers::end`] gives them back at once.
pub struct JobWorkers {
    stopping: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl fmt::Debug for JobWorkers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobWorkers").finish_non_exhaustive()
    }
}

impl JobWorkers {
    /// Starts workers. Any number of processes can do so: they share the work.
    #[must_use]
    pub fn start(crm: Crm, database: DatabaseConnection, options: JobWorkerOptions) -> Self {
        metrics::describe();
        let stopping = watch::Sender::new(false);
        let mut stopped = stopping.subscribe();
        let options = JobOptions {
            parallel: options.parallel.get(),
            lease: options.lease,
            end_within: END_WITHIN / 2,
            observer: Some(Arc::new(Recorded)),
            ..JobOptions::default()
        };
        let running = tokio::spawn(async move {
            let stop = async {
                // The sender was dropped, which also stops everything.
                let _ = stopped.wait_for(|stops| *stops).await;
            };
            crm.run_jobs(&database, &options, stop).await;
        });
        Self { stopping, running }
    }

    /// Takes no more jobs, and gives back those that do not end within seconds.
    pub async fn end(mut self) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(END_WITHIN, &mut self.running).await.is_err() {
            tracing::warn!("jobs were broken off; they are run again when their leases have ended");
        }
    }
}

impl Drop for JobWorkers {
    fn drop(&mut self) {
        self.running.abort();
    }
}
