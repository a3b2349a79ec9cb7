//! Tokens verified with the public keys of the service (RFC 7517).

use std::time::Duration;

use crm_core::actor::Role;
use crm_http::auth::{ALGORITHMS, JwksOptions, KeySource};
use serde_json::json;
use testkit::{Algorithm, Suite, TestDatabase, UserManagement};

use super::{Delegated, at};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        every_algorithm_with_a_public_key_is_verified,
        a_signed_token_opens_its_company_and_no_other,
        a_signed_token_must_keep_the_rules,
        a_role_that_is_not_known_is_refused,
        without_rules_any_issuer_and_audience_will_do,
        only_the_algorithms_of_the_settings_are_taken,
        what_can_be_no_token_is_refused_at_once,
        a_token_that_names_no_key_is_verified_with_all,
        a_key_that_has_no_name_is_tried,
        keys_are_where_the_service_says,
        keys_have_a_place_of_their_own_where_the_service_says_nothing,
        a_service_that_says_it_is_another_is_not_believed,
    ]);
}

async fn every_algorithm_with_a_public_key_is_verified(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    for algorithm in ALGORITHMS {
        let key = crm.users.rotate(*algorithm);
        let token = crm.sign(json!({}));
        let header = jsonwebtoken::decode_header(&token).expect("a header");
        assert_eq!((header.alg, header.kid), (*algorithm, Some(key)));
        crm.answer(&token).await.expect(200);
        // A letter in the middle of the signature, all of whose bits count.
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let (start, end) = signature.split_at(signature.len() / 2);
        let other = if end.starts_with('A') { "B" } else { "A" };
        crm.answer(&format!("{signed}.{start}{other}{}", &end[1..])).await.problem(401, "token_invalid");
    }
    assert_eq!(crm.users.asked().introspections, 0);
}

async fn a_signed_token_opens_its_company_and_no_other(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let token = crm.sign(json!({}));
    let customer = crm.api.with_token(&token).post("/api/customers").json(&json!({ "name": "Ann" })).await.ok();
    assert_eq!(customer["createdBy"]["id"], json!(crm.api.user(Role::Admin)));
    let path = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
    let theirs = crm.sign(json!({ "companyId": "another" }));
    crm.api.with_token(&theirs).get(&path).await.problem(404, "not_found");
    let viewer = crm.users.sign(&crm.claims(Role::Viewer, json!({})));
    crm.api.with_token(&viewer).get(&path).await.expect(200);
    crm.api.with_token(&viewer).patch(&path).json(&json!({ "city": "Bonn" })).await.problem(403, "forbidden");
}

async fn a_signed_token_must_keep_the_rules(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    for good in [
        json!({ "exp": at(60) }),
        json!({ "exp": at(-20) }),
        json!({ "nbf": at(20) }),
        json!({ "aud": ["erp", "crm"] }),
    ] {
        crm.answer(&crm.sign(good)).await.expect(200);
    }
    for bad in [
        json!({ "exp": at(-40) }),
        json!({ "exp": null }),
        json!({ "exp": "tomorrow" }),
        json!({ "nbf": at(60) }),
        json!({ "iss": "https://id.example.com" }),
        json!({ "iss": format!("{}/", crm.users.url()) }),
        json!({ "iss": [] }),
        json!({ "aud": "erp" }),
        json!({ "aud": "CRM" }),
        json!({ "aud": [] }),
        json!({ "aud": null }),
        json!({ "companyId": null }),
        json!({ "sub": null }),
    ] {
        crm.answer(&crm.sign(bad)).await.problem(401, "token_invalid");
    }
}

async fn a_role_that_is_not_known_is_refused(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    for role in [json!("king"), json!(null), json!([])] {
        let token = crm.sign(json!({ "role": role }));
        for _ in 0..2 {
            crm.answer(&token).await.problem(403, "role_unknown");
        }
    }
}

async fn without_rules_any_issuer_and_audience_will_do(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, options| options.rules = Default::default()).await;
    for claims in [json!({ "iss": "another", "aud": "erp" }), json!({ "aud": null })] {
        crm.answer(&crm.sign(claims)).await.expect(200);
    }
    crm.answer(&crm.sign(json!({ "exp": at(-60) }))).await.problem(401, "token_invalid");
}

