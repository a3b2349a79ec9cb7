//! The user-management service is down, hangs, or sends invalid answers: no unverified token is accepted, no caller is
//! refused permanently, and all works as soon as it is back.

use std::time::{Duration, Instant};

use crm_http::auth::{CacheOptions, ClientCredentials, JwksOptions, UpstreamOptions};
use futures_util::future::join_all;
use serde_json::json;
use testkit::{Algorithm, Suite, TestDatabase, UserManagement};

use super::{Delegated, LONG};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        who_is_not_known_is_told_to_come_again,
        who_is_known_is_let_in_for_as_long_as_that_counts,
        without_grace_nobody_is_let_in,
        a_service_that_hangs_holds_nobody_for_long,
        a_service_that_is_away_is_left_alone,
        a_single_token_that_upsets_the_service_upsets_nobody_else,
        more_than_it_can_take_at_once_wait,
        answers_that_make_no_sense_let_nobody_in,
        a_redirect_is_not_followed,
        wrong_client_credentials_are_nobody_elses_fault,
        without_keys_nobody_is_let_in_until_there_are_some,
        keys_that_are_known_verify_tokens_by_themselves,
        a_hanging_service_does_not_keep_keys_from_verifying,
    ]);
}

async fn who_is_not_known_is_told_to_come_again(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let (known, unknown) = (crm.issue(json!({})), crm.issue(json!({ "sub": "ben" })));
    crm.answer(&known).await.expect(200);
    crm.users.go_away().await.expect("it is away");
    for _ in 0..10 {
        crm.unavailable(&unknown).await;
        crm.unavailable("nobody-has-issued-it").await;
        crm.answer(&known).await.expect(200);
    }
    crm.api.anonymous().get("/api/customers").await.problem(401, "token_missing");
    crm.users.come_back().await.expect("it is back");
    assert!(crm.soon(&unknown, 200).await, "it does not recover");
    assert!(crm.soon("nobody-has-issued-it", 401).await, "it does not recover");
}

async fn who_is_known_is_let_in_for_as_long_as_that_counts(database: TestDatabase) {
    let cache = CacheOptions { ttl: Duration::ZERO, stale: Duration::from_secs(4) };
    let crm = Delegated::introspecting(&database, |options| options.cache = cache).await;
    let token = crm.issue(json!({}));
    let began = Instant::now();
    crm.answer(&token).await.expect(200);
    crm.users.go_away().await.expect("it is away");
    let answer = crm.answer(&token).await;
    if began.elapsed() < cache.stale {
        answer.expect(200);
    }
    assert!(crm.soon(&token, 503).await, "what is too old still counts");
    crm.users.come_back().await.expect("it is back");
    assert!(crm.soon(&token, 200).await, "it does not recover");
}

async fn without_grace_nobody_is_let_in(database: TestDatabase) {
    let cache = CacheOptions { ttl: Duration::ZERO, stale: Duration::ZERO };
    let crm = Delegated::introspecting(&database, |options| options.cache = cache).await;
    let token = crm.issue(json!({}));
    crm.answer(&token).await.expect(200);
    crm.users.go_away().await.expect("it is away");
    crm.unavailable(&token).await;
    crm.users.come_back().await.expect("it is back");
    assert!(crm.soon(&token, 200).await, "it does not recover");
}

async fn a_service_that_hangs_holds_nobody_for_long(database: TestDatabase) {
    let timeout = Duration::from_millis(200);
    let crm = Delegated::introspecting(&database, |options| options.upstream.timeout = timeout).await;
    crm.users.hang().await.expect("it hangs");
    let tokens: Vec<String> = (0..100).map(|_| crm.issue(json!({}))).collect();
    // Each would wait for ever; as it is, this ends.
    for token in &tokens {
        crm.unavailable(token).await;
    }
    for answer in join_all(tokens.iter().map(|token| crm.answer(token))).await {
        answer.problem(503, "identity_unavailable");
    }
    crm.users.come_back().await.expect("it is back");
    for token in &tokens[..5] {
        assert!(crm.soon(token, 200).await, "it does not recover");
    }
}

async fn a_service_that_is_away_is_left_alone(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    crm.users.answer_with(503, "overloaded");
    let began = Instant::now();
    for _ in 0..200 {
        crm.unavailable(&crm.issue(json!({}))).await;
    }
    // Three times until it is taken for away, then once a second.
    let most = 4 + usize::try_from(began.elapsed().as_secs()).expect("a number");
    let asked = crm.users.asked().introspections;
    assert!((3..=most).contains(&asked), "{asked} times in {:?}", began.elapsed());
    crm.users.answer_truly();
    assert!(crm.soon(&crm.issue(json!({})), 200).await, "it does not recover");
}

/// Otherwise a caller with such a token could lock out all others.
async fn a_single_token_that_upsets_the_service_upsets_nobody_else(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    for (status, body) in [(500, "{}"), (400, "{}"), (200, "garbage")] {
        crm.users.answer_with(status, body);
        for number in 0..10 {
            crm.unavailable(&format!("upsetting-{number}")).await;
        }
        crm.users.answer_truly();
        crm.answer(&crm.issue(json!({}))).await.expect(200);
    }
}

