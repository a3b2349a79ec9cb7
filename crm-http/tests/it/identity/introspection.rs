//! Tokens verified by introspection (RFC 7662).

use std::time::Duration;

use crm_core::actor::Role;
use crm_http::auth::{CacheOptions, ClientCredentials, TokenRules};
use futures_util::future::join_all;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{Delegated, LONG, at};
use crate::support::SECRET;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_active_token_opens_its_company_and_no_other,
        the_service_is_asked_as_the_standard_says,
        what_is_not_active_is_refused,
        what_is_known_is_not_asked_again,
        of_many_who_want_to_know_one_asks,
        a_revocation_is_noticed_when_the_time_is_over,
        with_no_time_to_live_a_revocation_is_noticed_at_once,
        what_is_known_never_outlives_the_token,
        a_dead_token_is_not_asked_about_again_and_again,
        facts_are_kept_and_not_verdicts,
        a_role_that_is_not_known_is_refused,
        answers_must_keep_the_rules,
        a_token_that_is_no_access_token_is_refused,
        a_signature_is_checked_before_anybody_is_asked,
        a_token_that_was_checked_here_may_say_what_the_answer_does_not,
        what_can_be_no_token_is_not_asked_about,
        connections_are_used_again,
        verifications_are_counted,
    ]);
}

async fn an_active_token_opens_its_company_and_no_other(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let token = crm.issue(json!({}));
    let ours = crm.api.with_token(&token);
    let customer = ours.post("/api/customers").json(&json!({ "name": "Ann" })).await.ok();
    assert_eq!(customer["createdBy"]["id"], json!(crm.api.user(Role::Admin)));
    let theirs = crm.issue(json!({ "companyId": "another" }));
    let path = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
    crm.api.with_token(&theirs).get(&path).await.problem(404, "not_found");
    assert_eq!(crm.api.with_token(&token).get(&path).await.ok()["name"], "Ann");
}

async fn the_service_is_asked_as_the_standard_says(database: TestDatabase) {
    let secret = "s3cret+with/odd=letters %";
    let crm = Delegated::introspecting(&database, |options| {
        options.client = Some(ClientCredentials { id: "crm".to_owned(), secret: secret.into() });
    })
    .await;
    crm.users.know_client("crm", secret);
    let token = crm.issue(json!({}));
    crm.answer(&token).await.expect(200);
    let asked = crm.users.last_introspected().expect("it was asked");
    assert_eq!(asked.line, "POST /oauth2/introspect");
    assert_eq!(asked.body, format!("token={token}&token_type_hint=access_token"));
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(asked.headers["accept"], "application/json");
    assert!(asked.headers["user-agent"].starts_with("crm-http/"), "{asked:?}");
}

async fn what_is_not_active_is_refused(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let revoked = crm.issue(json!({}));
    crm.users.revoke(&revoked);
    let expired = crm.issue(json!({ "exp": at(-3600) }));
    for token in ["nobody-has-issued-it", &revoked, &expired] {
        let answer = crm.answer(token).await;
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert!(challenge.contains("error=\"invalid_token\"") && challenge.contains("not active"), "{answer}");
        answer.problem(401, "token_invalid");
    }
    crm.api.anonymous().get("/api/customers").await.problem(401, "token_missing");
    assert_eq!(crm.users.asked().introspections, 3, "nobody is asked about no token");
}

async fn what_is_known_is_not_asked_again(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let (ann, ben) = (crm.issue(json!({})), crm.issue(json!({ "sub": "ben" })));
    for _ in 0..5 {
        crm.answer(&ann).await.expect(200);
        crm.answer(&ben).await.expect(200);
    }
    assert_eq!(crm.users.asked().introspections, 2);
    // What is known is used, even if it is no longer true: that is what the time to live says.
    crm.users.revoke(&ann);
    crm.answer(&ann).await.expect(200);
    assert_eq!(crm.users.asked().introspections, 2);
}

async fn of_many_who_want_to_know_one_asks(database: TestDatabase) {
    for cache in [CacheOptions { ttl: LONG, stale: LONG }, CacheOptions { ttl: Duration::ZERO, stale: Duration::ZERO }]
    {
        let crm = Delegated::introspecting(&database, |options| options.cache = cache).await;
        let token = crm.issue(json!({}));
        // While the service does not answer, all of them wait for the same call.
        crm.users.hang().await.expect("it hangs");
        let all = join_all((0..100).map(|_| crm.answer(&token)));
        let released = async {
            tokio::task::yield_now().await;
            crm.users.come_back().await.expect("it is back");
        };
        for answer in futures_util::future::join(all, released).await.0 {
            answer.expect(200);
        }
        assert_eq!(crm.users.asked().introspections, 1, "{cache:?}");
    }
}

