//! A host that has a queue of its own.

use async_trait::async_trait;
use crm_core::jobs::{JobOutcome, JobQueue, JobState, NewJob, QueuedJob};
use crm_core::{Crm, begin_write};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};
use testkit::{Suite, TestDatabase};

use super::{Work, World, number};
use crm_core::actor::Actor;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [a_host_runs_jobs_from_its_own_queue]);
}

/// A table of the host.
struct HostQueue;

#[async_trait]
impl JobQueue for HostQueue {
    async fn push(&self, tx: &DatabaseTransaction, jobs: &[QueuedJob]) -> crm_core::Result<()> {
        for job in jobs {
            let sql = "INSERT INTO host_queue (job) VALUES ($1)";
            let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [job.id.to_string().into()]);
            tx.execute_raw(statement).await?;
        }
        Ok(())
    }
}

async fn a_host_runs_jobs_from_its_own_queue(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::with(&database, Crm::builder().job_queue(HostQueue));
    let db = &world.crm.db;
    db.execute_unprepared("CREATE TABLE host_queue (job TEXT NOT NULL)").await?;
    let queued = async || number(db, "SELECT count(*) FROM host_queue").await;
    let mut tx = begin_write(db).await?;
    world.crm.crm.within(Actor::system(world.crm.company), &mut tx).jobs().enqueue(Work::named("a").job()).await?;
    tx.rollback().await?;
    assert_eq!(queued().await?, 0);
    let job = world.enqueue(Work { failures: 1, ..Work::named("a") }.job()).await?;
    let unknown = world.enqueue(NewJob::new("test.unknown", "")).await?;
    assert_eq!(queued().await?, 2);
    let run =
        async |job: &crm_core::jobs::Job| world.crm.crm.run_job(db, world.crm.company, job.id, &world.options).await;
    assert_eq!(run(&job).await?, Some(JobOutcome::Retried));
    // It is in the queue again, for its next attempt.
    assert_eq!(queued().await?, 3);
    let waiting = world.get(&job).await?;
    if waiting.run_at > world.clock_now() {
        assert_eq!(run(&job).await?, None);
    }
    world.clock.set(waiting.run_at);
    assert_eq!(run(&job).await?, Some(JobOutcome::Done));
    assert_eq!((run(&job).await?, run(&unknown).await?), (None, None));
    assert_eq!(world.get(&unknown).await?.state, JobState::Waiting);
    // An error of the queue fails what enqueues.
    db.execute_unprepared("DROP TABLE host_queue").await?;
    assert!(world.enqueue(Work::named("b").job()).await.is_err());
    assert_eq!(world.crm.count("crm_jobs").await?, 2);
    Ok(())
}
