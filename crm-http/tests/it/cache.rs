//! Cached responses are never wrong, whichever process writes, with or without Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crm_core::actor::{Actor, Role};
use crm_core::customers::NewCustomer;
use crm_core::sea_orm::{ConnectionTrait, TransactionTrait};
use crm_core::{Crm, begin_write};
use crm_http::cache::Cache;
use crm_http::redis::{Redis, RedisAnswers};
use deadpool_redis::redis::{AsyncCommands, Client};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Proxy, RedisServer, Suite, TestDatabase};

use crate::support::{Api, Options, PATIENCE};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
        every_write_is_seen_at_once_in_one_process,
        every_write_is_seen_at_once_by_instances_that_share,
        while_redis_goes_away_and_comes_back_nothing_is_wrong,
        instances_share_what_they_have_computed,
        what_was_changed_in_redis_counts_for_nothing,
        other_companies_and_other_questions_have_their_own,
        a_closed_company_gets_nothing_that_is_kept,
        a_private_note_leaves_what_is_kept,
    ]; postgres: [of_many_who_ask_at_once_one_computes]; own_postgres: [where_one_fails_those_who_waited_fail_as_well]);
}

const PATHS: [&str; 8] = [
    "/api/stats",
    "/api/stats/dashboard",
    "/api/stats/performance",
    "/api/stats/performance?groupBy=month",
    "/api/stats/leads",
    "/api/stats/leaderboard",
    "/api/tags",
    "/api/customers/tags?sort=-usageCount&limit=2",
];

fn shared(url: &str, secret: &str) -> Cache {
    let redis = Redis::new(&url.to_owned().into(), Duration::from_millis(250)).expect("a URL");
    Cache::shared(Arc::new(RedisAnswers::new(redis)), secret.as_bytes())
}

fn with(cache: Option<Cache>) -> Options {
    Options { cache, ..Options::default() }
}

/// What is said, but for when.
async fn said(api: &Api, path: &str) -> Value {
    let mut said = api.admin().get(path).await.ok();
    if let Some(said) = said.as_object_mut() {
        said.remove("asOf");
    }
    said
}

/// The instances say what one says that keeps nothing; twice, since the second answer is one that was kept.
async fn assert_right(instances: &[&Api], uncached: &Api, after: &str) {
    for path in PATHS {
        let expected = said(uncached, path).await;
        for instance in instances.iter().chain(instances) {
            assert_eq!(said(instance, path).await, expected, "{path} after {after}");
        }
    }
}

/// All sorts of writes at `there`, after each of which the instances are asked.
async fn write_and_look(there: &Api, instances: &[&Api], uncached: &Api) -> anyhow::Result<()> {
    let admin = there.admin();
    let customer = admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201).json();
    assert_right(instances, uncached, "a customer was added").await;
    let path = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
    let new = json!({ "type": "call", "status": "planned", "scheduledAt": "2026-01-01T09:00:00Z" });
    let call = admin.post(format!("{path}/interactions")).json(&new).await.expect(201).json();
    assert_right(instances, uncached, "a call was planned").await;
    let call = format!("{path}/interactions/{}", call["id"].as_str().expect("an id"));
    admin.patch(format!("{call}/complete")).json(&json!({ "outcome": "won" })).await.expect(200);
    assert_right(instances, uncached, "it was completed").await;
    for visibility in ["shared", "private"] {
        let note = json!({ "body": "What was said", "visibility": visibility });
        admin.post(format!("{path}/notes")).json(&note).await.expect(201);
        assert_right(instances, uncached, "a note was written").await;
    }
    let tags = admin.post(format!("{path}/tags")).json(&json!({ "tags": ["VIP", "New"] })).await.ok();
    assert_right(instances, uncached, "tags were put on").await;
    let tag = format!("/api/tags/{}", tags["data"][0]["id"].as_str().expect("an id"));
    admin.patch(&tag).json(&json!({ "name": "Novel" })).await.expect(200);
    assert_right(instances, uncached, "a tag was renamed").await;
    admin.delete(&tag).await.expect(204);
    assert_right(instances, uncached, "a tag was deleted").await;
    // A host writes in its own transaction, without a notification.
    let mut tx = begin_write(&there.database.connection).await?;
    let (crm, host) = (Crm::default(), Actor::system(there.company));
    crm.within(host, &mut tx).customers().create(NewCustomer::person("Ann", "Lee")).await?;
    tx.commit().await?;
    assert_right(instances, uncached, "a host has written").await;
    let file = "Name\nBen Bell\nCarla Costa\n";
    admin.post("/api/customers/import").file(file, None).await.expect(200);
    assert_right(instances, uncached, "a file was imported").await;
    admin.delete(&path).await.expect(204);
    assert_right(instances, uncached, "the customer was deleted").await;
    admin.post(format!("{path}/restore")).await.expect(200);
    admin.post(format!("{path}/purge")).await.expect(204);
    assert_right(instances, uncached, "the customer was purged").await;
    Ok(())
}

