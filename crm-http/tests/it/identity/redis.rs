//! Instances share verified claims in a real Redis, which may go down.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use crm_http::auth::{FactsKey, Introspection, IntrospectionOptions, Verifier};
use crm_http::redis::{Redis, RedisFacts};
use deadpool_redis::redis::{AsyncCommands, Client};
use serde_json::{Value, json};
use testkit::{Proxy, RedisServer, Suite, TestDatabase, UserManagement, redis_url};
use uuid::Uuid;

use super::{LONG, PATIENCE, at, introspection};
use crate::support::{Api, Options};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        what_one_instance_knows_the_others_know,
        a_revocation_that_one_instance_notices_is_one_for_all,
        instances_with_another_secret_do_not_meet,
        nothing_in_redis_says_who_a_user_is,
        what_was_changed_in_redis_counts_for_nothing,
        what_is_in_redis_never_outlives_the_token,
        without_redis_all_goes_on_and_with_it_it_is_shared_again,
        a_redis_that_hangs_holds_nobody_for_long,
        a_redis_that_refuses_us_is_none,
    ]);
}

/// Instances of one service, with one Redis.
struct Instances<'a> {
    database: &'a TestDatabase,
    users: UserManagement,
    url: String,
    secret: Uuid,
}

impl<'a> Instances<'a> {
    async fn at(database: &'a TestDatabase, url: &str) -> Self {
        let users = UserManagement::start().await.expect("a user-management service");
        Self { database, users, url: url.to_owned(), secret: Uuid::new_v4() }
    }

    async fn another(&self) -> Api {
        self.another_with(PATIENCE, |_| {}).await
    }

    async fn another_with(&self, timeout: Duration, change: impl FnOnce(&mut IntrospectionOptions)) -> Api {
        let mut options = introspection(&self.users);
        options.key = FactsKey::of(self.secret.as_bytes());
        change(&mut options);
        let redis = Redis::new(&self.url.clone().into(), timeout).expect("a URL");
        let introspection = Introspection::new(options, Some(Arc::new(RedisFacts::new(redis)))).expect("a client");
        let verifier = Some(Verifier::Introspection(introspection));
        Api::with(self.database, Options { verifier, ..Options::default() }).await
    }

    fn token(&self) -> String {
        self.token_with(json!({}))
    }

    fn token_with(&self, changes: Value) -> String {
        let mut claims = json!({
            "companyId": Uuid::new_v4(), "sub": "marker-of-the-user", "role": "admin",
            "name": "Marker Ofthename", "email": "marker@example.com",
        });
        crm_core::patch::merge(&mut claims, changes);
        self.users.issue(&claims)
    }

    fn asked(&self) -> usize {
        self.users.asked().introspections
    }
}

async fn status(api: &Api, token: &str) -> u16 {
    api.with_token(token).get("/api/customers").await.status
}

/// All that a Redis of the test's own holds: names, values, and for how many milliseconds.
async fn entries(url: &str) -> anyhow::Result<Vec<(String, Vec<u8>, i64)>> {
    let mut redis = Client::open(url)?.get_multiplexed_async_connection().await?;
    let names: Vec<String> = redis.keys("*").await?;
    let mut entries = Vec::new();
    for name in names {
        let (value, ttl) = (redis.get(&name).await?, redis.pttl(&name).await?);
        entries.push((name, value, ttl));
    }
    Ok(entries)
}

async fn what_one_instance_knows_the_others_know(database: TestDatabase) -> anyhow::Result<()> {
    let all = Instances::at(&database, redis_url()?).await;
    let (one, other) = (all.another().await, all.another().await);
    let token = all.token();
    for api in [&one, &other, &one, &other] {
        assert_eq!(status(api, &token).await, 200);
    }
    assert_eq!(all.asked(), 1);
    // Claims cached before the outage are available to a new instance, too.
    all.users.go_away().await?;
    assert_eq!(status(&all.another().await, &token).await, 200);
    Ok(())
}

