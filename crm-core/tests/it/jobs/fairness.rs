//! Companies take turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crm_core::jobs::JobState;
use testkit::{Suite, TestDatabase};

use super::{Work, World, number};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        ten_jobs_beside_ten_thousand_are_not_late,
        slow_jobs_of_a_company_leave_a_place_to_others,
    ]);
}

const MANY: usize = 10_000;
const FEW: usize = 10;

async fn ten_jobs_beside_ten_thousand_are_not_late(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    for batch in 0..MANY / 1_000 {
        let jobs = (0..1_000).map(|number| Work::named(format!("{batch}-{number}")).job()).collect();
        world.system().jobs().enqueue_all(jobs).await?;
    }
    // The ten come last, and their company is found beside the other.
    world.clock.advance(Duration::from_secs(60));
    let other = world.crm.other_company();
    let few = (0..FEW).map(|number| Work::named(number.to_string()).job()).collect();
    other.crm.on(crm_core::actor::Actor::system(other.company), &other.db).jobs().enqueue_all(few).await?;
    let options = crm_core::jobs::JobOptions { observer: None, ..Default::default() };
    let began = Instant::now();
    let all_done = async {
        let done = async || other.count("crm_customers").await.is_ok_and(|done| done == i64::try_from(FEW).unwrap());
        assert!(testkit::eventually(Duration::from_secs(60), done).await, "the ten are late");
    };
    world.crm.crm.run_jobs(&world.crm.db, &options, all_done).await;
    let took = began.elapsed();
    let done = "SELECT count(*) FROM crm_jobs WHERE state = 'done'";
    let (all, left) = (number(&super::aside(&database).await?, done).await?, MANY + FEW);
    eprintln!("{}: ten beside {MANY}: all done after {took:?}, and {all} of {left} jobs", database.backend);
    // One of the others for each of the ten, and those that ran while the test looked.
    assert!(all < 1_000, "{all} jobs were done before the ten");
    Ok(())
}

async fn slow_jobs_of_a_company_leave_a_place_to_others(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(&database);
    (world.options.parallel, world.options.of_company) = (2, None);
    let slow = Work { waits: true, ..Work::named("slow") };
    world.system().jobs().enqueue_all(vec![slow.job(), slow.job()]).await?;
    let running = world.run_aside();
    world.worker.begun.notified().await;
    let other = world.crm.other_company();
    let mut scope = other.crm.on(crm_core::actor::Actor::system(other.company), &other.db);
    let quick = scope.jobs().enqueue(Work::named("quick").job()).await?;
    // The worker looks again when a job has ended, or here when another one is there.
    let aside = world.run_aside();
    let done = async || scope.jobs().get(quick.id).await.is_ok_and(|job| job.state == JobState::Done);
    assert!(testkit::eventually(Duration::from_secs(30), done).await);
    let go = Arc::clone(&world.worker.go);
    let opened = tokio::spawn(async move {
        loop {
            go.notify_one();
            tokio::task::yield_now().await;
        }
    });
    running.await??;
    aside.await??;
    opened.abort();
    Ok(())
}