async fn a_revocation_is_noticed_when_the_time_is_over(database: TestDatabase) {
    let ttl = Duration::from_millis(300);
    let crm = Delegated::introspecting(&database, |options| options.cache = CacheOptions { ttl, stale: LONG }).await;
    let token = crm.issue(json!({}));
    crm.answer(&token).await.expect(200);
    crm.users.revoke(&token);
    assert!(crm.soon(&token, 401).await, "it is still let in");
    // And it stays invalid, also while the service is down.
    crm.users.go_away().await.expect("it is away");
    for _ in 0..3 {
        assert_ne!(crm.answer(&token).await.status, 200);
    }
}

async fn with_no_time_to_live_a_revocation_is_noticed_at_once(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |options| options.cache.ttl = Duration::ZERO).await;
    let token = crm.issue(json!({}));
    for _ in 0..3 {
        crm.answer(&token).await.expect(200);
    }
    assert_eq!(crm.users.asked().introspections, 3);
    crm.users.revoke(&token);
    crm.answer(&token).await.problem(401, "token_invalid");
}

async fn what_is_known_never_outlives_the_token(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let token = crm.issue(json!({ "exp": at(3) }));
    assert!(crm.soon(&token, 401).await, "it is still let in");
    // Nor is an expired token accepted while the service is down.
    let token = crm.issue(json!({ "exp": at(3) }));
    let first = crm.answer(&token).await;
    crm.users.go_away().await.expect("it is away");
    assert!(crm.soon(&token, 503).await, "it is still let in, after {first}");
}

async fn a_dead_token_is_not_asked_about_again_and_again(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let began = std::time::Instant::now();
    for _ in 0..20 {
        crm.answer("dead").await.problem(401, "token_invalid");
    }
    // A refusal is remembered for five seconds.
    let most = 1 + usize::try_from(began.elapsed().as_secs()).expect("a number") / 5;
    assert!(crm.users.asked().introspections <= most, "{:?}", crm.users.asked());
}

async fn facts_are_kept_and_not_verdicts(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let viewer = crm.users.issue(&crm.claims(Role::Viewer, json!({})));
    let client = crm.api.with_token(&viewer);
    for _ in 0..2 {
        client.get("/api/customers").await.expect(200);
        client.post("/api/customers").json(&json!({ "name": "Ann" })).await.problem(403, "forbidden");
        client.get("/api/audit").await.problem(403, "forbidden");
    }
    assert_eq!(crm.users.asked().introspections, 1);
}

async fn a_role_that_is_not_known_is_refused(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    for role in [json!("king"), json!(null), json!([]), json!(7)] {
        let token = crm.issue(json!({ "role": role }));
        for _ in 0..2 {
            crm.answer(&token).await.problem(403, "role_unknown");
        }
    }
    for claims in [json!({ "companyId": null }), json!({ "sub": "" })] {
        crm.answer(&crm.issue(claims)).await.problem(401, "token_invalid");
    }
    let roles = crm.issue(json!({ "role": ["offline_access", "MANAGER"] }));
    crm.api.with_token(&roles).get("/api/customers?trashed=true").await.expect(200);
    assert_eq!(crm.users.asked().introspections, 7, "each token is introspected once");
}

async fn answers_must_keep_the_rules(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |options| {
        let (issuer, audience) = (Some("https://id.example.com".to_owned()), Some("crm".to_owned()));
        options.rules = TokenRules { issuer, audience };
    })
    .await;
    let says = |changes| {
        let mut claims = crm.claims(Role::Admin, json!({ "iss": "https://id.example.com" }));
        crm_core::patch::merge(&mut claims, changes);
        crm.users.issue(&claims)
    };
    for good in [
        json!({}),
        json!({ "aud": ["erp", "crm"] }),
        json!({ "exp": null }),
        json!({ "nbf": at(20) }),
        json!({ "token_type": "bearer" }),
        json!({ "token_type": "Bearer", "token_use": "access_token" }),
    ] {
        crm.answer(&says(good)).await.expect(200);
    }
    for bad in [
        json!({ "iss": null }),
        json!({ "iss": "https://id.example.com/" }),
        json!({ "aud": null }),
        json!({ "aud": "erp" }),
        json!({ "aud": [] }),
        json!({ "nbf": at(120) }),
    ] {
        crm.answer(&says(bad)).await.problem(401, "token_invalid");
    }
}

