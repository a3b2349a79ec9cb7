//! The program as started by settings, with the most verbose log.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crm_http::redis::REVOCATIONS;
use deadpool_redis::redis::{Client, cmd};
use serde_json::{Value, json};
use testkit::{RedisServer, Suite, UserManagement, free_port, scratch};
use uuid::Uuid;

use super::{PATIENCE, at};

const JWT_SECRET: &str = "marker-of-the-secret-of-tokens-0123456789";
const AUDIT_KEY: &str = "marker-of-the-key-of-the-audit-0123456789";
const CLIENT_SECRET: &str = "marker-of-the-clients-secret-0123456789";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [
        introspection_runs_and_its_log_holds_no_credentials,
        keys_run_and_their_log_holds_no_credentials,
        wrong_client_credentials_are_told_to_the_operator,
        the_service_starts_and_recovers_without_its_user_management,
        two_that_run_share_a_redis_and_go_on_without_it,
        it_follows_revocations_and_the_directory,
    ]);
}

/// The program, until it is dropped.
struct Program {
    child: Child,
    log: PathBuf,
    base: String,
    client: reqwest::Client,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    async fn start(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let (name, port) = (Uuid::new_v4().simple(), free_port()?);
        let log = scratch()?.join(format!("{name}.log"));
        let output = File::create(&log)?;
        let child = Command::new(env!("CARGO_BIN_EXE_crm-http"))
            .arg("serve")
            .env_clear()
            .env("DATABASE_URL", format!("sqlite://{}", scratch()?.join(format!("{name}.db")).display()))
            .env("MIGRATE_ON_START", "true")
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string())
            .env("WORKERS", "2")
            .env("LOG_LEVEL", "trace")
            .env("AUDIT_KEY", AUDIT_KEY)
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let program = Self { child, log, base: format!("http://127.0.0.1:{port}"), client };
        let lives = async || program.status("/health/live", None).await == Some(200);
        anyhow::ensure!(testkit::eventually(PATIENCE, lives).await, "it does not start: {}", program.log()?);
        Ok(program)
    }

    async fn status(&self, path: &str, token: Option<&str>) -> Option<u16> {
        let request = self.client.get(format!("{}{path}", self.base));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Some(request.send().await.ok()?.status().as_u16())
    }

    async fn opens(&self, token: &str) -> Option<u16> {
        self.status("/api/customers", Some(token)).await
    }

    /// Whether a token gets this status soon.
    async fn soon(&self, token: &str, status: u16) -> bool {
        testkit::eventually(PATIENCE, async || self.opens(token).await == Some(status)).await
    }

    fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }

    /// None of these is in the log, as it is or as it travels.
    fn has_kept_quiet_about(&self, secrets: &[&str]) -> anyhow::Result<()> {
        let log = self.log()?;
        assert!(log.contains("TRACE"), "it did not log everything");
        for secret in secrets.iter().chain(&[JWT_SECRET, AUDIT_KEY, CLIENT_SECRET]) {
            let basic = STANDARD.encode(format!("crm:{secret}"));
            for marker in [*secret, &*basic] {
                let line = log.lines().find(|line| line.contains(marker));
                assert!(line.is_none(), "a credential is logged: {line:?}");
            }
        }
        Ok(())
    }
}

fn claims() -> Value {
    json!({
        "companyId": Uuid::new_v4(), "sub": "marker-of-the-user", "role": "admin", "exp": at(3600), "aud": "crm",
        "name": "Marker Ofthename", "email": "marker@example.com",
    })
}

