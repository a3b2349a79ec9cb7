//! Who sees which jobs, and what is told of them.

use crm_core::actor::{Actor, Role};
use crm_core::jobs::{JobQuery, JobState, Recount};
use crm_core::page::PageRequest;
use crm_core::{Conflict, Crm, Error, IdempotencyKey, Once};
use testkit::{Suite, TestDatabase};

use super::{Work, World};
use crate::support::{assert_matches, malformed, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        users_have_their_own_jobs_and_administrators_all,
        another_company_has_no_such_job,
        lists_have_filters_and_pages,
        administrators_start_a_recount,
        a_request_that_is_repeated_starts_one_job,
        nothing_tells_what_a_job_is_about,
    ]);
}

async fn users_have_their_own_jobs_and_administrators_all(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let of_system = world.enqueue(Work::named("a").job()).await?;
    let mut ids = Vec::new();
    for role in [Role::SalesRep, Role::Viewer] {
        let mut scope = world.crm.scope(role);
        let own = scope.jobs().enqueue(Work::named(role.as_str()).job()).await?;
        assert_eq!(scope.jobs().get(own.id).await?, own);
        assert_eq!(own.created_by.id, Some(world.crm.user(role)));
        ids.push(own.id);
    }
    let list = async |role| {
        let page = world.crm.scope(role).jobs().list(&JobQuery::default(), &PageRequest::default()).await?;
        anyhow::Ok(page.data.into_iter().map(|job| job.id).collect::<Vec<_>>())
    };
    assert_eq!(list(Role::SalesRep).await?, [ids[0]]);
    assert_eq!(list(Role::Viewer).await?, [ids[1]]);
    assert_eq!(list(Role::Manager).await?, []);
    assert_eq!(list(Role::Admin).await?.len(), 3);
    for id in [of_system.id, ids[1]] {
        let mut scope = world.crm.scope(Role::SalesRep);
        assert_matches!(scope.jobs().get(id).await, Err(Error::NotFound { .. }));
        assert_matches!(scope.jobs().cancel(id).await, Err(Error::NotFound { .. }));
        assert_matches!(scope.jobs().retry(id).await, Err(Error::NotFound { .. }));
    }
    assert_eq!(world.crm.scope(Role::SalesRep).jobs().cancel(ids[0]).await?.state, JobState::Cancelled);
    assert_eq!(world.crm.scope(Role::SalesRep).jobs().retry(ids[0]).await?.state, JobState::Waiting);
    assert_eq!(world.crm.admin().jobs().cancel(ids[1]).await?.state, JobState::Cancelled);
    let powerless = world.crm.actor(Role::Admin).with_permissions([]);
    let mut scope = world.crm.crm.on(powerless, &world.crm.db);
    assert_matches!(scope.jobs().get(ids[0]).await, Err(Error::Forbidden { .. }));
    assert_matches!(scope.jobs().cancel(ids[0]).await, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn another_company_has_no_such_job(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let job = world.enqueue(Work::named("a").job()).await?;
    let mut other = world.crm.other_company().admin();
    assert_matches!(other.jobs().get(job.id).await, Err(Error::NotFound { .. }));
    assert_matches!(other.jobs().cancel(job.id).await, Err(Error::NotFound { .. }));
    assert_matches!(other.jobs().retry(job.id).await, Err(Error::NotFound { .. }));
    assert_eq!(other.jobs().list(&JobQuery::default(), &PageRequest::default()).await?.data, []);
    let elsewhere = world.crm.other_company().company;
    let run = world.crm.crm.run_job(&world.crm.db, elsewhere, job.id, &world.options).await?;
    assert_eq!((run, world.get(&job).await?.state), (None, JobState::Waiting));
    Ok(())
}

async fn lists_have_filters_and_pages(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let mut ids = Vec::new();
    for number in 0..5 {
        world.clock.advance(std::time::Duration::from_secs(1));
        ids.insert(0, world.enqueue(Work::named(number.to_string()).job()).await?.id);
    }
    world.system().jobs().cancel(ids[1]).await?;
    let mut scope = world.system();
    let query = |state, kind: Option<&str>| JobQuery { state, kind: kind.map(str::to_owned) };
    let first = scope.jobs().list(&query(None, None), &PageRequest::default().limit(3)).await?;
    let cursor = first.next_cursor.clone().expect("more");
    let rest = scope.jobs().list(&query(None, None), &PageRequest::after(cursor.clone())).await?;
    let found: Vec<_> = first.data.iter().chain(&rest.data).map(|job| job.id).collect();
    assert_eq!(found, ids);
    let count = async |query: JobQuery| {
        anyhow::Ok(world.system().jobs().list(&query, &PageRequest::default()).await?.data.len())
    };
    assert_eq!(count(query(Some(JobState::Cancelled), None)).await?, 1);
    assert_eq!(count(query(Some(JobState::Waiting), Some(super::KIND))).await?, 4);
    assert_eq!(count(query(None, Some("other"))).await?, 0);
    let other = query(Some(JobState::Done), None);
    assert_eq!(malformed(scope.jobs().list(&other, &PageRequest::after(cursor)).await), "cursor_invalid");
    Ok(())
}

async fn administrators_start_a_recount(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::with(&database, Crm::builder().job_handler(Recount));
    world.crm.named("Lee & Co").await?;
    assert_eq!(violation(world.crm.admin().jobs().request("crm.nothing").await, "/kind"), "kind_unknown");
    assert_eq!(violation(world.crm.admin().jobs().request(super::KIND).await, "/kind"), "kind_unknown");
    assert_matches!(world.crm.scope(Role::Manager).jobs().request(Recount::KIND).await, Err(Error::Forbidden { .. }));
    let job = world.crm.admin().jobs().request(Recount::KIND).await?;
    assert_eq!(world.crm.admin().jobs().request(Recount::KIND).await?.id, job.id);
    assert_eq!(world.run().await?, 1);
    assert_eq!(world.get(&job).await?.result, Some(serde_json::json!({ "customers": 1 })));
    assert_ne!(world.crm.admin().jobs().request(Recount::KIND).await?.id, job.id);
    Ok(())
}

async fn a_request_that_is_repeated_starts_one_job(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::with(&database, Crm::builder().job_handler(Recount));
    let key = IdempotencyKey::new("startJob", "key", "")?;
    let start = async |scope: &mut crm_core::CompanyScope<'_>| Ok(scope.jobs().request(Recount::KIND).await?.id);
    let first = world.crm.admin().once(&key, start).await?;
    let Once::Done(id) = first else { panic!("nothing was done") };
    assert_eq!(world.run().await?, 1);
    assert_eq!(world.crm.admin().once(&key, start).await?, Once::Repeated(id));
    assert_eq!(world.crm.count("crm_jobs").await?, 1);
    Ok(())
}

async fn nothing_tells_what_a_job_is_about(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let secret = "ann@example.com";
    let done = world.crm.admin().jobs().enqueue(Work::named(secret).job().of_record("r")).await?;
    world.enqueue(Work { gives_up: true, ..Work::named(secret) }.job()).await?;
    let cancelled = world.enqueue(Work::named(secret).job().at(world.clock_now() + chrono::TimeDelta::days(1))).await?;
    assert_eq!(world.run().await?, 2);
    world.system().jobs().cancel(cancelled.id).await?;
    assert_matches!(world.system().jobs().cancel(done.id).await, Err(Error::Conflict(Conflict::JobFinished)));
    for table in ["crm_audit", "crm_outbox"] {
        assert!(!world.crm.dump(table).await?.contains(secret), "{table}");
    }
    let rows = world.crm.dump("crm_changes").await?;
    let of_jobs: Vec<&str> = rows.lines().filter(|row| row.contains("job")).collect();
    assert!(of_jobs.len() == 6 && !of_jobs.concat().contains(secret), "{of_jobs:?}");
    // Events of jobs are for those who may read all of them.
    let events = async |actor: Actor| {
        let feed = world.crm.crm.on(actor, &world.crm.db).events().after(None, 100).await?;
        anyhow::Ok(feed.events.iter().filter(|(_, event)| event.event_type.starts_with("crm.job.")).count())
    };
    assert_eq!(events(world.crm.actor(Role::Admin)).await?, 6);
    assert_eq!(events(world.crm.actor(Role::Manager)).await?, 0);
    Ok(())
}