async fn more_than_it_can_take_at_once_wait(database: TestDatabase) {
    let few = |timeout| UpstreamOptions { timeout, concurrency: 2 };
    let crm = Delegated::introspecting(&database, |options| options.upstream = few(super::PATIENCE)).await;
    let tokens: Vec<String> = (0..40).map(|_| crm.issue(json!({}))).collect();
    crm.users.hold();
    let answers = join_all(tokens.iter().map(|token| crm.answer(token)));
    let released = async {
        assert!(testkit::eventually(super::PATIENCE, async || crm.users.asked().at_once == 2).await);
        crm.users.release();
    };
    for answer in futures_util::future::join(answers, released).await.0 {
        answer.expect(200);
    }
    let asked = crm.users.asked();
    assert_eq!((asked.introspections, asked.at_once), (40, 2));
    // But not for ever.
    let crm = Delegated::introspecting(&database, |options| options.upstream = few(Duration::from_millis(100))).await;
    crm.users.hang().await.expect("it hangs");
    let tokens: Vec<String> = (0..40).map(|_| crm.issue(json!({}))).collect();
    for answer in join_all(tokens.iter().map(|token| crm.answer(token))).await {
        answer.problem(503, "identity_unavailable");
    }
}

async fn answers_that_make_no_sense_let_nobody_in(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let large = json!({ "active": true, "padding": "x".repeat(70_000) }).to_string();
    let cut = json!({ "active": true, "sub": "ann" }).to_string();
    for (status, body) in [
        (200, String::new()),
        (200, "true".to_owned()),
        (200, "[]".to_owned()),
        (200, "{}".to_owned()),
        (200, "<html>maintenance</html>".to_owned()),
        (200, cut[..cut.len() - 3].to_owned()),
        (200, json!({ "active": "true" }).to_string()),
        (200, json!({ "active": 1 }).to_string()),
        (200, json!({ "active": null }).to_string()),
        (200, json!({ "active": true, "exp": "tomorrow", "companyId": "a", "sub": "b", "role": "admin" }).to_string()),
        (200, json!({ "active": true, "nbf": {}, "companyId": "a", "sub": "b", "role": "admin" }).to_string()),
        (200, large),
        (201, json!({ "active": true }).to_string()),
        (204, String::new()),
        (400, json!({ "active": true }).to_string()),
        (404, String::new()),
        (500, json!({ "active": true }).to_string()),
    ] {
        crm.users.answer_with(status, body);
        crm.unavailable(&crm.issue(json!({}))).await;
    }
    crm.users.answer_truly();
    crm.answer(&crm.issue(json!({}))).await.expect(200);
}

async fn a_redirect_is_not_followed(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    for status in [301, 302, 303, 307, 308] {
        crm.users.answer_with(status, "");
        let asked = crm.users.asked().introspections;
        crm.unavailable(&crm.issue(json!({}))).await;
        assert_eq!(crm.users.asked().introspections, asked + 1);
    }
}

async fn wrong_client_credentials_are_nobody_elses_fault(database: TestDatabase) {
    let client = |secret: &str| Some(ClientCredentials { id: "crm".to_owned(), secret: secret.into() });
    for ours in [client("wrong"), None] {
        let crm = Delegated::introspecting(&database, |options| options.client = ours).await;
        crm.users.know_client("crm", "right");
        crm.unavailable(&crm.issue(json!({}))).await;
        crm.unavailable("nobody-has-issued-it").await;
    }
    let crm = Delegated::introspecting(&database, |options| options.client = client("right")).await;
    crm.users.know_client("crm", "right");
    crm.users.answer_with(403, json!({ "active": true }).to_string());
    crm.unavailable(&crm.issue(json!({}))).await;
    crm.users.answer_truly();
    assert!(crm.soon(&crm.issue(json!({})), 200).await, "it does not recover");
}

fn impatient(_: &UserManagement, options: &mut JwksOptions) {
    options.upstream.timeout = Duration::from_millis(500);
}

async fn without_keys_nobody_is_let_in_until_there_are_some(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |users, options| {
        impatient(users, options);
        users.answer_with(503, "not yet");
    })
    .await;
    let token = crm.sign(json!({}));
    crm.unavailable(&token).await;
    crm.unavailable("nobody.has.signed-it").await;
    crm.users.answer_truly();
    assert!(crm.soon(&token, 200).await, "it does not recover");
    crm.answer("nobody.has.signed-it").await.problem(401, "token_invalid");
}

async fn keys_that_are_known_verify_tokens_by_themselves(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, options| options.pause = LONG).await;
    crm.users.go_away().await.expect("it is away");
    let unseen = crm.sign(json!({}));
    crm.answer(&unseen).await.expect(200);
    // Whether there is a newer key is unknown.
    crm.users.rotate(Algorithm::ES256);
    let newer = crm.sign(json!({}));
    for _ in 0..3 {
        crm.unavailable(&newer).await;
    }
    crm.answer(&unseen).await.expect(200);
}

async fn a_hanging_service_does_not_keep_keys_from_verifying(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, impatient).await;
    assert!(crm.soon(&crm.sign(json!({})), 200).await, "there are no keys");
    crm.users.hang().await.expect("it hangs");
    let known = crm.sign(json!({ "jti": 1 }));
    crm.users.rotate(Algorithm::ES256);
    let newer = crm.sign(json!({}));
    let waiting = join_all((0..20).map(|_| crm.answer(&newer)));
    let (waiting, answer) = futures_util::future::join(waiting, crm.answer(&known)).await;
    answer.expect(200);
    for answer in waiting {
        answer.problem(503, "identity_unavailable");
    }
    crm.users.come_back().await.expect("it is back");
    assert!(crm.soon(&newer, 200).await, "it does not recover");
}
