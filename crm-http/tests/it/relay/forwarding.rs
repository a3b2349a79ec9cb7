//! From the outbox to the stream.

use std::collections::HashMap;

use crm_core::Crm;
use crm_http::relay::CONSUMER;
use deadpool_redis::redis::cmd;
use serde_json::json;
use testkit::{Proxy, RedisServer, Suite, TestDatabase, eventually, redis_url};

use super::{LONG, PATIENCE, World, Writer};
use crate::support::cursor_key;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        an_entry_says_what_happened_and_where_the_feed_stands,
        what_is_private_does_not_leave,
        relays_share_the_work,
        a_relay_that_ends_repeats_nothing,
        redis_may_go_away_and_come_back,
        redis_may_lose_everything,
        redis_may_refuse,
        the_stream_is_not_longer_than_it_should_be,
    ]);
}

async fn an_entry_says_what_happened_and_where_the_feed_stands(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(database, redis_url()?);
    // What is committed here is forwarded without a look.
    world.options.look_every = LONG;
    let crm = Crm::default();
    let _relay = world.relay(&crm, &world.database.connection);
    let mut writer = Writer::new(&crm, &world.database.connection).await?;
    writer.write().await?;
    let arrived = async || world.entries().await.is_ok_and(|entries| entries.len() == 2);
    assert!(eventually(PATIENCE, arrived).await, "it waits for a look");
    let feed = writer.scope().events().after(None, 10).await?.events;
    for (entry, (place, event)) in world.entries().await?.into_iter().zip(feed) {
        let expected = [
            ("id", event.id.to_string()),
            ("type", event.event_type.clone()),
            ("companyid", writer.company.to_string()),
            ("position", entry["position"].clone()),
            ("event", entry["event"].clone()),
        ];
        assert_eq!(cursor_key().open(writer.company, &entry["position"]), Some(place));
        assert_eq!(entry, expected.map(|(name, value)| (name.to_owned(), value)).into());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&entry["event"])?, json!(event));
    }
    // A reader of the stream goes on in the feed.
    let last = cursor_key().open(writer.company, &world.entries().await?[1]["position"]);
    writer.write().await?;
    let next = writer.scope().events().after(last, 10).await?.events;
    assert_eq!(next.iter().map(|(_, event)| event.data.version).collect::<Vec<_>>(), [3]);
    Ok(())
}

async fn what_is_private_does_not_leave(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(database, redis_url()?);
    let crm = Crm::default();
    let _relay = world.relay(&crm, &world.database.connection);
    let mut writer = Writer::new(&crm, &world.database.connection).await?;
    for _ in 0..3 {
        writer.write_a_private_note().await?;
        writer.write().await?;
    }
    writer.write_a_private_note().await?;
    assert!(world.is_done().await);
    assert_eq!(world.nothing_is_missing().await?, 0);
    assert_eq!(writer.scope().events().after(None, 100).await?.events.len(), 8, "its author's feed has all");
    let types: Vec<String> = world.streamed().await?.into_iter().map(|event| event.event_type).collect();
    assert_eq!(types[0], "crm.customer.created");
    assert_eq!(types[1..], ["crm.customer.updated"; 3]);
    Ok(())
}