async fn introspection_runs_and_its_log_holds_no_credentials() -> anyhow::Result<()> {
    let users = UserManagement::start().await?;
    users.know_client("crm", CLIENT_SECRET);
    let url = users.url();
    let crm = Program::start(&[
        ("USER_MANAGEMENT_URL", &url),
        ("INTROSPECTION_CLIENT_ID", "crm"),
        ("INTROSPECTION_CLIENT_SECRET", CLIENT_SECRET),
        ("JWT_SECRET", JWT_SECRET),
        ("TOKEN_CACHE_TTL", "0s"),
        ("TOKEN_CACHE_STALE", "0s"),
    ])
    .await?;
    let good = users.sign_with_secret(JWT_SECRET, &claims());
    let dead = users.sign_with_secret(JWT_SECRET, &claims());
    let forged = users.sign_with_secret("another secret that is long enough", &claims());
    let roleless = users.sign_with_secret(
        JWT_SECRET,
        &json!({ "role": "marker-of-a-role", "exp": at(3600), "sub": "a", "companyId": "b" }),
    );
    users.revoke(&dead);
    anyhow::ensure!(crm.soon(&good, 200).await, "{}", crm.log()?);
    for (token, status) in [(&good, 200), (&dead, 401), (&forged, 401), (&roleless, 403)] {
        assert_eq!(crm.opens(token).await, Some(status));
    }
    for broken in ["garbage", "{\"active\": 1}"] {
        users.answer_with(200, broken);
        assert_eq!(crm.opens(&good).await, Some(503));
    }
    users.answer_truly();
    users.go_away().await?;
    assert_eq!(crm.opens(&good).await, Some(503));
    assert_eq!(crm.status("/health/ready", None).await, Some(200));
    users.come_back().await?;
    anyhow::ensure!(crm.soon(&good, 200).await, "it does not recover: {}", crm.log()?);
    let signature = |token: &str| token.rsplit('.').next().unwrap_or_default().to_owned();
    let signatures = [&good, &dead, &forged, &roleless].map(|token| signature(token));
    let mut secrets: Vec<&str> = signatures.iter().map(String::as_str).collect();
    secrets.extend(["Marker Ofthename", "marker@example.com"]);
    crm.has_kept_quiet_about(&secrets)
}

async fn keys_run_and_their_log_holds_no_credentials() -> anyhow::Result<()> {
    let users = UserManagement::start().await?;
    let url = users.url();
    let settings = [
        ("AUTH_MODE", "jwks"),
        ("USER_MANAGEMENT_URL", &*url),
        ("JWT_ISSUER", &url),
        ("JWT_AUDIENCE", "crm"),
        ("JWT_SECRET", JWT_SECRET),
        ("JWKS_REFRESH", "1s"),
    ];
    let crm = Program::start(&settings).await?;
    let good = users.sign(&claims());
    anyhow::ensure!(crm.soon(&good, 200).await, "{}", crm.log()?);
    assert_eq!(crm.status("/health/ready", None).await, Some(200));
    // The secret is there for the audit trail, and signs nothing.
    let other = users.sign_with_secret(JWT_SECRET, &claims());
    assert_eq!(crm.opens(&other).await, Some(401));
    users.rotate(testkit::Algorithm::EdDSA);
    let new = users.sign(&claims());
    anyhow::ensure!(crm.soon(&new, 200).await, "{}", crm.log()?);
    users.go_away().await?;
    assert_eq!(crm.opens(&new).await, Some(200));
    let signatures = [&good, &other, &new].map(|token| token.rsplit('.').next().unwrap_or_default().to_owned());
    let mut secrets: Vec<&str> = signatures.iter().map(String::as_str).collect();
    secrets.extend(["Marker Ofthename", "marker@example.com"]);
    crm.has_kept_quiet_about(&secrets)
}

async fn wrong_client_credentials_are_told_to_the_operator() -> anyhow::Result<()> {
    let users = UserManagement::start().await?;
    users.know_client("crm", "another");
    let url = users.url();
    let crm = Program::start(&[
        ("USER_MANAGEMENT_URL", &url),
        ("INTROSPECTION_CLIENT_ID", "crm"),
        ("INTROSPECTION_CLIENT_SECRET", CLIENT_SECRET),
    ])
    .await?;
    let token = users.issue(&claims());
    assert_eq!(crm.opens(&token).await, Some(503));
    let told = async || {
        let log = crm.log().unwrap_or_default();
        log.lines().any(|line| line.contains("ERROR") && line.contains("INTROSPECTION_CLIENT_SECRET"))
    };
    assert!(testkit::eventually(PATIENCE, told).await, "{}", crm.log()?);
    crm.has_kept_quiet_about(&[&token])
}

async fn the_service_starts_and_recovers_without_its_user_management() -> anyhow::Result<()> {
    let users = UserManagement::start().await?;
    users.go_away().await?;
    let url = users.url();
    let token = users.sign(&claims());
    let asking = Program::start(&[("USER_MANAGEMENT_URL", &url)]).await?;
    let named = [("AUTH_MODE", "jwks"), ("JWT_ISSUER", "*"), ("JWT_AUDIENCE", "crm"), ("USER_MANAGEMENT_URL", &*url)];
    let verifying = Program::start(&named).await?;
    for crm in [&asking, &verifying] {
        assert_eq!(crm.opens(&token).await, Some(503));
    }
    assert_eq!(asking.status("/health/ready", None).await, Some(200));
    assert_eq!(verifying.status("/health/ready", None).await, Some(503));
    users.come_back().await?;
    for crm in [&asking, &verifying] {
        anyhow::ensure!(crm.soon(&token, 200).await, "it does not recover: {}", crm.log()?);
        let ready = async || crm.status("/health/ready", None).await == Some(200);
        assert!(testkit::eventually(Duration::from_secs(60), ready).await);
    }
    Ok(())
}