async fn every_write_is_seen_at_once_in_one_process(database: TestDatabase) -> anyhow::Result<()> {
    let api = Api::with(&database, with(Some(Cache::default()))).await;
    let uncached = api.elsewhere_with(with(None)).await;
    write_and_look(&api, &[&api], &uncached).await?;
    // Written by another process.
    write_and_look(&uncached, &[&api], &uncached).await
}

async fn every_write_is_seen_at_once_by_instances_that_share(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let one = Api::with(&database, with(Some(shared(&server.url(), "one secret")))).await;
    let other = one.elsewhere_with(with(Some(shared(&server.url(), "one secret")))).await;
    let uncached = one.elsewhere_with(with(None)).await;
    write_and_look(&other, &[&one, &other], &uncached).await
}

async fn while_redis_goes_away_and_comes_back_nothing_is_wrong(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let (proxy, url) = Proxy::before(&server.url()).await?;
    let one = Api::with(&database, with(Some(shared(&url, "one secret")))).await;
    let other = one.elsewhere_with(with(Some(shared(&server.url(), "one secret")))).await;
    let uncached = one.elsewhere_with(with(None)).await;
    proxy.cut().await?;
    write_and_look(&other, &[&one, &other], &uncached).await?;
    proxy.restore().await?;
    write_and_look(&one, &[&one, &other], &uncached).await?;
    proxy.hang().await?;
    one.admin().post("/api/customers").json(&json!({ "name": "Late" })).await.expect(201);
    assert_right(&[&one], &uncached, "Redis hangs").await;
    Ok(())
}

