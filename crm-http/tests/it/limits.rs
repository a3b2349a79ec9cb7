//! Rate limits by address, user and company, in the process and shared.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crm_core::actor::Role;
use crm_http::limits::{ForwardingHeader, RateLimitOptions, RateLimits};
use crm_http::redis::Redis;
use testkit::{Proxy, RedisServer, Suite, TestDatabase, redis_url};

use crate::support::{Answer, Api, Client, Options, PATIENCE};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_address_has_its_limit_for_all_users_together,
        a_user_has_a_limit_and_uses_up_no_other_users,
        a_company_has_its_limit_and_others_have_theirs,
        headers_count_down_and_time_gives_back,
        who_is_not_trusted_cannot_pretend_to_be_another,
        a_client_behind_a_proxy_cannot_pick_its_own_address,
        probes_have_no_limit_and_all_else_has,
        without_limits_nothing_is_said_of_them,
        instances_count_together,
        a_request_that_is_refused_uses_up_nothing_of_the_company,
        without_redis_each_counts_alone_until_it_is_back,
        a_redis_that_hangs_holds_nobody_for_long,
    ]);
}

const LIST: &str = "/api/customers";

/// Requests a minute by address, user and company; zero for no limit.
fn options(ip: u32, user: u32, company: u32) -> RateLimitOptions {
    let [ip, user, company] = [ip, user, company].map(NonZeroU32::new);
    let trusted_proxies = vec!["10.0.0.0/8".parse().expect("a network")];
    RateLimitOptions { ip, user, company, trusted_proxies, ..RateLimitOptions::default() }
}

/// A clock that a test moves.
#[derive(Clone, Default)]
struct Seconds(Arc<AtomicU64>);

impl Seconds {
    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn limits(&self, options: RateLimitOptions) -> RateLimits {
        let seconds = self.clone();
        RateLimits::with_clock(options, None, move || Duration::from_secs(seconds.0.load(Ordering::Relaxed)))
    }
}

async fn limited(database: &TestDatabase, rate_limits: RateLimits) -> Api {
    Api::with(database, Options { rate_limits: Some(rate_limits), ..Options::default() }).await
}

async fn alone(database: &TestDatabase, options: RateLimitOptions) -> (Api, Seconds) {
    let seconds = Seconds::default();
    (limited(database, seconds.limits(options)).await, seconds)
}

#[track_caller]
fn assert_refused(answer: &Answer, kind: &str) {
    let seconds: Option<u64> = answer.header("retry-after").and_then(|text| text.parse().ok());
    assert!(seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), "{answer}");
    assert!(answer.header("ratelimit").is_some_and(|text| text.contains(&format!("\"{kind}\";r=0;"))), "{answer}");
    assert!(answer.header("ratelimit-policy").is_some(), "{answer}");
    assert!(answer.json()["detail"].as_str().is_some_and(|text| text.contains(kind)), "{answer}");
    answer.clone().problem(429, "rate_limited");
}

/// How many of so many requests are let through.
async fn allowed(client: &Client, requests: u32) -> u32 {
    let mut allowed = 0;
    for _ in 0..requests {
        let answer = client.get(LIST).await;
        match answer.status {
            200 => allowed += 1,
            _ => drop(answer.problem(429, "rate_limited")),
        }
    }
    allowed
}

async fn an_address_has_its_limit_for_all_users_together(database: TestDatabase) {
    let (api, seconds) = alone(&database, options(3, 0, 0)).await;
    let here = |client: Client| client.from("203.0.113.9");
    here(api.admin()).get(LIST).await.expect(200);
    here(api.as_(Role::Viewer)).get(LIST).await.expect(200);
    // Requests with tried tokens count as well.
    here(api.with_token("guessed")).get(LIST).await.problem(401, "token_invalid");
    for client in [api.admin(), api.other_company().admin(), api.with_token("guessed"), api.anonymous()] {
        assert_refused(&here(client).get(LIST).await, "ip");
    }
    api.admin().from("203.0.113.10").get(LIST).await.expect(200);
    seconds.pass(20);
    here(api.admin()).get(LIST).await.expect(200);
    assert_refused(&here(api.admin()).get(LIST).await, "ip");
}

async fn a_user_has_a_limit_and_uses_up_no_other_users(database: TestDatabase) {
    let (api, _) = alone(&database, options(0, 3, 0)).await;
    assert_eq!(allowed(&api.admin(), 5).await, 3);
    assert_eq!(allowed(&api.as_(Role::Viewer), 5).await, 3);
    assert_eq!(allowed(&api.other_company().admin(), 5).await, 3);
    assert_refused(&api.admin().get("/api/audit").await, "user");
    // Another token is no other user, nor is another address.
    assert_refused(&api.admin().from("203.0.113.9").get(LIST).await, "user");
}

async fn a_company_has_its_limit_and_others_have_theirs(database: TestDatabase) {
    let (api, _) = alone(&database, options(0, 0, 3)).await;
    for role in [Role::Admin, Role::Manager, Role::Viewer] {
        api.as_(role).get(LIST).await.expect(200);
    }
    for role in [Role::Admin, Role::Support] {
        assert_refused(&api.as_(role).get(LIST).await, "company");
    }
    assert_eq!(allowed(&api.other_company().admin(), 5).await, 3);
}

