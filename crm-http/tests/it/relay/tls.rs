//! Redis with TLS, as managed services require it.

use std::time::Duration;

use crm_core::Crm;
use testkit::{Suite, TestDatabase, TlsRedisServer, eventually};

use super::{PATIENCE, World, Writer};
use crate::support::{SECRET, Serving};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [redis_is_spoken_to_over_tls, a_redis_that_nobody_vouches_for_is_none]);
}

fn settings<'a>(world: &'a World, url: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("DATABASE_URL", &world.database.url),
        ("JWT_SECRET", SECRET),
        ("REDIS_URL", url),
        ("REDIS_TIMEOUT", "20s"),
        ("EVENTS_STREAM", &world.options.stream),
        ("SHUTDOWN_DELAY", "0s"),
    ]
}

async fn redis_is_spoken_to_over_tls(database: TestDatabase) -> anyhow::Result<()> {
    let redis = TlsRedisServer::start()?;
    let world = World::new(database, redis.server.url());
    let authority = redis.authority.to_string_lossy();
    let settings = [&settings(&world, &redis.url)[..], &[("SSL_CERT_FILE", &*authority)]].concat();
    let mut serving = Serving::start(&["serve"], &settings).await;
    let mut writer = Writer::new(&Crm::default(), &world.database.connection).await?;
    writer.write().await?;
    assert!(world.is_done().await, "{}", serving.process.output());
    assert_eq!(world.nothing_is_missing().await?, 0);
    let metrics = async || serving.client().get("/metrics").undocumented("it is not JSON").await.text().to_owned();
    let counted = async || metrics().await.contains("crm_events_relayed_total 2");
    assert!(eventually(PATIENCE, counted).await, "{}", metrics().await);
    assert!(metrics().await.contains("crm_events_relay_lag_seconds 0"));
    serving.process.terminate();
    assert_eq!(serving.process.ended().code(), Some(0), "{}", serving.process.output());
    Ok(())
}

async fn a_redis_that_nobody_vouches_for_is_none(database: TestDatabase) -> anyhow::Result<()> {
    let (redis, other) = (TlsRedisServer::start()?, TlsRedisServer::start()?);
    let world = World::new(database, redis.server.url());
    let authority = other.authority.to_string_lossy();
    let settings = [&settings(&world, &redis.url)[..], &[("SSL_CERT_FILE", &*authority)]].concat();
    let serving = Serving::start(&["serve"], &settings).await;
    Writer::new(&Crm::default(), &world.database.connection).await?;
    let told = async || serving.process.output().contains("events have to wait");
    assert!(eventually(Duration::from_secs(60), told).await, "{}", serving.process.output());
    assert_eq!(world.entries().await?.len(), 0);
    Ok(())
}
