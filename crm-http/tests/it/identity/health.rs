//! The health of the user-management service.

use std::time::Duration;

use crm_http::auth::{AuthMode, Verifier};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, UserManagement};

use super::{Delegated, LONG, PATIENCE, introspection, jwks};
use crate::support::{Api, Options};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_service_shows_with_its_latency_and_without_its_place,
        readiness_does_not_hang_on_the_service,
        many_who_look_are_one_question,
        an_instance_without_keys_is_not_ready_yet,
        nobody_is_asked_where_a_secret_is_enough,
    ]);
}

async fn dependency(crm: &Delegated, token: &str, name: &str) -> Option<Value> {
    let health = crm.api.with_token(token).get("/health/detailed").await.ok();
    let all = health["dependencies"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|dependency| dependency["name"] == name)
}

async fn the_service_shows_with_its_latency_and_without_its_place(database: TestDatabase) {
    for crm in [Delegated::introspecting(&database, |_| {}).await, Delegated::with_keys(&database, |_, _| {}).await] {
        let token = crm.sign(json!({}));
        let is_up = async || dependency(&crm, &token, "user_management").await.is_some_and(|it| it["status"] == "up");
        assert!(testkit::eventually(PATIENCE, is_up).await, "it never answers within a second");
        let shown = dependency(&crm, &token, "user_management").await.expect("it shows");
        assert!(shown["latencyMs"].is_u64() && shown["required"] == false, "{shown}");
        crm.users.go_away().await.expect("it is away");
        let answer = crm.api.with_token(&token).get("/health/detailed").await.expect(200);
        assert_eq!(answer.json()["status"], "degraded", "{answer}");
        let port = crm.users.url().rsplit(':').next().expect("a port").to_owned();
        assert!(!answer.text().contains(&port) && !answer.text().contains("127.0.0.1"), "{answer}");
        crm.users.come_back().await.expect("it is back");
        assert!(testkit::eventually(PATIENCE, is_up).await, "it stays down");
        // It counts only if it knows us.
        crm.users.answer_with(401, "who are you?");
        let down = dependency(&crm, &token, "user_management").await.expect("it shows");
        assert_eq!(down["status"], "down");
    }
}

async fn readiness_does_not_hang_on_the_service(database: TestDatabase) {
    for crm in [Delegated::introspecting(&database, |_| {}).await, Delegated::with_keys(&database, |_, _| {}).await] {
        let asked = crm.users.asked();
        for away in [false, true] {
            if away {
                crm.users.hang().await.expect("it hangs");
            }
            for path in ["/health/ready", "/health/live", "/health/startup", "/health"] {
                assert_eq!(crm.api.anonymous().get(path).await.ok()["status"], "ok", "{path}");
            }
        }
        assert_eq!(crm.users.asked(), asked, "a probe has asked");
    }
}

/// Users may look as often as they like.
async fn many_who_look_are_one_question(database: TestDatabase) {
    let modes: [fn(&UserManagement) -> AuthMode; 2] = [
        |users| AuthMode::Introspection(Box::new(introspection(users))),
        |users| AuthMode::Jwks(Box::new(jwks(users))),
    ];
    for mode in modes {
        let users = UserManagement::start().await.expect("a user-management service");
        let verifier = Some(Verifier::start(mode(&users), None).await.expect("a client"));
        let options = Options { verifier, health_age: LONG, ..Options::default() };
        let crm = Delegated { users, api: Api::with(&database, options).await };
        let token = crm.sign(json!({}));
        crm.answer(&token).await.expect(200);
        let questions = || {
            let asked = crm.users.asked();
            asked.introspections + asked.keys
        };
        let before = questions();
        let looks = join_all((0..20).map(|_| dependency(&crm, &token, "user_management"))).await;
        assert!(looks.iter().all(|look| look.as_ref().is_some_and(|look| look["status"] == "up")), "{looks:?}");
        assert_eq!(questions() - before, 1);
        // It was up a moment ago, so it is not checked again.
        crm.users.go_away().await.expect("it is away");
        assert_eq!(dependency(&crm, &token, "user_management").await, looks[0]);
    }
}

async fn an_instance_without_keys_is_not_ready_yet(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |users, options| {
        options.upstream.timeout = Duration::from_secs(1);
        users.answer_with(404, "");
    })
    .await;
    let ready = async || crm.api.anonymous().get("/health/ready").await.status;
    assert_eq!(ready().await, 503);
    // A restart would not bring keys.
    crm.api.anonymous().get("/health/startup").await.expect(200);
    crm.api.anonymous().get("/health/live").await.expect(200);
    crm.users.answer_truly();
    assert!(testkit::eventually(PATIENCE, async || ready().await == 200).await, "it does not become ready");
    let keys = dependency(&crm, &crm.sign(json!({})), "keys").await.expect("they show");
    assert_eq!((&keys["status"], &keys["required"]), (&json!("up"), &json!(true)));
    // Once there are some, it stays so.
    crm.users.answer_with(500, "");
    for _ in 0..3 {
        assert_eq!(ready().await, 200);
    }
}

async fn nobody_is_asked_where_a_secret_is_enough(database: TestDatabase) {
    let health = Api::new(&database).await.admin().get("/health/detailed").await.ok();
    let names: Vec<&str> =
        health["dependencies"].as_array().expect("a list").iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["database", "migrations"]);
}
