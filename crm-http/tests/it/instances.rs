//! Three instances behind a balancer are one service: they share limits, caches and events.

use std::cell::Cell;
use std::collections::HashMap;

use deadpool_redis::redis::{Client as RedisClient, cmd};
use serde_json::{Value, json};
use testkit::{RedisServer, Suite, TestDatabase, eventually};

use crate::support::{Call, Client, PATIENCE, SECRET, Serving, run};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty_postgres: [three_instances_agree_on_limits_cache_and_events]);
}

/// Gives each request to the next instance.
struct Balancer {
    instances: Vec<Client>,
    next: Cell<usize>,
}

impl Balancer {
    fn next(&self) -> &Client {
        let next = self.next.get();
        self.next.set((next + 1) % self.instances.len());
        &self.instances[next]
    }

    fn get(&self, path: &str) -> Call {
        self.next().get(path)
    }

    /// What every instance says; all the same.
    async fn all_say(&self, path: &str) -> Value {
        let mut said = Vec::new();
        for _ in &self.instances {
            let mut one = self.get(path).await.ok();
            // Sealed anew each time.
            one.as_object_mut().and_then(|one| one.remove("cursor"));
            said.push(one);
        }
        assert!(said.iter().all(|one| *one == said[0]), "they do not agree on {path}: {said:?}");
        said.remove(0)
    }
}

/// How many requests a minute a user may make.
const LIMIT: usize = 120;

async fn three_instances_agree_on_limits_cache_and_events(database: TestDatabase) -> anyhow::Result<()> {
    let redis = RedisServer::start()?;
    let (url, limit) = (redis.url(), LIMIT.to_string());
    let environment = [
        ("DATABASE_URL", database.url.as_str()),
        ("REDIS_URL", &url),
        ("REDIS_TIMEOUT", "5s"),
        ("JWT_SECRET", SECRET),
        ("RATE_LIMIT_USER", &limit),
        ("RATE_LIMIT_IP", "0"),
        ("RATE_LIMIT_COMPANY", "0"),
        ("SHUTDOWN_DELAY", "0s"),
    ];
    run(&["migrate", "up"], &environment[..1]).ok();
    let mut processes = Vec::new();
    for _ in 0..3 {
        processes.push(Serving::start(&["serve"], &environment).await);
    }
    let token = |user: &str, role: &str| {
        run(&["token", "--company", "acme", "--user", user, "--role", role], &environment).ok().trim().to_owned()
    };
    let balanced = |token: &str| Balancer {
        instances: processes.iter().map(|process| process.client().with_token(token)).collect(),
        next: Cell::new(0),
    };

    let admin = balanced(&token("ann", "admin"));
    agree_on_what_is_kept(&admin).await;
    agree_on_events(&admin, &url).await?;
    agree_on_limits(&balanced(&token("ben", "viewer"))).await;
    Ok(())
}

/// What one has computed the others have, the time of it included, until one of them writes.
async fn agree_on_what_is_kept(all: &Balancer) {
    for number in 0..4 {
        let new = json!({ "name": format!("Customer {number}") });
        all.next().post("/api/customers").json(&new).await.expect(201);
        let mut times = Vec::new();
        for path in ["/api/stats", "/api/stats/dashboard"] {
            times.push(all.all_say(path).await["asOf"].clone());
        }
        let stats = all.all_say("/api/stats").await;
        assert_eq!((&stats["customers"]["total"], &stats["asOf"]), (&json!(number + 1), &times[0]));
    }
}

/// The same events in the same order in every feed; all of them in the stream, once each unless an instance is killed.
async fn agree_on_events(all: &Balancer, url: &str) -> anyhow::Result<()> {
    for number in 0..12 {
        all.next().post("/api/tags").json(&json!({ "name": format!("Tag {number}") })).await.expect(201);
    }
    let feed = all.all_say("/api/events").await;
    let ids = |events: &Value| -> Vec<String> {
        let events = events.as_array().expect("events").iter();
        events.map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
    };
    let expected = ids(&feed["data"]);
    assert_eq!(expected.len(), 16);
    let connection = RedisClient::open(url)?.get_multiplexed_async_connection().await?;
    let streamed = async || {
        let range = cmd("XRANGE").arg("crm:events").arg("-").arg("+").to_owned();
        let entries: Vec<(String, HashMap<String, String>)> =
            range.query_async(&mut connection.clone()).await.unwrap_or_default();
        entries.into_iter().map(|(_, mut fields)| fields.remove("id").unwrap_or_default()).collect::<Vec<_>>()
    };
    assert!(eventually(PATIENCE, async || streamed().await.len() >= expected.len()).await, "not all are in the stream");
    assert_eq!(streamed().await, expected);
    Ok(())
}

/// A client that goes on asking is let in as often as by one instance, and refused by all.
async fn agree_on_limits(all: &Balancer) {
    let started = std::time::Instant::now();
    let (mut allowed, mut refused) = (0, [0; 3]);
    for number in 0..LIMIT + 90 {
        match all.get("/api/settings").await.status {
            200 => allowed += 1,
            429 => refused[number % 3] += 1,
            other => panic!("a {other}"),
        }
    }
    // Meanwhile some came back.
    let back = started.elapsed().as_secs_f64() * LIMIT as f64 / 60.0;
    assert!(allowed >= LIMIT && allowed as f64 <= LIMIT as f64 + back + 1.0, "{allowed} were let in");
    assert!(refused.iter().all(|refused| *refused > 0), "an instance goes by itself: {refused:?}");
}
