//! Failures: attempts, dead letters, cancellation, and workers that die.

use std::time::Duration;

use crm_core::jobs::{JobState, NewJob};
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};

use super::{Work, World};
use crate::support::assert_matches;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_failed_job_is_tried_again_after_a_growing_delay,
        a_dead_letter_can_be_retried,
        a_handler_that_panics_has_failed,
        a_waiting_job_is_cancelled_at_once,
        a_running_job_is_cancelled,
        what_has_ended_is_not_cancelled,
        the_job_of_a_dead_worker_is_run_again,
        a_worker_that_was_believed_dead_has_no_effect,
        a_worker_that_dies_with_its_job_each_time_ends_it,
        a_worker_that_stops_gives_its_jobs_back,
        old_jobs_are_deleted,
        the_jobs_of_a_suspended_company_wait,
    ]);
}

async fn a_failed_job_is_tried_again_after_a_growing_delay(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let mut delays = [0.0_f64; 2];
    for round in 0..10 {
        let job = world.enqueue(Work { failures: 2, ..Work::named(format!("{round}")) }.job()).await?;
        for (attempt, (delay, limit)) in delays.iter_mut().zip([10.0, 20.0]).enumerate() {
            world.run().await?;
            let failed = world.get(&job).await?;
            // A delay of nothing at all is a delay as well.
            if failed.attempts != i64::try_from(attempt)? + 1 {
                continue;
            }
            assert_eq!((failed.state, failed.last_error.as_deref()), (JobState::Waiting, Some("not_yet")));
            let waits = (failed.run_at - world.clock_now()).as_seconds_f64();
            assert!((0.0..=limit).contains(&waits), "{waits}");
            *delay = delay.max(waits);
            world.clock.set(failed.run_at);
        }
        world.run().await?;
        let done = world.get(&job).await?;
        assert_eq!((done.state, done.attempts, done.last_error), (JobState::Done, 3, None));
    }
    // Random up to a limit that doubles: of ten, one is beyond a half of it.
    assert!(delays[0] > 5.0 && delays[1] > 10.0, "{delays:?}");
    Ok(())
}

async fn a_dead_letter_can_be_retried(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = Work { gives_up: true, ..Work::named("a") }.job().unique("key");
    let job = world.enqueue(job).await?;
    assert_eq!(world.run().await?, 1);
    let failed = world.get(&job).await?;
    assert_eq!((failed.state, failed.attempts, failed.last_error.as_deref()), (JobState::Failed, 1, Some("hopeless")));
    assert_eq!(world.events().await?, ["crm.job.enqueued", "crm.job.failed"]);
    let retried = world.system().jobs().retry(job.id).await?;
    assert_eq!((retried.state, retried.attempts, retried.finished_at), (JobState::Waiting, 0, None));
    assert_matches!(world.system().jobs().retry(job.id).await, Err(Error::Conflict(Conflict::JobNotRetryable)));
    assert_eq!(world.run().await?, 1);
    assert_eq!(world.get(&job).await?.state, JobState::Failed);
    // Its key has another job now.
    world.enqueue(Work::named("b").job().unique("key")).await?;
    assert_matches!(world.system().jobs().retry(job.id).await, Err(Error::Conflict(Conflict::JobKeyTaken)));
    assert_eq!(world.get(&job).await?.state, JobState::Failed);
    // All attempts used up.
    let tired = world.enqueue(Work { failures: 9, ..Work::named("c") }.job().max_attempts(2)).await?;
    world.run().await?;
    world.clock.advance(Duration::from_secs(20));
    world.run().await?;
    let tired = world.get(&tired).await?;
    assert_eq!((tired.state, tired.attempts), (JobState::Failed, 2));
    Ok(())
}

async fn a_handler_that_panics_has_failed(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = world.enqueue(Work { panics: true, ..Work::named("a") }.job().max_attempts(1)).await?;
    let wrong = world.enqueue(NewJob::new(super::KIND, "no object")).await?;
    assert_eq!(world.run().await?, 2);
    let failed = world.get(&job).await?;
    assert_eq!((failed.state, failed.last_error.as_deref()), (JobState::Failed, Some("panicked")));
    assert_eq!(world.get(&wrong).await?.last_error.as_deref(), Some("payload_invalid"));
    Ok(())
}

async fn a_waiting_job_is_cancelled_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = world.enqueue(Work::named("a").job()).await?;
    for _ in 0..2 {
        let cancelled = world.system().jobs().cancel(job.id).await?;
        assert_eq!((cancelled.state, cancelled.version), (JobState::Cancelled, 2));
    }
    assert_eq!(world.run().await?, 0);
    assert_eq!(world.events().await?, ["crm.job.enqueued", "crm.job.cancelled"]);
    assert_eq!(world.system().jobs().retry(job.id).await?.state, JobState::Waiting);
    assert_eq!(world.run().await?, 1);
    Ok(())
}

