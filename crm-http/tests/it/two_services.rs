//! The CRM as a process of its own, with the user-management service that this workspace has.

mod identity;

use std::time::{Duration, Instant};

use crm_core::actor::Role;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{Suite, TestDatabase, eventually, redis_url};

use crate::support::{Answer, Client, PATIENCE, Serving};
use identity::{CLIENT, Identity, SECRET, text};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        a_log_in_leads_to_requests_and_a_log_out_ends_them,
        a_change_of_rights_reaches_the_crm,
        rights_beside_the_role_work,
        api_keys_work_in_both_ways,
        known_tokens_work_while_user_management_is_away,
        an_introspecting_crm_does_not_guess_while_user_management_is_down,
        known_tokens_work_as_long_as_the_cache_says,
        a_log_out_is_soon_known,
    ]);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Keys,
    Introspection,
}

const MODES: [Mode; 2] = [Mode::Keys, Mode::Introspection];

/// How many log-outs are measured, unless `CRM_LOG_OUTS` says so; docs/performance.md has the figures of 1,000.
const LOG_OUTS: usize = 20;

/// Both services, with a company.
struct Pair {
    users: Identity,
    crm: Serving,
    admin: String,
    _directory: TempDir,
}

impl Pair {
    /// User management on this database, the CRM on a file.
    async fn start(database: &TestDatabase, mode: Mode) -> anyhow::Result<Self> {
        Self::start_with(database, mode, &[]).await
    }

    /// With more settings of the CRM.
    async fn start_with(database: &TestDatabase, mode: Mode, more: &[(&str, &str)]) -> anyhow::Result<Self> {
        let own = testkit::empty(database.backend).await?;
        let users = Identity::start(&own.url, redis_url()?).await?;
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}", directory.path().join("crm.db").display());
        let issuer = users.url();
        let mode = match mode {
            Mode::Keys => "jwks",
            Mode::Introspection => "introspection",
        };
        let environment = [
            ("DATABASE_URL", url.as_str()),
            ("MIGRATE_ON_START", "true"),
            ("DATABASE_ACQUIRE_TIMEOUT", "30s"),
            ("AUDIT_KEY", "the-key-of-the-audit-of-the-two-services"),
            ("AUTH_MODE", mode),
            ("JWT_ISSUER", &issuer),
            ("JWT_AUDIENCE", "crm"),
            ("USER_MANAGEMENT_URL", &issuer),
            ("USER_MANAGEMENT_TIMEOUT", "500ms"),
            ("INTROSPECTION_CLIENT_ID", CLIENT),
            ("INTROSPECTION_CLIENT_SECRET", SECRET),
            ("REDIS_URL", redis_url()?),
            ("RATE_LIMIT_IP", "0"),
            ("RATE_LIMIT_USER", "0"),
            ("RATE_LIMIT_COMPANY", "0"),
            ("SHUTDOWN_DELAY", "0s"),
        ];
        let mut named = [&environment, more].concat();
        if mode == "jwks" {
            named.retain(|(name, _)| !name.starts_with("INTROSPECTION_"));
        }
        let crm = Serving::start(&["serve"], &named).await;
        let admin = users.first_admin().await?;
        let pair = Self { users, crm, admin, _directory: directory };
        pair.crm(&pair.admin).get("/api/customers").await.expect(200);
        Ok(pair)
    }

    /// The CRM for the bearer of a token.
    fn crm(&self, token: &str) -> Client {
        self.crm.client().with_token(token)
    }

    async fn answer(&self, token: &str) -> Answer {
        self.crm(token).get("/api/customers").await
    }

    async fn add_customer(&self, token: &str) -> Answer {
        self.crm(token).post("/api/customers").json(&json!({ "name": "Ann" })).await
    }

    /// Waits until the CRM refuses a token.
    async fn is_refused(&self, token: &str) -> bool {
        eventually(PATIENCE, async || self.answer(token).await.status == 401).await
    }
}

async fn a_log_in_leads_to_requests_and_a_log_out_ends_them(database: TestDatabase) -> anyhow::Result<()> {
    for mode in MODES {
        let pair = Pair::start(&database, mode).await?;
        let user = pair.users.add_user(&pair.admin, Role::SalesRep, &[]).await?;
        let (one, two) = (pair.users.login(&user.email).await?, pair.users.login(&user.email).await?);
        pair.add_customer(&one.token).await.expect(201);
        pair.answer(&two.token).await.expect(200);
        // The CRM knows who it was.
        let mine = pair.crm(&one.token).get("/api/customers").await.ok();
        assert_eq!(mine.pointer("/data/0/createdBy/id"), Some(&json!(user.id)), "{mode:?}: {mine}");
        pair.users.post("/api/auth/logout", Some(&one.token), &Value::Null).await?;
        assert!(pair.is_refused(&one.token).await, "{mode:?}: the token still works");
        pair.answer(&two.token).await.expect(200);
        // A refresh token that is used twice ends the session at the CRM too.
        let refreshed = pair.users.refresh(&two.cookie).await?;
        pair.answer(&refreshed.token).await.expect(200);
        assert!(pair.users.refresh(&two.cookie).await.is_err());
        assert!(pair.is_refused(&refreshed.token).await, "{mode:?}");
    }
    Ok(())
}

