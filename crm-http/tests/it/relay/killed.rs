//! The program is killed repeatedly during writes of others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crm_core::Crm;
use crm_core::events::Event;
use deadpool_redis::redis::cmd;
use serde_json::json;
use testkit::{Suite, TestDatabase, bounded, eventually, redis_url};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::{PATIENCE, World, Writer, by_company};
use crate::support::{SECRET, Serving, run};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [nothing_is_lost_when_it_is_killed_repeatedly]);
}

const COMPANIES: usize = 3;
/// How long a writer takes from one write to the next.
const PACE: Duration = Duration::from_millis(5);

async fn nothing_is_lost_when_it_is_killed_repeatedly(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(database, redis_url()?);
    let settings = [
        ("DATABASE_URL", &*world.database.url),
        ("JWT_SECRET", SECRET),
        ("REDIS_URL", &world.redis_url),
        ("EVENTS_STREAM", &world.options.stream),
        ("WORKERS", "1"),
        ("LOG_LEVEL", "warn"),
    ];
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writing = tokio::task::JoinSet::new();
    for number in 0..COMPANIES {
        let mut writer = Writer::new(&Crm::default(), &world.database.connection).await?;
        let is_over = Arc::clone(&is_over);
        writing.spawn(async move {
            // Writing without a pause keeps all others from SQLite's one write lock.
            let mut pace = interval(PACE);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while !is_over.load(Ordering::Relaxed) {
                pace.tick().await;
                if number == 0 {
                    writer.write_as_a_host().await?
                } else {
                    writer.write().await?
                }
                writer.write_a_private_note().await?;
            }
            anyhow::Ok(())
        });
    }
    let redis = world.redis().await?;
    let length = async || {
        let mut redis = redis.clone();
        cmd("XLEN").arg(&world.options.stream).query_async::<usize>(&mut redis).await.unwrap_or_default()
    };
    for kill in 0..bounded(15, 50) {
        let before = length().await;
        let mut serving = Serving::begin(&["serve"], &settings);
        // As soon as it forwards something: it has hardly acknowledged that yet.
        let forwards = eventually(PATIENCE, async || length().await > before || !serving.process.is_running()).await;
        assert!(forwards && serving.process.is_running(), "{kill}: {}", serving.process.output());
        drop(serving);
    }
    is_over.store(true, Ordering::Relaxed);
    while let Some(done) = writing.join_next().await {
        done??;
    }
    let last = Serving::start(&["serve"], &settings).await;
    assert!(world.is_done().await, "{}", last.process.output());
    world.nothing_is_missing().await?;
    let written = by_company(world.written().await?);
    assert_eq!(written.len(), COMPANIES);
    for (company, events) in written {
        let versions: Vec<i64> = events.iter().map(|event| event.data.version).collect();
        assert_eq!(versions, (1..=i64::try_from(events.len())?).collect::<Vec<_>>());
        assert_eq!(feed(&last, &settings, company.0).await, events);
    }
    Ok(())
}

/// All that a company's administrator finds in its feed, page by page.
async fn feed(serving: &Serving, settings: &[(&str, &str)], company: Uuid) -> Vec<Event> {
    let company = company.to_string();
    let token = run(&["token", "--company", &company, "--user", "ben", "--role", "admin"], settings).ok();
    let client = serving.client().with_token(token.trim());
    let (mut events, mut after) = (Vec::<Event>::new(), None::<String>);
    loop {
        let query = [("limit", "1000".to_owned())].into_iter().chain(after.map(|after| ("after", after)));
        let page = client.get("/api/events").query(query).await.ok();
        events.extend(serde_json::from_value::<Vec<Event>>(page["data"].clone()).expect("events"));
        if page["hasMore"] == json!(false) {
            return events;
        }
        after = page["cursor"].as_str().map(str::to_owned);
    }
}