async fn headers_count_down_and_time_gives_back(database: TestDatabase) {
    let (api, seconds) = alone(&database, options(6, 4, 5)).await;
    let client = api.admin().from("203.0.113.9");
    let policy = "\"ip\";q=6;w=60, \"user\";q=4;w=60, \"company\";q=5;w=60";
    for left in (0..4).rev() {
        let answer = client.get(LIST).await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), Some(policy));
        let (ip, company) = (left + 2, left + 1);
        let reset = |limit: u32, left: u32| ((limit - left) * 60).div_ceil(limit);
        let expected = format!(
            "\"ip\";r={ip};t={}, \"user\";r={left};t={}, \"company\";r={company};t={}",
            reset(6, ip),
            reset(4, left),
            reset(5, company),
        );
        assert_eq!(answer.header("ratelimit"), Some(&*expected));
    }
    let refused = client.get(LIST).await;
    assert_eq!(refused.header("retry-after"), Some("15"), "{refused}");
    assert_refused(&refused, "user");
    // A client that waits for `Retry-After` is accepted; one that comes earlier is not.
    seconds.pass(14);
    assert_eq!(client.get(LIST).await.header("retry-after"), Some("1"));
    seconds.pass(1);
    client.get(LIST).await.expect(200);
    seconds.pass(60);
    assert_eq!(allowed(&client, 6).await, 4, "all is given back, and no more than that");
}

async fn who_is_not_trusted_cannot_pretend_to_be_another(database: TestDatabase) {
    let (api, _) = alone(&database, options(2, 0, 0)).await;
    let from = |peer: &str, said: String| api.admin().from(peer).get(LIST).header("X-Forwarded-For", said);
    for number in 0..2 {
        from("203.0.113.9", format!("198.51.100.{number}")).await.expect(200);
    }
    assert_refused(&from("203.0.113.9", "198.51.100.9".to_owned()).await, "ip");
    // Behind a trusted proxy each client has its own bucket; addresses it writes into the header itself do not help.
    for number in 0..2 {
        from("10.0.0.1", format!("192.0.2.{number}, 198.51.100.1")).await.expect(200);
    }
    assert_refused(&from("10.0.0.1", "192.0.2.9, 198.51.100.1".to_owned()).await, "ip");
    assert_refused(&from("10.0.0.2", "198.51.100.1, 10.0.0.1".to_owned()).await, "ip");
    from("10.0.0.1", "198.51.100.2".to_owned()).await.expect(200);
    // Of IPv6 the network counts: the rest of the address costs nothing.
    for number in 1..3 {
        from("10.0.0.1", format!("2001:db8::{number}")).await.expect(200);
    }
    assert_refused(&from("10.0.0.1", "2001:db8::3".to_owned()).await, "ip");
    from("10.0.0.1", "2001:db8:0:1::3".to_owned()).await.expect(200);
}

/// A proxy writes one of the headers. The other one it may pass on as the client has written it.
async fn a_client_behind_a_proxy_cannot_pick_its_own_address(database: TestDatabase) {
    let (simple, standard) = ("X-Forwarded-For", "Forwarded");
    let element = |name: &str, address: &str| match name {
        "Forwarded" => format!("for={address};proto=https"),
        _ => address.to_owned(),
    };
    for (forwarding_header, written, passed_on) in
        [(ForwardingHeader::XForwardedFor, simple, standard), (ForwardingHeader::Forwarded, standard, simple)]
    {
        let (api, _) = alone(&database, RateLimitOptions { forwarding_header, ..options(2, 0, 0) }).await;
        let client = api.admin().from("10.0.0.1");
        let call = |number: u8, name: &str, address: &str| {
            let made_up = element(passed_on, &format!("192.0.2.{number}"));
            client.get(LIST).header(passed_on, made_up).header(name, element(name, address))
        };
        for number in 0..2 {
            call(number, written, "198.51.100.1").await.expect(200);
        }
        assert_refused(&call(3, written, "198.51.100.1").await, "ip");
        call(3, written, "198.51.100.2").await.expect(200);
        // Where the proxy has written nothing, all its clients are one.
        for number in 0..2 {
            client.get(LIST).header(passed_on, element(passed_on, &format!("192.0.2.{number}"))).await.expect(200);
        }
        assert_refused(&client.get(LIST).header(passed_on, element(passed_on, "192.0.2.9")).await, "ip");
    }
}

