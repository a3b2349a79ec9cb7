//! Without a database.

use std::time::Duration;

use crm_core::actor::Role;
use sea_orm::{ConnectOptions, Database};
use serde_json::json;
use testkit::{Proxy, Suite, TestDatabase, eventually};
use user_management::Options;

use super::cases::{CASES, Case};
use super::support::Api;
use crate::auth_support::{ANN, World};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty_postgres: [a_database_away_is_told_and_survived, a_failed_log_in_of_ours_is_no_guess]);
}

/// Operations that answer without the database.
const WITHOUT: &[&str] = &["getLiveness", "getMetrics", "getConfiguration", "forgotPassword", "issueToken", "getKeys"];

async fn behind_a_proxy(database: &TestDatabase) -> (Proxy, Api) {
    let world = World::with(database, Options::default()).await;
    let (proxy, url) = Proxy::before(&database.url).await.expect("a proxy");
    let mut options = ConnectOptions::new(url);
    options.max_connections(4).acquire_timeout(Duration::from_millis(300)).connect_timeout(Duration::from_millis(300));
    options.sqlx_logging(false);
    let pool = Database::connect(options).await.expect("a pool");
    (proxy, Api::of(world, pool, false).await)
}

async fn a_database_away_is_told_and_survived(database: TestDatabase) {
    let (proxy, api) = behind_a_proxy(&database).await;
    let token = api.member(api.acme, Role::Admin).await.1;
    let admin = api.with_token(&token);
    admin.get("/api/auth/me").await.expect(200);
    proxy.cut().await.expect("away");
    let id = uuid::Uuid::now_v7().to_string();
    let mut told = 0;
    for case in CASES {
        let caller = match case.document().is_for_clients() {
            true => api.client(),
            false => admin.clone(),
        };
        let call = match case.operation {
            // A refresh without a cookie needs no database.
            "refresh" => api.anonymous().post("/api/auth/refresh").cookie("um_refresh=something"),
            _ => case.call(&caller, &id),
        };
        let answer = call.await;
        if WITHOUT.contains(&case.operation) || ["introspectToken", "revokeToken"].contains(&case.operation) {
            assert!(answer.status < 500 || answer.status == 503, "{answer}");
            continue;
        }
        assert_eq!(answer.status, 503, "{}: {answer}", case.operation);
        told += 1;
        if answer.content_type() == "application/problem+json" {
            assert!(answer.header("retry-after").is_some(), "{answer}");
            answer.problem(503, "unavailable");
        }
    }
    assert!(told > 35, "{told} operations");
    Case::of("getLiveness").call(&api.anonymous(), "").await.expect(200);
    Case::of("getConfiguration").call(&api.anonymous(), "").await.expect(200);
    let introspection = api.client().post("/oauth2/introspect").form(&[("token", &token)]).await;
    assert_eq!(introspection.status, 503, "unknown is not inactive: {introspection}");
    proxy.restore().await.expect("back");
    let works = async || admin.get("/api/auth/me").await.status == 200;
    assert!(eventually(Duration::from_secs(20), works).await, "it does not recover");
    api.login(ANN).await.expect(200);
    let ready = async || Case::of("getReadiness").call(&api.anonymous(), "").await.status == 200;
    assert!(eventually(Duration::from_secs(20), ready).await, "it does not get ready");
}

/// Log-ins that fail because the service is away do not use up the attempts of their user.
async fn a_failed_log_in_of_ours_is_no_guess(database: TestDatabase) {
    let (proxy, api) = behind_a_proxy(&database).await;
    for _ in 0..12 {
        proxy.cut().await.expect("away");
        api.login(ANN).await.problem(503, "unavailable");
        proxy.restore().await.expect("back");
    }
    let works = async || api.login(ANN).await.status == 200;
    assert!(eventually(Duration::from_secs(20), works).await, "it does not recover");
    let wrong = json!({ "email": ANN, "password": "wrong" });
    api.anonymous().post("/api/auth/login").json(&wrong).await.problem(401, "credentials_invalid");
}
