//! Tokens that are revoked through Redis before they expire.

use std::pin::Pin;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use chrono::Utc;
use crm_core::actor::Role;
use crm_http::Limits;
use crm_http::auth::{AuthMode, SharedSecret, Verifier};
use crm_http::redis::{REVOCATIONS, Redis, RevocationFeed};
use deadpool_redis::redis::{Client, cmd};
use futures_util::future::poll_fn;
use serde_json::{Value, json};
use testkit::{Proxy, RedisServer, Suite, TestDatabase, UserManagement, redis_url};
use tokio::time::timeout;
use uuid::Uuid;

use super::{LONG, PATIENCE, at, introspection, jwks};
use crate::support::{Answer, Api, Options, SECRET, tokens};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_session_that_ends_takes_its_tokens_along,
        a_user_who_is_suspended_or_changes_roles_needs_new_tokens,
        a_company_that_ends_takes_the_tokens_of_its_users_along,
        what_was_told_before_the_start_counts,
        what_is_told_while_the_instance_is_cut_off_counts_afterwards,
        without_redis_requests_go_on,
        other_texts_in_redis_harm_nothing,
        an_event_stream_ends_with_its_token,
        claims_that_are_void_are_not_shared,
    ]);
}

/// Milliseconds, as a busy machine takes them; by itself no token ends so soon.
const AT_ONCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Keys,
    Introspection,
    Secret,
}

const MODES: [Mode; 3] = [Mode::Keys, Mode::Introspection, Mode::Secret];

/// A CRM that follows the revocations in a Redis.
struct Revoking {
    api: Api,
    users: UserManagement,
    mode: Mode,
    verifier: Verifier,
    _feed: RevocationFeed,
    url: String,
}

impl Revoking {
    async fn start(database: &TestDatabase, mode: Mode, url: &str) -> Self {
        let crm = Self::start_at(database, mode, url, url).await;
        assert!(crm.verifier.revocations().are_known_within(PATIENCE).await, "it does not follow");
        crm
    }

    /// Follows one Redis, which is told through another address.
    async fn start_at(database: &TestDatabase, mode: Mode, follows: &str, told: &str) -> Self {
        let users = UserManagement::start().await.expect("a user-management service");
        let verifier = match mode {
            Mode::Keys => Verifier::start(AuthMode::Jwks(Box::new(jwks(&users))), None).await.expect("a client"),
            Mode::Introspection => {
                let mode = AuthMode::Introspection(Box::new(introspection(&users)));
                Verifier::start(mode, None).await.expect("a client")
            }
            Mode::Secret => Verifier::SharedSecret(Box::new(SharedSecret::new(tokens()))),
        };
        let redis = Redis::new(&follows.to_owned().into(), PATIENCE).expect("a URL");
        let feed = verifier.revocations().follow(redis);
        let limits = Limits { stream_time: LONG, ..Limits::default() };
        let options = Options { verifier: Some(verifier.clone()), limits, ..Options::default() };
        let api = Api::with(database, options).await;
        Self { api, users, mode, verifier, _feed: feed, url: told.to_owned() }
    }

    fn token(&self, role: Role, changes: Value) -> String {
        let mut claims = Value::Object(self.api.claims(role));
        crm_core::patch::merge(&mut claims, json!({ "iss": self.users.url(), "aud": "crm", "iat": at(-60) }));
        crm_core::patch::merge(&mut claims, changes);
        match self.mode {
            Mode::Keys => self.users.sign(&claims),
            Mode::Introspection => self.users.issue(&claims),
            Mode::Secret => self.users.sign_with_secret(SECRET, &claims),
        }
    }

    async fn answer(&self, token: &str) -> Answer {
        self.api.with_token(token).get("/api/customers").await
    }

    async fn is_soon(&self, token: &str, status: u16) -> bool {
        testkit::eventually(PATIENCE, async || self.answer(token).await.status == status).await
    }

    async fn tell(&self, change: &Value) -> anyhow::Result<()> {
        tell(&self.url, &change.to_string()).await
    }
}

/// As the user-management service does it.
async fn tell(url: &str, text: &str) -> anyhow::Result<()> {
    let mut redis = Client::open(url)?.get_multiplexed_async_connection().await?;
    let now = Utc::now().timestamp_millis();
    let () = cmd("ZADD").arg(REVOCATIONS).arg(now).arg(text).query_async(&mut redis).await?;
    let () = cmd("PUBLISH").arg(REVOCATIONS).arg(text).query_async(&mut redis).await?;
    Ok(())
}

fn ended(session: Uuid) -> Value {
    json!({ "kind": "session_ended", "session": session })
}