async fn a_token_that_is_no_access_token_is_refused(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    for claims in [
        json!({ "token_type": "refresh_token" }),
        json!({ "token_type": "DPoP" }),
        json!({ "token_use": "refresh_token" }),
        json!({ "token_use": "id" }),
        json!({ "token_use": ["access_token"] }),
    ] {
        crm.answer(&crm.issue(claims)).await.problem(401, "token_invalid");
    }
}

async fn a_signature_is_checked_before_anybody_is_asked(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |options| {
        options.secret = Some(SECRET.into());
        options.cache.ttl = Duration::ZERO;
    })
    .await;
    let claims = crm.claims(Role::Admin, json!({}));
    let expired = crm.claims(Role::Admin, json!({ "exp": at(-3600) }));
    let forged = [
        crm.users.sign_with_secret("another secret that is long enough", &claims),
        crm.users.sign_with_secret(SECRET, &expired),
        crm.users.sign(&claims),
        crm.users.issue(&claims),
    ];
    for token in &forged {
        crm.answer(token).await.problem(401, "token_invalid");
    }
    assert_eq!(crm.users.asked().introspections, 0, "the service vouches for them, and was not asked");
    let token = crm.users.sign_with_secret(SECRET, &claims);
    crm.answer(&token).await.expect(200);
    crm.users.revoke(&token);
    crm.answer(&token).await.problem(401, "token_invalid");
    assert_eq!(crm.users.asked().introspections, 2);
}

async fn a_token_that_was_checked_here_may_say_what_the_answer_does_not(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |options| options.secret = Some(SECRET.into())).await;
    let token = |changes| crm.users.sign_with_secret(SECRET, &crm.claims(Role::Admin, changes));
    let (bare, lesser) = (token(json!({ "name": "Ann" })), token(json!({ "name": "Ben" })));
    crm.users.register(bare.clone(), &json!({}));
    crm.api.with_token(&bare).get("/api/audit").await.expect(200);
    // What the service says now goes before what the token said when it was issued.
    crm.users.register(lesser.clone(), &json!({ "role": "viewer", "companyId": null }));
    crm.answer(&lesser).await.expect(200);
    crm.api.with_token(&lesser).get("/api/audit").await.problem(403, "forbidden");
}

async fn what_can_be_no_token_is_not_asked_about(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    for token in ["a".repeat(10_000), "a b".to_owned(), "a\"b".to_owned(), "a,b".to_owned(), "<token>".to_owned()] {
        crm.answer(&token).await.problem(401, "token_invalid");
    }
    let two = crm.api.with_token(&crm.issue(json!({}))).get("/api/customers").header("Authorization", "Bearer other");
    two.await.problem(401, "token_invalid");
    assert_eq!(crm.users.asked().introspections, 0);
    let longest = crm.users.register("a".repeat(8 * 1024), &crm.claims(Role::Admin, json!({})));
    crm.answer(&longest).await.expect(200);
}

async fn connections_are_used_again(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    for _ in 0..20 {
        crm.answer(&crm.issue(json!({}))).await.expect(200);
    }
    let asked = crm.users.asked();
    assert_eq!(asked.introspections, 20);
    // A connection that is being put back cannot be taken yet.
    assert!(asked.connections <= 10, "{asked:?}");
    // A connection that broke meanwhile is replaced without an error.
    crm.users.go_away().await.expect("it is away");
    crm.users.come_back().await.expect("it is back");
    crm.answer(&crm.issue(json!({}))).await.expect(200);
}

async fn verifications_are_counted(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |_| {}).await;
    let token = crm.issue(json!({}));
    crm.answer(&token).await.expect(200);
    crm.answer(&token).await.expect(200);
    crm.answer("dead").await.expect(401);
    crm.answer(&crm.issue(json!({ "role": "king" }))).await.expect(403);
    let metrics = crm.api.anonymous().get("/metrics").await.expect(200).text();
    for series in [
        "crm_identity_verifications_total{mode=\"introspection\",result=\"ok\"}",
        "crm_identity_verifications_total{mode=\"introspection\",result=\"invalid\"}",
        "crm_identity_verifications_total{mode=\"introspection\",result=\"role_unknown\"}",
        "crm_identity_cache_lookups_total{outcome=\"hit\"}",
        "crm_identity_cache_lookups_total{outcome=\"miss\"}",
        "crm_identity_request_duration_seconds_count{purpose=\"introspection\",outcome=\"ok\"}",
    ] {
        let line = metrics.lines().find(|line| line.starts_with(series));
        let count = line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        assert!(count.is_some_and(|count| count >= 1.0), "{series} is not among\n{metrics}");
    }
    assert!(!metrics.contains(&token));
}