async fn relays_share_the_work(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(database, redis_url()?);
    let processes = [Crm::default(), Crm::default()];
    let mut relays = Vec::new();
    for crm in &processes {
        relays.push(world.relay(crm, &world.database.connect(3).await?));
    }
    let mut writing = tokio::task::JoinSet::new();
    for number in 0..6 {
        let mut writer = Writer::new(&processes[number % 2], &world.database.connection).await?;
        writing.spawn(async move {
            for _ in 0..10 {
                writer.write().await?;
                writer.write_as_a_host().await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = writing.join_next().await {
        done??;
    }
    assert!(world.is_done().await);
    let repeated = world.nothing_is_missing().await?;
    // Two processes with one file have no lock between them.
    assert!(repeated == 0 || world.database.backend == testkit::Backend::Sqlite, "{repeated} came twice");
    Ok(())
}

async fn a_relay_that_ends_repeats_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(database, redis_url()?);
    let crm = Crm::default();
    let mut writer = Writer::new(&crm, &world.database.connection).await?;
    for _ in 0..10 {
        let relay = world.relay(&crm, &world.database.connection);
        writer.write().await?;
        writer.write_as_a_host().await?;
        relay.end().await;
    }
    let _relay = world.relay(&crm, &world.database.connection);
    assert!(world.is_done().await);
    assert_eq!(world.nothing_is_missing().await?, 0);
    Ok(())
}

async fn redis_may_go_away_and_come_back(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(database, redis_url()?);
    let (proxy, url) = Proxy::before(&world.redis_url).await?;
    proxy.cut().await?;
    let crm = Crm::default();
    // It starts without Redis, …
    let _relay = world.relay_at(&url, &crm, &world.database.connection);
    let mut writer = Writer::new(&crm, &world.database.connection).await?;
    let mut other = Writer::new(&crm, &world.database.connection).await?;
    proxy.restore().await?;
    assert!(world.is_done().await);
    // … loses it, and finds it fallen silent.
    for hangs in [false, true] {
        if hangs {
            proxy.hang().await?
        } else {
            proxy.cut().await?
        }
        for _ in 0..5 {
            writer.write().await?;
            other.write_as_a_host().await?;
        }
        assert!(!crm.waiting(&world.database.connection, CONSUMER).await?.is_empty());
        proxy.restore().await?;
        assert!(world.is_done().await);
    }
    world.nothing_is_missing().await?;
    Ok(())
}

async fn redis_may_lose_everything(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let world = World::new(database, server.url());
    let crm = Crm::default();
    let _relay = world.relay(&crm, &world.database.connection);
    let mut writer = Writer::new(&crm, &world.database.connection).await?;
    for restarts in [false, true] {
        assert!(world.is_done().await);
        if restarts {
            server.restart()?;
        } else {
            cmd("FLUSHALL").query_async::<()>(&mut world.redis().await?).await?;
        }
        assert_eq!(world.entries().await?.len(), 0);
        writer.write().await?;
        let is_there = async || {
            let entries: Vec<HashMap<String, String>> = world.entries().await.unwrap_or_default();
            entries.len() == 1 && entries[0]["type"] == "crm.customer.updated"
        };
        assert!(eventually(PATIENCE, is_there).await, "it does not go on");
    }
    Ok(())
}

async fn redis_may_refuse(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let world = World::new(database, server.url());
    let ask = async |words: &str| -> anyhow::Result<()> {
        let words: Vec<&str> = words.split(' ').collect();
        Ok(cmd(words[0]).arg(&words[1..]).query_async::<()>(&mut world.redis().await?).await?)
    };
    let crm = Crm::default();
    let _relay = world.relay(&crm, &world.database.connection);
    let mut writer = Writer::new(&crm, &world.database.connection).await?;
    assert!(world.is_done().await);
    // Its memory is full; the name has another type; and publishing is forbidden, which delays no event.
    let stream = &world.options.stream;
    let (taken, free) = (format!("SET {stream} taken"), format!("DEL {stream}"));
    for (refuse, allow, waits) in [
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", true),
        (&*taken, &*free, true),
        ("ACL SETUSER default resetchannels", "ACL SETUSER default allchannels", false),
    ] {
        ask(refuse).await?;
        writer.write().await?;
        writer.write().await?;
        if waits {
            let refused = async || world.refusals().await.is_ok_and(|count| count > 0);
            assert!(eventually(PATIENCE, refused).await, "{refuse}");
            assert_eq!(crm.waiting(&world.database.connection, CONSUMER).await?.len(), 1, "{refuse}");
        } else {
            assert!(world.is_done().await, "{refuse}");
        }
        ask(allow).await?;
        assert!(world.is_done().await, "{refuse}");
        let versions: Vec<i64> = world.streamed().await?.iter().map(|event| event.data.version).collect();
        assert!(versions.ends_with(&[writer.customer.version - 1, writer.customer.version]), "{refuse}: {versions:?}");
        ask("CONFIG RESETSTAT").await?;
    }
    Ok(())
}

async fn the_stream_is_not_longer_than_it_should_be(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(database, redis_url()?);
    let crm = Crm::default();
    let mut writer = Writer::new(&crm, &world.database.connection).await?;
    // Redis cuts off whole nodes of a hundred entries.
    for _ in 0..250 {
        writer.write().await?;
    }
    for (length, kept) in [(0, 0..=0), (100, 100..=199)] {
        world.options.length = length;
        let db = &world.database.connection;
        crm_core::sea_orm::ConnectionTrait::execute_unprepared(db, "DELETE FROM crm_event_consumers").await?;
        let _relay = world.relay(&crm, db);
        assert!(world.is_done().await);
        let entries = world.entries().await?.len();
        assert!(kept.contains(&entries), "{entries} instead of {kept:?}");
    }
    Ok(())
}