async fn a_session_that_ends_takes_its_tokens_along(database: TestDatabase) -> anyhow::Result<()> {
    for mode in MODES {
        let crm = Revoking::start(&database, mode, redis_url()?).await;
        let (session, other) = (Uuid::new_v4(), Uuid::new_v4());
        let token = crm.token(Role::Admin, json!({ "sid": session }));
        let others = [json!({ "sid": other }), json!({})].map(|claims| crm.token(Role::Admin, claims));
        crm.answer(&token).await.expect(200);
        crm.tell(&ended(session)).await?;
        let began = Instant::now();
        assert!(crm.is_soon(&token, 401).await, "{mode:?}");
        assert!(began.elapsed() < AT_ONCE, "{mode:?}: refused {:?} after it was told", began.elapsed());
        let refused = crm.answer(&token).await;
        assert!(refused.header("www-authenticate").is_some_and(|why| why.contains("revoked")), "{refused}");
        refused.problem(401, "token_invalid");
        for other in &others {
            crm.answer(other).await.expect(200);
        }
        // Also a token of the session that was never seen.
        crm.answer(&crm.token(Role::Viewer, json!({ "sid": session }))).await.problem(401, "token_invalid");
    }
    Ok(())
}

async fn a_user_who_is_suspended_or_changes_roles_needs_new_tokens(database: TestDatabase) -> anyhow::Result<()> {
    for mode in MODES {
        let crm = Revoking::start(&database, mode, redis_url()?).await;
        let (first, second) = (json!({ "gen": 1, "sid": "a" }), json!({ "gen": 2, "sid": "a", "role": "viewer" }));
        let old = crm.token(Role::SalesRep, first.clone());
        let none = crm.token(Role::SalesRep, json!({}));
        let colleague = crm.token(Role::Manager, first);
        for token in [&old, &none, &colleague] {
            crm.answer(token).await.expect(200);
        }
        let user = crm.api.user(Role::SalesRep);
        let change = |generation| json!({ "kind": "member_changed", "company": crm.api.company, "user": user, "generation": generation });
        crm.tell(&change(2)).await?;
        assert!(crm.is_soon(&old, 401).await && crm.is_soon(&none, 401).await, "{mode:?}");
        crm.answer(&colleague).await.expect(200);
        let new = crm.token(Role::SalesRep, second);
        crm.answer(&new).await.expect(200);
        crm.api.with_token(&new).post("/api/customers").json(&json!({ "name": "Ann" })).await.problem(403, "forbidden");
        // An older change that comes late opens nothing.
        crm.tell(&change(1)).await?;
        crm.tell(&change(3)).await?;
        assert!(crm.is_soon(&new, 401).await);
        crm.answer(&old).await.problem(401, "token_invalid");
    }
    Ok(())
}

async fn a_company_that_ends_takes_the_tokens_of_its_users_along(database: TestDatabase) -> anyhow::Result<()> {
    let crm = Revoking::start(&database, Mode::Keys, redis_url()?).await;
    let token = crm.token(Role::Admin, json!({ "gen": 1 }));
    let other = crm.token(Role::Admin, json!({ "companyId": Uuid::new_v4() }));
    for change in [json!({}), json!({ "ended": false }), json!({ "ended": true })] {
        crm.answer(&token).await.expect(200);
        let mut all = json!({ "kind": "company_changed", "company": crm.api.company });
        crm_core::patch::merge(&mut all, change);
        crm.tell(&all).await?;
    }
    assert!(crm.is_soon(&token, 401).await);
    crm.answer(&other).await.expect(200);
    crm.answer(&crm.token(Role::Admin, json!({ "gen": 2, "iat": at(2) }))).await.expect(200);
    Ok(())
}

async fn what_was_told_before_the_start_counts(database: TestDatabase) -> anyhow::Result<()> {
    let (url, session, old) = (redis_url()?, Uuid::new_v4(), Uuid::new_v4());
    tell(url, &ended(session).to_string()).await?;
    let mut redis = Client::open(url)?.get_multiplexed_async_connection().await?;
    let long_ago = Utc::now().timestamp_millis() - 25 * 60 * 60 * 1000;
    let () = cmd("ZADD").arg(REVOCATIONS).arg(long_ago).arg(ended(old).to_string()).query_async(&mut redis).await?;
    let crm = Revoking::start(&database, Mode::Keys, url).await;
    crm.answer(&crm.token(Role::Admin, json!({ "sid": session }))).await.problem(401, "token_invalid");
    // Its tokens have expired since; a new session with this name would be another one.
    crm.answer(&crm.token(Role::Admin, json!({ "sid": old }))).await.expect(200);
    Ok(())
}

async fn what_is_told_while_the_instance_is_cut_off_counts_afterwards(database: TestDatabase) -> anyhow::Result<()> {
    let (proxy, through) = Proxy::before(redis_url()?).await?;
    let crm = Revoking::start_at(&database, Mode::Keys, &through, redis_url()?).await;
    assert!(crm.verifier.revocations().are_known_within(PATIENCE).await);
    let session = Uuid::new_v4();
    let token = crm.token(Role::Admin, json!({ "sid": session }));
    proxy.cut().await?;
    crm.tell(&ended(session)).await?;
    crm.answer(&token).await.expect(200);
    proxy.restore().await?;
    assert!(crm.is_soon(&token, 401).await, "it was missed");
    Ok(())
}