async fn a_revocation_that_one_instance_notices_is_one_for_all(database: TestDatabase) -> anyhow::Result<()> {
    let all = Instances::at(&database, redis_url()?).await;
    let token = all.token();
    assert_eq!(status(&all.another().await, &token).await, 200);
    all.users.revoke(&token);
    let strict = all.another_with(PATIENCE, |options| options.cache.ttl = Duration::ZERO).await;
    assert_eq!(status(&strict, &token).await, 401);
    assert_eq!(status(&all.another().await, &token).await, 401);
    Ok(())
}

async fn instances_with_another_secret_do_not_meet(database: TestDatabase) -> anyhow::Result<()> {
    let all = Instances::at(&database, redis_url()?).await;
    let token = all.token();
    assert_eq!(status(&all.another().await, &token).await, 200);
    all.users.go_away().await?;
    let stranger = all.another_with(PATIENCE, |options| options.key = FactsKey::default()).await;
    assert_eq!(status(&stranger, &token).await, 503, "it knows what only the others can");
    Ok(())
}

async fn nothing_in_redis_says_who_a_user_is(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let all = Instances::at(&database, &server.url()).await;
    let company = Uuid::new_v4().to_string();
    let (opaque, short) = (all.token_with(json!({ "companyId": company })), all.token_with(json!({ "exp": at(60) })));
    let api = all.another().await;
    for token in [&opaque, &short] {
        assert_eq!(status(&api, token).await, 200);
    }
    let entries = entries(&server.url()).await?;
    assert_eq!(entries.len(), 2);
    let secret = all.secret.simple().to_string();
    for (name, value, ttl) in &entries {
        assert!(name.starts_with("crm:facts:"), "{name}");
        assert!(*ttl > 0 && u128::try_from(*ttl)? <= LONG.as_millis(), "{ttl}");
        let texts = [&opaque, &short, &company, &secret, "marker-of-the-user", "Marker", "marker@example.com", "admin"];
        for text in texts {
            let is_there = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!is_there(name.as_bytes()) && !is_there(value), "{text} is in the clear");
        }
    }
    assert!(entries.iter().any(|(_, _, ttl)| *ttl <= 60_000), "what is kept outlives the token: {entries:?}");
    Ok(())
}

async fn what_was_changed_in_redis_counts_for_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let all = Instances::at(&database, &server.url()).await;
    let (viewer, admin) = (all.token_with(json!({ "role": "viewer" })), all.token());
    let api = all.another().await;
    assert_eq!((status(&api, &viewer).await, status(&api, &admin).await), (200, 200));
    // An attacker with write access swaps the two entries; that makes no user an administrator.
    let mut redis = Client::open(server.url())?.get_multiplexed_async_connection().await?;
    let entries = entries(&server.url()).await?;
    let [(one, first, _), (other, second, _)] = &entries[..] else { panic!("two are kept: {entries:?}") };
    let () = redis.mset(&[(one, second), (other, first)]).await?;
    let fresh = all.another().await;
    fresh.with_token(&viewer).get("/api/audit").await.problem(403, "forbidden");
    fresh.with_token(&admin).get("/api/audit").await.expect(200);
    assert_eq!(all.asked(), 4, "what was changed is asked again");
    // A value of another type does not refuse callers either.
    let () = redis.del(&[one, other]).await?;
    for name in [one, other] {
        let _: u64 = redis.lpush(name, "no facts").await?;
    }
    let fresh = all.another().await;
    assert_eq!((status(&fresh, &viewer).await, status(&fresh, &admin).await), (200, 200));
    Ok(())
}