async fn a_change_of_rights_reaches_the_crm(database: TestDatabase) -> anyhow::Result<()> {
    for mode in MODES {
        let pair = Pair::start(&database, mode).await?;
        let user = pair.users.add_user(&pair.admin, Role::SalesRep, &[]).await?;
        let session = pair.users.login(&user.email).await?;
        pair.add_customer(&session.token).await.expect(201);
        let path = format!("/api/users/{}", user.id);
        pair.users.patch(&path, &pair.admin, &json!({ "role": "viewer" })).await?;
        assert!(pair.is_refused(&session.token).await, "{mode:?}");
        let session = pair.users.refresh(&session.cookie).await?;
        pair.answer(&session.token).await.expect(200);
        pair.add_customer(&session.token).await.problem(403, "forbidden");
        pair.users.patch(&path, &pair.admin, &json!({ "status": "suspended" })).await?;
        assert!(pair.is_refused(&session.token).await, "{mode:?}");
        assert!(pair.users.login(&user.email).await.is_err());
        pair.answer(&pair.admin).await.expect(200);
    }
    Ok(())
}

async fn rights_beside_the_role_work(database: TestDatabase) -> anyhow::Result<()> {
    for mode in MODES {
        let pair = Pair::start(&database, mode).await?;
        for (permissions, status) in [(&[][..], 403), (&["customers:export"][..], 200)] {
            let user = pair.users.add_user(&pair.admin, Role::Viewer, permissions).await?;
            let token = pair.users.login(&user.email).await?.token;
            pair.crm(&token).get("/api/customers/export").await.expect(status);
            pair.add_customer(&token).await.problem(403, "forbidden");
        }
    }
    Ok(())
}

async fn api_keys_work_in_both_ways(database: TestDatabase) -> anyhow::Result<()> {
    for mode in MODES {
        let pair = Pair::start(&database, mode).await?;
        let body = json!({ "name": "Shop", "role": "sales_rep", "permissions": ["customers:export"] });
        let created = pair.users.post("/api/api-keys", Some(&pair.admin), &body).await?;
        let (id, key) = (text(&created, "/id"), text(&created, "/key"));
        let exchanged = pair.users.exchange(&id, &key).await?;
        // Keys themselves are no tokens: only the service that made them knows them.
        let bearers = if mode == Mode::Introspection { vec![&key, &exchanged] } else { vec![&exchanged] };
        for bearer in &bearers {
            pair.add_customer(bearer).await.expect(201);
            pair.crm(bearer).get("/api/customers/export").await.expect(200);
        }
        if mode == Mode::Keys {
            pair.answer(&key).await.problem(401, "token_invalid");
        }
        pair.users.delete(&format!("/api/api-keys/{id}"), &pair.admin).await?;
        for bearer in bearers {
            assert!(pair.is_refused(bearer).await, "{mode:?}");
        }
        assert!(pair.users.exchange(&id, &key).await.is_err());
    }
    Ok(())
}

async fn known_tokens_work_while_user_management_is_away(database: TestDatabase) -> anyhow::Result<()> {
    for mode in MODES {
        let mut pair = Pair::start(&database, mode).await?;
        let user = pair.users.add_user(&pair.admin, Role::Manager, &[]).await?;
        let (known, unseen) = (pair.users.login(&user.email).await?, pair.users.login(&user.email).await?);
        pair.answer(&known.token).await.expect(200);
        for is_slow in [true, false] {
            match is_slow {
                true => pair.users.hang().await?,
                false => pair.users.cut().await?,
            }
            pair.answer(&known.token).await.expect(200);
            pair.add_customer(&known.token).await.expect(201);
            // With keys the CRM needs nobody; else it says that it cannot know.
            let expected = if mode == Mode::Keys { 200 } else { 503 };
            pair.answer(&unseen.token).await.expect(expected);
            pair.users.restore().await?;
            let works = async || pair.answer(&unseen.token).await.status == 200;
            assert!(eventually(PATIENCE, works).await, "{mode:?}");
            if mode == Mode::Introspection {
                // It is known by now.
                break;
            }
        }
        pair.users.restart().await?;
        pair.answer(&known.token).await.expect(200);
        let after = pair.users.login(&user.email).await?;
        let works = async || pair.answer(&after.token).await.status == 200;
        assert!(eventually(PATIENCE, works).await, "{mode:?}: a token of the restarted service");
        pair.users.post("/api/auth/logout", Some(&known.token), &Value::Null).await?;
        assert!(pair.is_refused(&known.token).await, "{mode:?}");
    }
    Ok(())
}