async fn two_that_run_share_a_redis_and_go_on_without_it() -> anyhow::Result<()> {
    let (users, server) = (UserManagement::start().await?, RedisServer::start()?);
    let (service, redis) = (users.url(), server.url());
    let settings = [("USER_MANAGEMENT_URL", &*service), ("REDIS_URL", &redis), ("REDIS_TIMEOUT", "20s")];
    let (one, other) = (Program::start(&settings).await?, Program::start(&settings).await?);
    let token = users.issue(&claims());
    for crm in [&one, &other] {
        anyhow::ensure!(crm.soon(&token, 200).await, "{}", crm.log()?);
    }
    assert_eq!(users.asked().introspections, 1);

    server.stop()?;
    for _ in 0..10 {
        assert_eq!(one.opens(&users.issue(&claims())).await, Some(200));
    }
    assert_eq!(one.status("/health/ready", None).await, Some(200));
    let said = |text: &str| one.log().unwrap_or_default().lines().filter(|line| line.contains(text)).count();
    assert!(testkit::eventually(PATIENCE, async || said("Redis is down") == 1).await, "{}", one.log()?);
    server.restart()?;
    let answers = async || one.opens(&users.issue(&claims())).await == Some(200) && said("Redis answers again") == 1;
    assert!(testkit::eventually(PATIENCE, answers).await, "{}", one.log()?);
    assert_eq!(said("Redis is down"), 1, "it is said once");
    one.has_kept_quiet_about(&[&token, "Marker Ofthename", "marker@example.com"])
}

async fn it_follows_revocations_and_the_directory() -> anyhow::Result<()> {
    let (users, redis) = (UserManagement::start().await?, RedisServer::start()?);
    users.know_client("crm", CLIENT_SECRET);
    let (url, redis_url) = (users.url(), redis.url());
    let crm = Program::start(&[
        ("AUTH_MODE", "jwks"),
        ("USER_MANAGEMENT_URL", &url),
        ("JWT_ISSUER", &url),
        ("JWT_AUDIENCE", "crm"),
        ("USER_DIRECTORY", "on"),
        ("USER_DIRECTORY_INTERVAL", "1h"),
        ("INTROSPECTION_CLIENT_ID", "crm"),
        ("INTROSPECTION_CLIENT_SECRET", CLIENT_SECRET),
        ("REDIS_URL", &redis_url),
    ])
    .await?;
    let (mut claims, session) = (claims(), Uuid::new_v4());
    let other = users.sign(&claims);
    claims["sid"] = json!(session);
    let token = users.sign(&claims);
    anyhow::ensure!(crm.soon(&token, 200).await && crm.soon(&other, 200).await, "{}", crm.log()?);
    let mut connection = Client::open(&*redis_url)?.get_multiplexed_async_connection().await?;
    let mut tell = async |change: Value| {
        let publish = cmd("PUBLISH").arg(REVOCATIONS).arg(change.to_string()).to_owned();
        publish.query_async::<()>(&mut connection).await
    };
    tell(json!({ "kind": "session_ended", "session": session })).await?;
    anyhow::ensure!(crm.soon(&token, 401).await, "{}", crm.log()?);
    users.list_company(&json!({ "companyId": claims["companyId"], "name": "Lee & Co", "status": "suspended" }));
    tell(json!({ "kind": "company_changed", "company": claims["companyId"] })).await?;
    anyhow::ensure!(crm.soon(&other, 403).await, "{}", crm.log()?);
    let metrics = crm.client.get(format!("{}/metrics", crm.base)).send().await?.text().await?;
    for expected in [
        "crm_revocations_connected 1",
        "crm_revocations_total{kind=\"session_ended\"} 1",
        "crm_user_directory_age_seconds 0",
    ] {
        anyhow::ensure!(metrics.contains(expected), "{expected}: {metrics}");
    }
    crm.has_kept_quiet_about(&["Marker Ofthename", "marker@example.com"])
}