async fn what_is_in_redis_never_outlives_the_token(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let all = Instances::at(&database, &server.url()).await;
    let expires = Utc::now().timestamp() + 3;
    let token = all.token_with(json!({ "exp": expires }));
    // A machine that takes longer than that for the first request gets a 401, and finds nothing afterwards either.
    status(&all.another().await, &token).await;
    let gone =
        async || Utc::now().timestamp() >= expires && entries(&server.url()).await.is_ok_and(|all| all.is_empty());
    assert!(testkit::eventually(PATIENCE, gone).await, "it is still there");
    all.users.go_away().await?;
    assert_eq!(status(&all.another().await, &token).await, 503);
    Ok(())
}

async fn without_redis_all_goes_on_and_with_it_it_is_shared_again(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let all = Instances::at(&database, &server.url()).await;
    let (one, other) = (all.another().await, all.another().await);
    let shared = all.token();
    assert_eq!((status(&one, &shared).await, status(&other, &shared).await), (200, 200));
    assert_eq!(all.asked(), 1);

    server.stop()?;
    let (alone, revoked) = (all.token(), all.token());
    all.users.revoke(&revoked);
    for _ in 0..5 {
        for api in [&one, &other] {
            assert_eq!(status(api, &shared).await, 200);
            assert_eq!(status(api, &alone).await, 200);
            assert_eq!(status(api, &revoked).await, 401);
        }
    }
    // Also one that starts without it.
    let late = all.another().await;
    assert_eq!((status(&late, &alone).await, status(&late, &revoked).await), (200, 401));

    server.restart()?;
    let is_shared = async || {
        let (token, before) = (all.token(), all.asked());
        for api in [&one, &other, &late] {
            assert_eq!(status(api, &token).await, 200);
        }
        all.asked() == before + 1
    };
    assert!(testkit::eventually(PATIENCE, is_shared).await, "nothing is shared any more");
    assert_eq!((status(&one, &revoked).await, status(&other, &revoked).await), (401, 401));
    Ok(())
}

async fn a_redis_that_hangs_holds_nobody_for_long(database: TestDatabase) -> anyhow::Result<()> {
    let (proxy, url) = Proxy::before(redis_url()?).await?;
    let all = Instances::at(&database, &url).await;
    let api = all.another_with(Duration::from_secs(2), |_| {}).await;
    assert_eq!(status(&api, &all.token()).await, 200);
    proxy.hang().await?;
    // Each looks there and would keep something: if all waited for both, that would take four minutes.
    let everybody = async {
        for _ in 0..60 {
            assert_eq!(status(&api, &all.token()).await, 200);
        }
    };
    assert!(tokio::time::timeout(PATIENCE, everybody).await.is_ok(), "everybody waits for it");
    proxy.restore().await?;
    let other = all.another().await;
    let is_shared = async || {
        let (token, before) = (all.token(), all.asked());
        assert_eq!((status(&api, &token).await, status(&other, &token).await), (200, 200));
        all.asked() == before + 1
    };
    assert!(testkit::eventually(PATIENCE, is_shared).await, "nothing is shared any more");
    Ok(())
}

async fn a_redis_that_refuses_us_is_none(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let all = Instances::at(&database, &server.url()).await;
    let mut redis = Client::open(server.url())?.get_multiplexed_async_connection().await?;
    let set = async |name: &str, value: &str| {
        let mut redis = redis.clone();
        let set = deadpool_redis::redis::cmd("CONFIG").arg("SET").arg(name).arg(value).to_owned();
        set.query_async::<()>(&mut redis).await
    };
    // Its memory is full: it can be read, and takes nothing.
    set("maxmemory", "1").await?;
    let (one, other) = (all.another().await, all.another().await);
    let token = all.token();
    assert_eq!((status(&one, &token).await, status(&other, &token).await), (200, 200));
    assert_eq!(all.asked(), 2);
    assert_eq!(entries(&server.url()).await?.len(), 0);
    set("maxmemory", "0").await?;
    // It wants a password that we do not have.
    set("requirepass", "another").await?;
    let late = all.another().await;
    assert_eq!((status(&late, &token).await, status(&one, &token).await), (200, 200));
    let _: () = redis.set("the test", "is let in").await?;
    Ok(())
}