/// An orchestrator with frequent probes must not get a 429, nor share a limit with clients behind the same proxy.
/// Expensive public routes, and those that call the user-management service, are counted.
async fn probes_have_no_limit_and_all_else_has(database: TestDatabase) {
    let (api, _) = alone(&database, options(1, 1, 1)).await;
    let client = api.admin().from("203.0.113.9");
    client.get(LIST).await.expect(200);
    for path in [LIST, "/health/detailed", "/openapi.json", "/docs/", "/docs/swagger-ui-bundle.js"] {
        let answer = client.get(path).undocumented("some of it is not a part of the API").await;
        assert_refused(&answer, "ip");
    }
    for path in ["/health", "/health/live", "/health/startup", "/health/ready", "/health/db", "/metrics"] {
        for _ in 0..3 {
            let answer = client.get(path).await.expect(200);
            assert!(answer.header("ratelimit").is_none(), "{answer}");
        }
    }
    let metrics = client.get("/metrics").await.text().to_owned();
    let counted = metrics.lines().any(|line| line.starts_with("crm_rate_limited_total{kind=\"ip\"}"));
    assert!(counted, "{metrics}");
}

async fn without_limits_nothing_is_said_of_them(database: TestDatabase) {
    for api in [Api::new(&database).await, alone(&database, options(0, 0, 0)).await.0] {
        let answer = api.admin().from("203.0.113.9").get(LIST).await.expect(200);
        assert!(answer.header("ratelimit").is_none() && answer.header("ratelimit-policy").is_none(), "{answer}");
    }
}

/// Three instances with one company.
async fn three(database: &TestDatabase, url: &str, timeout: Duration, options: &RateLimitOptions) -> [Api; 3] {
    let rate_limits = || {
        let redis = Redis::new(&url.to_owned().into(), timeout).expect("a URL");
        Some(RateLimits::new(options.clone(), Some(redis)))
    };
    let with = || Options { rate_limits: rate_limits(), ..Options::default() };
    let first = Api::with(database, with()).await;
    let (second, third) = (first.elsewhere_with(with()).await, first.elsewhere_with(with()).await);
    [first, second, third]
}

/// How many requests are let through that go to one instance after the other, and how many may be: the limit, and what time
/// gives back meanwhile.
async fn together(instances: &[Api; 3], limit: u32, requests: u32) -> (u32, std::ops::RangeInclusive<u32>) {
    let (began, mut count) = (Instant::now(), 0);
    for number in 0..requests {
        count += allowed(&instances[number as usize % 3].admin(), 1).await;
    }
    let given_back = began.elapsed().as_secs_f64() * f64::from(limit) / 60.0;
    (count, limit..=limit + given_back.ceil() as u32)
}

async fn instances_count_together(database: TestDatabase) -> anyhow::Result<()> {
    for options in [options(0, 6, 0), options(0, 0, 6), options(0, 6, 6)] {
        let instances = three(&database, redis_url()?, PATIENCE, &options).await;
        let (count, expected) = together(&instances, 6, 18).await;
        assert!(expected.contains(&count), "{count} of {options:?}, and not {expected:?}");
        let answer = instances[0].admin().get(LIST).await;
        if answer.status == 429 {
            assert_refused(&answer, if options.user.is_some() { "user" } else { "company" });
        }
    }
    Ok(())
}

async fn a_request_that_is_refused_uses_up_nothing_of_the_company(database: TestDatabase) -> anyhow::Result<()> {
    // One every minute, so that time gives nothing back; the company has one for each of two users.
    let [one, other, _] = three(&database, redis_url()?, PATIENCE, &options(0, 1, 2)).await;
    let began = Instant::now();
    let answers = [one.admin().get(LIST).await, other.admin().get(LIST).await, one.admin().get(LIST).await];
    other.as_(Role::Viewer).get(LIST).await.expect(200);
    if began.elapsed() < Duration::from_secs(60) {
        assert_eq!(answers.map(|answer| answer.status), [200, 429, 429]);
    }
    Ok(())
}

async fn without_redis_each_counts_alone_until_it_is_back(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let instances = three(&database, &server.url(), PATIENCE, &options(0, 0, 4)).await;
    let (count, expected) = together(&instances, 4, 9).await;
    assert!(expected.contains(&count), "{count}, and not {expected:?}");
    server.stop()?;
    // Requests are neither all refused nor unlimited.
    for api in &instances {
        let began = Instant::now();
        let count = allowed(&api.admin(), 10).await;
        let given_back = (began.elapsed().as_secs_f64() * 4.0 / 60.0).ceil() as u32;
        assert!((4..=4 + given_back).contains(&count), "{count}");
    }
    server.restart()?;
    // Alone each would let two of another company through.
    let is_back = async || {
        let company = instances[0].other_company().company;
        let of_company = instances.clone().map(|mut api| {
            api.company = company;
            api
        });
        together(&of_company, 4, 6).await.0 < 6
    };
    assert!(testkit::eventually(PATIENCE, is_back).await, "it does not come back");
    Ok(())
}

async fn a_redis_that_hangs_holds_nobody_for_long(database: TestDatabase) -> anyhow::Result<()> {
    let (proxy, url) = Proxy::before(redis_url()?).await?;
    let [api, ..] = three(&database, &url, Duration::from_secs(2), &options(0, 0, 1000)).await;
    api.admin().get(LIST).await.expect(200);
    proxy.hang().await?;
    // If all waited, that would take two minutes.
    let everybody = tokio::time::timeout(PATIENCE, allowed(&api.admin(), 60)).await;
    assert_eq!(everybody.ok(), Some(60), "everybody waits for it");
    Ok(())
}