async fn a_running_job_is_cancelled(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = world.enqueue(Work { waits: true, ..Work::named("a") }.job()).await?;
    let running = world.run_aside();
    world.worker.begun.notified().await;
    let begun = world.get(&job).await?;
    assert_eq!((begun.state, begun.progress, begun.message.as_deref()), (JobState::Running, 50, Some("half of it")));
    let asked = world.system().jobs().cancel(job.id).await?;
    assert_eq!((asked.state, asked.cancel_requested), (JobState::Running, true));
    assert_eq!(running.await??, 1);
    assert_eq!(world.get(&job).await?.state, JobState::Cancelled);
    assert_eq!(world.crm.count("crm_customers").await?, 0);
    assert_eq!(world.events().await?, ["crm.job.enqueued", "crm.job.cancelled"]);
    Ok(())
}

async fn what_has_ended_is_not_cancelled(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let done = world.enqueue(Work::named("a").job()).await?;
    let failed = world.enqueue(Work { gives_up: true, ..Work::named("b") }.job()).await?;
    assert_eq!(world.run().await?, 2);
    for job in [&done, &failed] {
        assert_matches!(world.system().jobs().cancel(job.id).await, Err(Error::Conflict(Conflict::JobFinished)));
    }
    assert_matches!(world.system().jobs().retry(done.id).await, Err(Error::Conflict(Conflict::JobNotRetryable)));
    Ok(())
}

/// A worker that is dropped while it runs a job leaves it as one that was killed does.
async fn abandon(world: &World) {
    tokio::select! {
        done = world.run() => panic!("it waits: {done:?}"),
        () = world.worker.begun.notified() => {}
    }
}

async fn the_job_of_a_dead_worker_is_run_again(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = world.enqueue(Work { waits: true, ..Work::named("a") }.job().of_record("r")).await?;
    world.enqueue(Work::named("b").job().of_record("r")).await?;
    abandon(&world).await;
    let other = world.other_process();
    assert_eq!(other.run_due_jobs(&world.crm.db, &world.options).await?, 0);
    assert_eq!(world.get(&job).await?.state, JobState::Running);
    world.clock.advance(world.options.lease);
    assert_eq!(other.run_due_jobs(&world.crm.db, &world.options).await?, 2);
    let done = world.get(&job).await?;
    assert_eq!((done.state, done.attempts), (JobState::Done, 2));
    assert_eq!(world.worker.log(), ["begin a", "begin a", "end a", "begin b", "end b"]);
    Ok(())
}

async fn a_worker_that_was_believed_dead_has_no_effect(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = world.enqueue(Work { waits: true, ..Work::named("a") }.job()).await?;
    let first = world.run_aside();
    world.worker.begun.notified().await;
    world.clock.advance(world.options.lease);
    assert_eq!(world.other_process().run_due_jobs(&world.crm.db, &world.options).await?, 1);
    world.worker.go.notify_one();
    assert_eq!(first.await??, 1);
    assert_eq!(world.worker.log(), ["begin a", "begin a", "end a"]);
    assert_eq!(world.crm.count("crm_customers").await?, 1);
    assert_eq!((world.get(&job).await?.state, world.events().await?.len()), (JobState::Done, 2));
    Ok(())
}

async fn a_worker_that_dies_with_its_job_each_time_ends_it(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = world.enqueue(Work { waits: true, ..Work::named("a") }.job().max_attempts(1)).await?;
    abandon(&world).await;
    world.clock.advance(world.options.lease);
    world.run().await?;
    let failed = world.get(&job).await?;
    assert_eq!((failed.state, failed.last_error.as_deref()), (JobState::Failed, Some("lease_expired")));
    assert_eq!(world.worker.log(), ["begin a"]);
    Ok(())
}

async fn a_worker_that_stops_gives_its_jobs_back(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(&database);
    world.options.end_within = Duration::from_millis(50);
    let job = world.enqueue(Work { waits: true, ..Work::named("a") }.job()).await?;
    let stop = async { world.worker.begun.notified().await };
    world.crm.crm.run_jobs(&world.crm.db, &world.options, stop).await;
    let waiting = world.get(&job).await?;
    assert_eq!((waiting.state, waiting.attempts, waiting.last_error), (JobState::Waiting, 0, None));
    Ok(())
}

async fn old_jobs_are_deleted(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    world.enqueue(Work::named("a").job()).await?;
    world.enqueue(Work { gives_up: true, ..Work::named("b") }.job()).await?;
    world.enqueue(Work::named("c").job().at(world.clock_now() + chrono::TimeDelta::days(365))).await?;
    assert_eq!(world.run().await?, 2);
    let day = Duration::from_secs(24 * 60 * 60);
    for (days, left) in [(6, 3), (2, 2), (80, 2), (3, 1)] {
        world.clock.advance(day * days);
        world.crm.crm.delete_old_jobs(&world.crm.db).await?;
        assert_eq!(world.crm.count("crm_jobs").await?, left);
    }
    Ok(())
}

async fn the_jobs_of_a_suspended_company_wait(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    world.enqueue(Work::named("a").job()).await?;
    world.crm.crm.companies(&world.crm.db).suspend(world.crm.company).await?;
    assert_eq!(world.run().await?, 0);
    world.crm.crm.companies(&world.crm.db).reactivate(world.crm.company).await?;
    assert_eq!(world.run().await?, 1);
    Ok(())
}