async fn only_the_algorithms_of_the_settings_are_taken(database: TestDatabase) {
    let one = |_: &UserManagement, options: &mut JwksOptions| options.algorithms = vec![Algorithm::ES256];
    let crm = Delegated::with_keys(&database, one).await;
    crm.answer(&crm.sign(json!({}))).await.problem(401, "token_invalid");
    crm.users.rotate(Algorithm::ES256);
    crm.answer(&crm.sign(json!({}))).await.expect(200);
    // A host that embeds this cannot open it either.
    let crm = Delegated::with_keys(&database, |_, options| options.algorithms.push(Algorithm::HS256)).await;
    let token = crm
        .users
        .sign_with_secret("a secret that is published as if it were a key", &crm.claims(Role::Admin, json!({})));
    crm.answer(&token).await.problem(401, "token_invalid");
}

async fn what_can_be_no_token_is_refused_at_once(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let fetched = crm.users.asked().keys;
    let long = crm.sign(json!({ "padding": "x".repeat(10_000) }));
    for token in [&*long, "a", "a.b.c", "..", "a.b.c.d", &"a".repeat(10_000), "a b", "eyJhbGciOiJSUzI1NiJ9.e30."] {
        crm.answer(token).await.problem(401, "token_invalid");
    }
    assert!(crm.users.asked().keys <= fetched + 1, "only the last of them could be a token");
}

async fn a_token_that_names_no_key_is_verified_with_all(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |_, _| {}).await;
    let nameless = || {
        let header = |header| jsonwebtoken::Header { kid: None, ..header };
        crm.users.sign_as(header, &crm.claims(Role::Admin, json!({})))
    };
    let old = nameless();
    crm.users.rotate(Algorithm::RS256);
    // Neither the first nor known yet.
    let new = nameless();
    crm.answer(&new).await.expect(200);
    crm.answer(&old).await.expect(200);
    crm.users.rotate(Algorithm::ES256);
    crm.answer(&nameless()).await.expect(200);
}

async fn a_key_that_has_no_name_is_tried(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |users, _| {
        let mut keys = users.public_keys();
        for key in &mut keys {
            // As small as a key can be published.
            key.common = Default::default();
        }
        users.answer_with(200, json!({ "keys": keys }).to_string());
    })
    .await;
    crm.answer(&crm.sign(json!({}))).await.expect(200);
}

fn of(users: &UserManagement, issuer: Option<String>) -> KeySource {
    KeySource::Of { service: users.url().parse().expect("a URL"), issuer, plain_http: false }
}

async fn keys_are_where_the_service_says(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |users, options| options.source = of(users, Some(users.url()))).await;
    let asked = crm.users.asked();
    assert_eq!((asked.descriptions, asked.keys), (1, 1));
    crm.answer(&crm.sign(json!({}))).await.expect(200);
}

async fn keys_have_a_place_of_their_own_where_the_service_says_nothing(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |users, options| {
        users.describe_itself(false);
        options.source = of(users, Some(users.url()));
    })
    .await;
    crm.answer(&crm.sign(json!({}))).await.expect(200);
}

async fn a_service_that_says_it_is_another_is_not_believed(database: TestDatabase) {
    let another = |users: &UserManagement, options: &mut JwksOptions| {
        options.source = of(users, Some("https://id.example.com".to_owned()));
        options.refresh = Duration::from_millis(100);
    };
    let crm = Delegated::with_keys(&database, another).await;
    crm.unavailable(&crm.sign(json!({}))).await;
    assert_eq!(crm.users.asked().keys, 0);
    // Nor one whose keys would be read over a wire that others may tamper with.
    let plain = |users: &UserManagement, options: &mut JwksOptions| {
        let description = json!({ "issuer": users.url(), "jwks_uri": "http://192.0.2.1/keys" });
        users.answer_with(200, description.to_string());
        options.source = of(users, Some(users.url()));
    };
    let crm = Delegated::with_keys(&database, plain).await;
    crm.unavailable(&crm.sign(json!({}))).await;
}
