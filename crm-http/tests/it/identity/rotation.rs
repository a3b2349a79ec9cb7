//! Rotation of keys during requests.

use std::cell::Cell;
use std::time::Duration;

use crm_core::actor::Role;
use crm_http::auth::JwksOptions;
use futures_util::future::join_all;
use jsonwebtoken::Header;
use serde_json::json;
use testkit::{Algorithm, Suite, TestDatabase, UserManagement};

use super::{Delegated, LONG, PATIENCE};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        keys_rotate_while_requests_run,
        a_new_key_is_fetched_when_it_is_first_named,
        of_many_that_name_a_new_key_one_fetches,
        names_that_nobody_knows_make_nobody_fetch_more_than_now_and_then,
        keys_are_fetched_ahead_of_need,
        a_key_that_is_withdrawn_opens_nothing_any_more,
        keys_are_never_replaced_by_nothing,
        keys_that_cannot_be_fetched_for_long_are_used_no_more,
    ]);
}

fn often(_: &UserManagement, options: &mut JwksOptions) {
    options.refresh = Duration::from_millis(100);
}

async fn keys_rotate_while_requests_run(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, often).await;
    let (is_over, answers) = (Cell::new(false), Cell::new(0));
    let requests = join_all((0..8).map(async |_| {
        while !is_over.get() {
            crm.answer(&crm.sign(json!({}))).await.expect(200);
            answers.set(answers.get() + 1);
        }
    }));
    let rotations = async {
        for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::ES384, Algorithm::RS256, Algorithm::ES256] {
            crm.users.rotate(algorithm);
            let after = answers.get() + 16;
            assert!(testkit::eventually(PATIENCE, async || answers.get() >= after).await, "nobody is answered");
        }
        is_over.set(true);
    };
    futures_util::future::join(requests, rotations).await;
}

async fn a_new_key_is_fetched_when_it_is_first_named(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let old = crm.sign(json!({}));
    for _ in 0..3 {
        crm.users.rotate(Algorithm::ES256);
        let new = crm.sign(json!({}));
        crm.answer(&new).await.expect(200);
        crm.answer(&old).await.expect(200);
        crm.answer(&new).await.expect(200);
    }
    assert_eq!(crm.users.asked().keys, 4);
}

async fn of_many_that_name_a_new_key_one_fetches(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, options| options.pause = LONG).await;
    crm.users.rotate(Algorithm::ES256);
    let tokens: Vec<String> = (0..50).map(|number| crm.sign(json!({ "jti": number }))).collect();
    for answer in join_all(tokens.iter().map(|token| crm.answer(token))).await {
        answer.expect(200);
    }
    assert_eq!(crm.users.asked().keys, 2);
}

async fn names_that_nobody_knows_make_nobody_fetch_more_than_now_and_then(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, options| options.pause = LONG).await;
    let good = crm.sign(json!({}));
    let flood: Vec<String> = (0..300)
        .map(|number| {
            let header = |header| Header { kid: Some(format!("nobody-{number}")), ..header };
            crm.users.sign_as(header, &crm.claims(Role::Admin, json!({})))
        })
        .collect();
    for chunk in flood.chunks(50) {
        for answer in join_all(chunk.iter().map(|token| crm.answer(token))).await {
            answer.problem(401, "token_invalid");
        }
        crm.answer(&good).await.expect(200);
    }
    assert_eq!(crm.users.asked().keys, 2, "at the start, and once for all of them");
}

async fn keys_are_fetched_ahead_of_need(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, often).await;
    let key = crm.users.rotate(Algorithm::ES256);
    let fetched = crm.users.asked().keys;
    let again = async || crm.users.asked().keys >= fetched + 2;
    assert!(testkit::eventually(PATIENCE, again).await, "{key} is not fetched");
    let token = crm.sign(json!({}));
    // It is not fetched again.
    crm.users.go_away().await.expect("it is away");
    crm.answer(&token).await.expect(200);
}

async fn a_key_that_is_withdrawn_opens_nothing_any_more(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, often).await;
    let stolen = crm.users.public_keys()[0].common.key_id.clone().expect("a name");
    let (known, unknown) = (crm.sign(json!({})), crm.sign(json!({ "jti": 1 })));
    crm.answer(&known).await.expect(200);
    crm.users.rotate(Algorithm::ES256);
    crm.users.withdraw(&stolen);
    // Also what was verified with it before.
    assert!(crm.soon(&known, 401).await, "it is still let in");
    crm.answer(&unknown).await.problem(401, "token_invalid");
    crm.answer(&crm.sign(json!({}))).await.expect(200);
}

async fn keys_are_never_replaced_by_nothing(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, often).await;
    let many: Vec<_> = (0..100).flat_map(|_| crm.users.public_keys()).collect();
    let broken = [
        (200, json!({ "keys": [] }).to_string()),
        (200, json!({ "keys": null }).to_string()),
        (200, json!({}).to_string()),
        (200, json!([]).to_string()),
        (200, String::new()),
        (200, "<html>maintenance</html>".to_owned()),
        (200, json!({ "keys": [{ "kty": "RSA" }, {}, 7, { "kty": "oct", "k": "AAAA" }] }).to_string()),
        (200, json!({ "keys": many }).to_string()),
        (200, format!("{{\"keys\": [], \"padding\": \"{}\"}}", "x".repeat(300_000))),
        (204, String::new()),
        (302, String::new()),
        (401, String::new()),
        (404, String::new()),
        (500, String::new()),
        (503, String::new()),
    ];
    for (status, body) in broken {
        crm.users.answer_with(status, body.clone());
        let fetched = crm.users.asked().keys;
        let again = async || crm.users.asked().keys >= fetched + 2;
        assert!(testkit::eventually(PATIENCE, again).await, "nobody fetches any more");
        // A token that was not verified before.
        let answer = crm.answer(&crm.sign(json!({ "jti": fetched }))).await;
        assert_eq!(answer.status, 200, "{status} {}: {answer}", &body[..body.len().min(80)]);
        crm.users.answer_truly();
    }
}

async fn keys_that_cannot_be_fetched_for_long_are_used_no_more(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |users, options| {
        often(users, options);
        options.stale = Duration::from_secs(3);
    })
    .await;
    let token = crm.sign(json!({}));
    assert!(crm.soon(&token, 200).await);
    crm.users.go_away().await.expect("it is away");
    assert!(crm.soon(&token, 503).await, "old keys are still in use");
    crm.users.come_back().await.expect("it is back");
    assert!(crm.soon(&token, 200).await, "it does not recover");
}
