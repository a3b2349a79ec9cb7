//! Followers at one instance get events of other instances at once.

use std::pin::Pin;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use crm_core::Crm;
use crm_core::actor::Role;
use crm_http::Limits;
use futures_util::future::poll_fn;
use serde_json::json;
use testkit::{Proxy, Suite, TestDatabase, redis_url};
use tokio::time::timeout;

use super::{LONG, PATIENCE, World};
use crate::support::{Api, Options};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_follower_hears_at_once_what_another_instance_has_written,
        a_subscription_that_breaks_loses_and_repeats_nothing,
        without_redis_followers_look_now_and_then,
    ]);
}

/// Two instances that one company uses, whose followers look so often by themselves; and the CRM of each.
async fn instances(world: &World, stream_look: Duration) -> ([Api; 2], [Crm; 2]) {
    let crms = [Crm::default(), Crm::default()];
    let options = |crm: &Crm| {
        let limits = Limits { stream_time: LONG, stream_look, ..Limits::default() };
        Options { crm: crm.clone(), limits, ..Options::default() }
    };
    let here = Api::with(&world.database, options(&crms[0])).await;
    let there = here.elsewhere_with(options(&crms[1])).await;
    ([here, there], crms)
}

async fn add(api: &Api, name: &str) -> String {
    let customer = api.admin().post("/api/customers").json(&json!({ "name": name })).await.ok();
    customer["id"].as_str().expect("an id").to_owned()
}

/// A client that reads a stream of events.
struct Follower(Pin<Box<BoxBody>>);

impl Follower {
    async fn of(api: &Api) -> Self {
        let answer = api.as_(Role::Viewer).get("/api/events/stream").open().await;
        assert_eq!(answer.status(), 200);
        let mut follower = Self(Box::pin(answer.into_body()));
        assert_eq!(follower.chunk().await, "retry: 2000\n\n");
        follower
    }

    async fn chunk(&mut self) -> String {
        let chunk = poll_fn(|context| self.0.as_mut().poll_next(context));
        let chunk = timeout(PATIENCE, chunk).await.expect("something comes").expect("it goes on").expect("a chunk");
        String::from_utf8(chunk.to_vec()).expect("a text")
    }

    /// The records that the next events are about.
    async fn hears(&mut self, count: usize) -> Vec<String> {
        let mut subjects = Vec::new();
        while subjects.len() < count {
            let chunk = self.chunk().await;
            let events = chunk.lines().filter_map(|line| line.strip_prefix("data: "));
            let events = events.map(|data| serde_json::from_str::<serde_json::Value>(data).expect("JSON"));
            subjects.extend(events.map(|event| event["subject"].as_str().expect("an id").to_owned()));
        }
        subjects
    }
}

async fn a_follower_hears_at_once_what_another_instance_has_written(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(database, redis_url()?);
    world.options.look_every = LONG;
    let ([here, there], crms) = instances(&world, LONG).await;
    let _relays = crms.each_ref().map(|crm| world.relay(crm, &world.database.connection));
    add(&here, "Before").await;
    let (mut at_here, mut at_there) = (Follower::of(&here).await, Follower::of(&there).await);
    for number in 0..5 {
        let written = add(if number % 2 == 0 { &here } else { &there }, "Lee & Co").await;
        assert_eq!(at_here.hears(1).await, [written.as_str()]);
        assert_eq!(at_there.hears(1).await, [written.as_str()]);
    }
    Ok(())
}

async fn a_subscription_that_breaks_loses_and_repeats_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let mut world = World::new(database, redis_url()?);
    world.options.look_every = LONG;
    let ([here, there], crms) = instances(&world, LONG).await;
    let (proxy, url) = Proxy::before(&world.redis_url).await?;
    let _writing = world.relay(&crms[0], &world.database.connection);
    let _listening = world.relay_at(&url, &crms[1], &world.database.connection);
    add(&here, "Before").await;
    let mut follower = Follower::of(&there).await;
    for _ in 0..3 {
        let mut written = vec![add(&here, "While it is there").await];
        assert_eq!(follower.hears(1).await, written);
        proxy.cut().await?;
        written = vec![add(&here, "While it is away").await, add(&here, "Still away").await];
        assert!(world.is_done().await);
        proxy.restore().await?;
        assert_eq!(follower.hears(2).await, written);
    }
    Ok(())
}

async fn without_redis_followers_look_now_and_then(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(database, "redis://127.0.0.1:1");
    let look = Duration::from_millis(50);
    let ([here, there], crms) = instances(&world, look).await;
    let _relays = crms.each_ref().map(|crm| world.relay(crm, &world.database.connection));
    add(&here, "Before").await;
    let mut follower = Follower::of(&there).await;
    for _ in 0..3 {
        let written = add(&here, "Lee & Co").await;
        assert_eq!(follower.hears(1).await, [written]);
    }
    Ok(())
}
