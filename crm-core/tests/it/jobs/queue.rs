//! Enqueueing, keys, and the order of a record.

use crm_core::actor::Actor;
use crm_core::customers::NewCustomer;
use crm_core::jobs::{JobState, NewJob};
use crm_core::{Error, begin_write};
use testkit::{Suite, TestDatabase};

use super::{KIND, Work, World, result_of};
use crate::support::{assert_matches, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_job_runs_once_and_has_its_effect,
        a_job_exists_if_its_cause_does,
        a_key_has_one_job_at_a_time,
        of_sixteen_at_once_with_a_key_one_is_added,
        the_jobs_of_a_record_run_in_order,
        a_record_waits_for_the_next_attempt_and_others_do_not,
        a_job_for_later_holds_nothing_back,
        names_and_payloads_have_limits,
    ]);
}

async fn a_job_runs_once_and_has_its_effect(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = world.enqueue(Work::named("Lee & Co").job()).await?;
    assert_eq!((job.state, job.attempts, job.max_attempts), (JobState::Waiting, 0, 3));
    assert_eq!([world.run().await?, world.run().await?], [1, 0]);
    let done = world.get(&job).await?;
    assert_eq!((done.state, done.attempts, done.progress), (JobState::Done, 1, 100));
    assert_eq!(result_of(&done)["name"], "Lee & Co");
    assert!(done.started_at.is_some() && done.finished_at.is_some());
    assert_eq!(world.crm.count("crm_customers").await?, 1);
    assert_eq!(world.events().await?, ["crm.job.enqueued", "crm.job.completed"]);
    Ok(())
}

async fn a_job_exists_if_its_cause_does(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    for (commits, jobs) in [(false, 0), (true, 1)] {
        let mut tx = begin_write(&world.crm.db).await?;
        let mut scope = world.crm.crm.within(Actor::system(world.crm.company), &mut tx);
        scope.customers().create(NewCustomer::organization("Cause")).await?;
        scope.jobs().enqueue(Work::named("Effect").job()).await?;
        // A write that fails leaves the rest as it was.
        let mut failing = scope.begin().await?;
        failing.scope().jobs().enqueue(Work::named("Never").job()).await?;
        drop(failing);
        if commits {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        assert_eq!(world.crm.count("crm_jobs").await?, jobs);
        assert_eq!(world.run().await?, u64::try_from(jobs)?);
    }
    assert_eq!(world.crm.count("crm_customers").await?, 2);
    Ok(())
}

async fn a_key_has_one_job_at_a_time(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = |name: &str| Work::named(name).job().unique("key");
    let first = world.enqueue(job("a")).await?;
    assert_eq!(world.enqueue(job("b")).await?.id, first.id);
    let other_kind = NewJob::new("test.other", "").unique("key");
    let many = vec![job("c"), Work::named("d").job().unique("other"), job("e"), other_kind];
    let many = world.system().jobs().enqueue_all(many).await?;
    assert!(many[0].id == first.id && many[2].id == first.id && many[1].id != first.id && many[3].id != first.id);
    assert_eq!(world.crm.other_company().admin().jobs().enqueue(job("f")).await?.unique_key.as_deref(), Some("key"));
    assert_eq!(world.run().await?, 3);
    // It has ended: its key is free.
    let second = world.enqueue(job("g")).await?;
    assert_ne!(second.id, first.id);
    assert_eq!(world.run().await?, 1);
    assert_eq!(world.effects().await?, ["a", "d", "g"]);
    Ok(())
}

async fn of_sixteen_at_once_with_a_key_one_is_added(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let mut scope = world.system();
        calls.spawn(async move { scope.jobs().enqueue(Work::named("a").job().unique("key")).await });
    }
    let mut ids = Vec::new();
    for call in calls.join_all().await {
        ids.push(call?.id);
    }
    ids.dedup();
    assert_eq!((ids.len(), world.crm.count("crm_jobs").await?), (1, 1));
    assert_eq!(world.events().await?, ["crm.job.enqueued"]);
    Ok(())
}

async fn the_jobs_of_a_record_run_in_order(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let of = |record: &str, number: usize| Work::named(format!("{record}{number}")).job().of_record(record);
    let many = (0..10).map(|number| of("a", number)).collect();
    world.system().jobs().enqueue_all(many).await?;
    for number in 10..20 {
        world.enqueue(of("a", number)).await?;
        world.enqueue(of("b", number)).await?;
    }
    assert_eq!(world.run().await?, 30);
    let log = world.worker.log();
    let of_a: Vec<&String> = log.iter().filter(|line| line.contains(" a")).collect();
    let expected: Vec<String> = (0..20).flat_map(|n| [format!("begin a{n}"), format!("end a{n}")]).collect();
    assert_eq!(of_a, expected.iter().collect::<Vec<_>>());
    Ok(())
}

async fn a_record_waits_for_the_next_attempt_and_others_do_not(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let failing = Work { failures: 1, ..Work::named("a1") };
    world.enqueue(failing.job().of_record("a")).await?;
    world.enqueue(Work::named("a2").job().of_record("a")).await?;
    world.enqueue(Work::named("b1").job().of_record("b")).await?;
    world.run().await?;
    let names = async || world.effects().await;
    if names().await? == ["b1"] {
        world.clock.advance(std::time::Duration::from_secs(10));
        world.run().await?;
    }
    assert_eq!(names().await?, ["a1", "a2", "b1"]);
    let log = world.worker.log();
    let place = |line: &str| log.iter().position(|other| other == line);
    assert!(place("end a1") < place("begin a2"), "{log:?}");
    // A dead letter is out of the way.
    world.enqueue(Work { gives_up: true, ..Work::named("a3") }.job().of_record("a")).await?;
    world.enqueue(Work::named("a4").job().of_record("a")).await?;
    world.run().await?;
    assert_eq!(names().await?, ["a1", "a2", "a4", "b1"]);
    Ok(())
}

async fn a_job_for_later_holds_nothing_back(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let hour = chrono::TimeDelta::hours(1);
    let later = world.clock_now() + hour;
    let job = world.enqueue(Work::named("later").job().of_record("a").at(later)).await?;
    world.enqueue(Work::named("now").job().of_record("a")).await?;
    assert_eq!(world.run().await?, 1);
    assert_eq!(world.effects().await?, ["now"]);
    world.clock.advance(hour.to_std()?);
    assert_eq!(world.run().await?, 1);
    assert_eq!(world.get(&job).await?.state, JobState::Done);
    Ok(())
}

async fn names_and_payloads_have_limits(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let wrong = NewJob::new("", "x".repeat(65_536)).of_record("a\nb").unique("k".repeat(201)).max_attempts(0);
    let found = violations(world.enqueue(wrong).await);
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/kind", "/record", "/uniqueKey", "/payload", "/maxAttempts"]);
    let many = vec![NewJob::new(KIND, ""); crm_core::jobs::MAX_JOBS + 1];
    assert_matches!(world.system().jobs().enqueue_all(many).await, Err(Error::Invalid(_)));
    assert_eq!(world.crm.count("crm_jobs").await?, 0);
    Ok(())
}