async fn of_many_who_ask_at_once_one_computes(database: TestDatabase) {
    let computed = Arc::new(AtomicUsize::new(0));
    let mut pool = database.connect(4).await.expect("a pool");
    let counter = Arc::clone(&computed);
    pool.set_metric_callback(move |query| {
        if query.statement.sql.starts_with("WITH spans") {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let api = Api::with(&database, Options { pool: Some(pool), ..with(Some(Cache::default())) }).await;
    api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201);
    let admin = api.admin();
    let answers = join_all((0..100).map(|_| async { admin.get("/api/stats/dashboard").await.ok() })).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(computed.load(Ordering::Relaxed), 1);
}

/// A database that is slow would be asked the same thing by each of them, one after the other.
async fn where_one_fails_those_who_waited_fail_as_well(database: TestDatabase) -> anyhow::Result<()> {
    let mut pool = crate::outages::pool(&database.url, &[("DATABASE_LOCK_TIMEOUT", "5s")]).await;
    let failed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&failed);
    pool.set_metric_callback(move |query| {
        if query.failed {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let api = Api::with(&database, Options { pool: Some(pool), ..with(Some(Cache::default())) }).await;
    let admin = api.admin();
    admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201);
    admin.get("/api/stats").await.expect(200);
    let holder = database.connection.begin().await?;
    holder.execute_unprepared("LOCK TABLE crm_customer_interactions IN ACCESS EXCLUSIVE MODE").await?;
    // All of them have asked before the first has failed.
    let answers = join_all((0..8).map(|_| async { admin.get("/api/stats/dashboard").await })).await;
    for answer in answers {
        assert!(answer.header("retry-after").is_some(), "{answer}");
        answer.problem(503, "unavailable");
    }
    assert_eq!(failed.load(Ordering::Relaxed), 1);
    holder.rollback().await?;
    admin.get("/api/stats/dashboard").await.expect(200);
    Ok(())
}

async fn instances_share_what_they_have_computed(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let one = Api::with(&database, with(Some(shared(&server.url(), "one secret")))).await;
    one.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201);
    let computed = one.admin().get("/api/stats").await.ok();
    let other = one.elsewhere_with(with(Some(shared(&server.url(), "one secret")))).await;
    assert_eq!(other.admin().get("/api/stats").await.ok(), computed, "the very same, the time included");
    assert_eq!(other.as_(Role::Viewer).get("/api/stats").await.ok(), computed, "for all who may read everything");
    let stranger = one.elsewhere_with(with(Some(shared(&server.url(), "another secret")))).await;
    assert_ne!(stranger.admin().get("/api/stats").await.ok()["asOf"], computed["asOf"]);
    let mut redis = Client::open(server.url())?.get_multiplexed_async_connection().await?;
    let names: Vec<String> = redis.keys("*").await?;
    assert!(!names.is_empty());
    for name in names {
        assert!(name.starts_with(&format!("crm:answers:{}:", one.company)), "{name}");
        let (value, ttl): (Vec<u8>, i64) = (redis.get(&name).await?, redis.pttl(&name).await?);
        assert!((1..=60_000).contains(&ttl), "{ttl}");
        for text in ["customers", "total", "asOf"] {
            assert!(!value.windows(text.len()).any(|part| part == text.as_bytes()), "it can be read");
        }
    }
    Ok(())
}

async fn what_was_changed_in_redis_counts_for_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let one = Api::with(&database, with(Some(shared(&server.url(), "one secret")))).await;
    one.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.expect(201);
    let (stats, tags) = (said(&one, "/api/stats").await, said(&one, "/api/tags").await);
    let mut redis = Client::open(server.url())?.get_multiplexed_async_connection().await?;
    let names: Vec<String> = redis.keys("*").await?;
    assert_eq!(names.len(), 2);
    // One for the other, and something that is nothing at all.
    let values: Vec<Vec<u8>> = vec![redis.get(&names[1]).await?, b"{\"customers\":{}}".to_vec()];
    for value in values {
        for name in &names {
            let _: () = redis.set(name, &value).await?;
        }
        let other = one.elsewhere_with(with(Some(shared(&server.url(), "one secret")))).await;
        assert_eq!((said(&other, "/api/stats").await, said(&other, "/api/tags").await), (stats.clone(), tags.clone()));
    }
    let metrics = one.anonymous().get("/metrics").await.expect(200).text();
    let forged = metrics.lines().any(|line| line.starts_with("crm_cache_lookups_total") && line.contains("forged"));
    assert!(forged, "nobody is told");
    Ok(())
}

async fn other_companies_and_other_questions_have_their_own(database: TestDatabase) {
    let api = Api::with(&database, with(Some(Cache::default()))).await;
    let other = api.other_company();
    for (api, names) in [(&api, &["A", "B"][..]), (&other, &["C"])] {
        for name in names {
            api.admin().post("/api/tags").json(&json!({ "name": name })).await.expect(201);
        }
    }
    for _ in 0..2 {
        let names = async |api: &Api, path: &str| {
            let list = api.admin().get(path).await.ok();
            list["data"]
                .as_array()
                .expect("tags")
                .iter()
                .map(|tag| tag["name"].as_str().expect("a name").to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&api, "/api/tags").await, ["A", "B"]);
        assert_eq!(names(&other, "/api/tags").await, ["C"]);
        assert_eq!(names(&api, "/api/tags?sort=-name").await, ["B", "A"]);
        assert_eq!(names(&api, "/api/tags?limit=1").await, ["A"]);
        assert_eq!(names(&api, "/api/tags?q=b").await, ["B"]);
        let days = api.admin().get("/api/stats/dashboard").await.ok();
        let weeks = api.admin().get("/api/stats/dashboard?interval=week").await.ok();
        assert_ne!(days["series"], weeks["series"]);
    }
}

async fn a_closed_company_gets_nothing_that_is_kept(database: TestDatabase) -> anyhow::Result<()> {
    let crm = Crm::builder().audit_key(*b"the audit key of the tests").build();
    let options = Options { crm: crm.clone(), ..with(Some(Cache::default())) };
    let api = Api::with(&database, options).await;
    api.admin().post("/api/tags").json(&json!({ "name": "A" })).await.expect(201);
    for path in PATHS {
        api.admin().get(path).await.expect(200);
    }
    crm.companies(&database.connection).suspend(api.company).await?;
    let refused = async || {
        let mut statuses = Vec::new();
        for path in PATHS {
            statuses.push(api.admin().get(path).await.status);
        }
        statuses == [403; PATHS.len()]
    };
    assert!(testkit::eventually(PATIENCE, refused).await, "a caller is let in");
    Ok(())
}

/// Otherwise `asOf` would reveal a new private note.
async fn a_private_note_leaves_what_is_kept(database: TestDatabase) {
    let api = Api::with(&database, with(Some(Cache::default()))).await;
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.ok();
    let notes = format!("/api/customers/{}/notes", customer["id"].as_str().expect("an id"));
    let as_of = async |role| api.as_(role).get("/api/stats").await.ok()["asOf"].clone();
    let before = as_of(Role::Viewer).await;
    let write = async |visibility: &str| {
        let note = json!({ "body": "What was said", "visibility": visibility });
        api.as_(Role::SalesRep).post(&notes).json(&note).await.expect(201);
    };
    write("private").await;
    for role in [Role::Viewer, Role::SalesRep] {
        assert_eq!(as_of(role).await, before, "{role}");
        // Reading the feed gives the note's event its position.
        api.as_(role).get("/api/events").await.ok();
        assert_eq!(as_of(role).await, before, "{role}");
    }
    write("shared").await;
    assert_ne!(as_of(Role::Viewer).await, before);
}