async fn without_redis_requests_go_on(database: TestDatabase) -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    server.stop()?;
    for mode in MODES {
        let crm = Revoking::start_at(&database, mode, &server.url(), &server.url()).await;
        let session = Uuid::new_v4();
        let token = crm.token(Role::Admin, json!({ "sid": session }));
        let began = Instant::now();
        crm.answer(&token).await.expect(200);
        assert!(began.elapsed() < PATIENCE / 2, "requests wait for Redis");
        assert!(!crm.verifier.revocations().are_known_within(Duration::from_millis(10)).await);
        server.restart()?;
        assert!(crm.verifier.revocations().are_known_within(PATIENCE).await, "it does not come back");
        crm.tell(&ended(session)).await?;
        assert!(crm.is_soon(&token, 401).await);
        // What is known stays known.
        server.stop()?;
        crm.answer(&token).await.problem(401, "token_invalid");
    }
    Ok(())
}

async fn other_texts_in_redis_harm_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = Revoking::start(&database, Mode::Keys, redis_url()?).await;
    let session = Uuid::new_v4();
    let token = crm.token(Role::Admin, json!({ "sid": session }));
    for text in ["", "session_ended", "{}", "[]", "{\"kind\":\"moved\"}", "{\"kind\":\"session_ended\",\"session\":7}"]
    {
        tell(redis_url()?, text).await?;
    }
    crm.answer(&token).await.expect(200);
    let again = Revoking::start(&database, Mode::Keys, redis_url()?).await;
    let mut change = ended(session);
    change["more"] = json!("a later version says more");
    crm.tell(&change).await?;
    assert!(crm.is_soon(&token, 401).await);
    let token = again.token(Role::Admin, json!({ "sid": session }));
    assert!(again.is_soon(&token, 401).await);
    Ok(())
}

/// The next part of a stream; `None` when it has ended.
async fn part(stream: &mut Pin<Box<BoxBody>>) -> Option<String> {
    let part = poll_fn(|context| stream.as_mut().poll_next(context));
    let part = timeout(PATIENCE, part).await.expect("something comes")?.expect("a part");
    Some(String::from_utf8(part.to_vec()).expect("a text"))
}

async fn an_event_stream_ends_with_its_token(database: TestDatabase) -> anyhow::Result<()> {
    for mode in MODES {
        let crm = Revoking::start(&database, mode, redis_url()?).await;
        let session = Uuid::new_v4();
        let open = async |claims: Value| {
            let token = crm.token(Role::Viewer, claims);
            let answer = crm.api.with_token(&token).get("/api/events/stream").open().await;
            assert_eq!(answer.status(), 200);
            let mut stream = Box::pin(answer.into_body());
            assert!(part(&mut stream).await.is_some_and(|text| text.starts_with("retry")));
            stream
        };
        let (mut ours, mut other) = (open(json!({ "sid": session })).await, open(json!({ "sid": "other" })).await);
        let began = Instant::now();
        crm.tell(&ended(session)).await?;
        assert_eq!(part(&mut ours).await, None, "{mode:?}");
        assert!(began.elapsed() < AT_ONCE, "{mode:?}: the stream ended after {:?}", began.elapsed());
        let admin = crm.token(Role::Admin, json!({}));
        crm.api.with_token(&admin).post("/api/customers").json(&json!({ "name": "Ann" })).await.expect(201);
        assert!(part(&mut other).await.is_some_and(|text| text.contains("crm.customer.created")));
    }
    Ok(())
}

async fn claims_that_are_void_are_not_shared(database: TestDatabase) -> anyhow::Result<()> {
    let crm = Revoking::start(&database, Mode::Introspection, redis_url()?).await;
    // The service says more of the same token each time it is asked, as it does of opaque tokens.
    let token = crm.token(Role::Admin, json!({ "gen": 1 }));
    crm.answer(&token).await.expect(200);
    let asked = crm.users.asked().introspections;
    let mut newer = Value::Object(crm.api.claims(Role::Viewer));
    newer["sub"] = json!(crm.api.user(Role::Admin));
    newer["gen"] = json!(2);
    crm.users.register(token.clone(), &newer);
    let change = json!({
        "kind": "member_changed", "company": crm.api.company, "user": crm.api.user(Role::Admin), "generation": 2,
    });
    crm.tell(&change).await?;
    let is_asked = async || {
        crm.answer(&token).await.expect(200);
        crm.users.asked().introspections == asked + 1
    };
    assert!(testkit::eventually(PATIENCE, is_asked).await, "it was not asked again");
    crm.api.with_token(&token).get("/api/audit").await.problem(403, "forbidden");
    Ok(())
}