async fn an_introspecting_crm_does_not_guess_while_user_management_is_down(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let mut pair = Pair::start(&database, Mode::Introspection).await?;
    let user = pair.users.add_user(&pair.admin, Role::Manager, &[]).await?;
    let known = pair.users.login(&user.email).await?;
    pair.answer(&known.token).await.expect(200);
    for is_ended in [false, true] {
        let unseen = pair.users.login(&user.email).await?;
        let forged = format!("forged-{is_ended}");
        match is_ended {
            true => pair.users.stop().await,
            false => pair.users.cut().await?,
        }
        // More often than the CRM tries before it stops to wait for an answer.
        for _ in 0..5 {
            // Whether a token is good or not: nobody can know.
            for token in [&unseen.token, &forged] {
                let answer = pair.answer(token).await;
                let retry_after = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
                assert!(retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)), "{answer}");
                answer.problem(503, "identity_unavailable");
            }
            pair.add_customer(&unseen.token).await.problem(503, "identity_unavailable");
            pair.answer(&known.token).await.expect(200);
            pair.add_customer(&known.token).await.expect(201);
        }
        match is_ended {
            true => pair.users.begin().await?,
            false => pair.users.restore().await?,
        }
        let works = async || pair.answer(&unseen.token).await.status == 200;
        assert!(eventually(PATIENCE, works).await, "it does not recover");
        pair.answer(&forged).await.problem(401, "token_invalid");
        pair.add_customer(&unseen.token).await.expect(201);
    }
    pair.users.post("/api/auth/logout", Some(&known.token), &Value::Null).await?;
    assert!(pair.is_refused(&known.token).await);
    Ok(())
}

async fn known_tokens_work_as_long_as_the_cache_says(database: TestDatabase) -> anyhow::Result<()> {
    for (ttl, stale) in [("0s", "0s"), ("1s", "2s")] {
        let settings = [("TOKEN_CACHE_TTL", ttl), ("TOKEN_CACHE_STALE", stale)];
        let mut pair = Pair::start_with(&database, Mode::Introspection, &settings).await?;
        // A token that the CRM has not seen yet.
        let user = pair.users.add_user(&pair.admin, Role::Viewer, &[]).await?;
        let (token, began) = (pair.users.login(&user.email).await?.token, Instant::now());
        pair.answer(&token).await.expect(200);
        pair.users.stop().await;
        let (mut accepted, mut last) = (0, 200);
        let is_over = async || {
            last = pair.answer(&token).await.status;
            accepted += usize::from(last == 200);
            last != 200
        };
        assert!(eventually(PATIENCE, is_over).await, "{stale}: the token works for ever");
        assert_eq!(last, 503, "{stale}");
        if stale == "0s" {
            assert_eq!(accepted, 0, "nothing is kept");
        } else {
            assert!(began.elapsed() >= Duration::from_secs(2), "{:?} are less than {stale}", began.elapsed());
        }
        pair.users.begin().await?;
        let works = async || pair.answer(&token).await.status == 200;
        assert!(eventually(PATIENCE, works).await, "{stale}: it does not recover");
    }
    Ok(())
}

/// From sending the log-out to the first 401 of the CRM, again and again.
async fn a_log_out_is_soon_known(database: TestDatabase) -> anyhow::Result<()> {
    let tries = std::env::var("CRM_LOG_OUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(LOG_OUTS);
    for mode in MODES {
        let pair = Pair::start(&database, mode).await?;
        let user = pair.users.add_user(&pair.admin, Role::Viewer, &[]).await?;
        let mut times = Vec::with_capacity(tries);
        for _ in 0..tries {
            let token = pair.users.login(&user.email).await?.token;
            pair.answer(&token).await.expect(200);
            let began = Instant::now();
            pair.users.post("/api/auth/logout", Some(&token), &Value::Null).await?;
            while pair.answer(&token).await.status != 401 {
                assert!(began.elapsed() < PATIENCE, "{mode:?}: the token still works");
            }
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let at = |percent: usize| times[(tries * percent / 100).min(tries - 1)];
        eprintln!(
            "{mode:?}: log-out to first 401, {tries} tries: p50 {:?}, p99 {:?}, max {:?}",
            at(50),
            at(99),
            at(100)
        );
        assert!(at(50) < Duration::from_secs(1), "{mode:?}: {:?}", at(50));
    }
    Ok(())
}
