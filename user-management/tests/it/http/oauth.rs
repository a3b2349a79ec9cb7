//! OAuth 2.0 for other services.

use crm_core::actor::Role;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use user_management::{Options, SigningAlgorithm};

use super::cases::OTHER;
use super::support::{Answer, Api, CLIENT, text};
use crate::auth_support::{ANN, PASSWORD};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        the_discovery_document_is_true,
        published_keys_verify_tokens,
        a_password_gives_a_token,
        an_api_key_is_exchanged_and_introspected,
        an_api_key_expires,
        introspection_knows_what_holds,
        revocation_ends_sessions,
        credentials_come_in_two_ways,
    ]);
}

async fn token(api: &Api, fields: &[(&str, &str)]) -> Answer {
    api.anonymous().post("/oauth2/token").form(fields).await
}

async fn introspect(api: &Api, token: &str) -> Value {
    api.client().post("/oauth2/introspect").form(&[("token", token)]).await.ok()
}

#[track_caller]
fn refused(answer: Answer, status: u16, error: &str) {
    let body = answer.clone().expect(status).json();
    assert!(body["error"] == error && body["error_description"].is_string(), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{answer}");
}

async fn the_discovery_document_is_true(database: TestDatabase) {
    let options = Options { issuer: "https://id.example.com".to_owned(), ..Options::default() };
    let api = Api::with(&database, options, false).await;
    let found = api.anonymous().get("/.well-known/openid-configuration").await.ok();
    assert_eq!(found["issuer"], "https://id.example.com");
    for (name, method, status) in [
        ("jwks_uri", "GET", 200),
        ("token_endpoint", "POST", 400),
        ("introspection_endpoint", "POST", 401),
        ("revocation_endpoint", "POST", 401),
    ] {
        let url = text(&found, &format!("/{name}"));
        let path = url.strip_prefix("https://id.example.com").expect("an address of the issuer").to_owned();
        api.anonymous().call(method, path).await.expect(status);
    }
    let grants = json!(["client_credentials", "password"]);
    assert_eq!(found["grant_types_supported"], grants);
}

async fn published_keys_verify_tokens(database: TestDatabase) {
    for (algorithm, expected) in
        [(SigningAlgorithm::EdDsa, Algorithm::EdDSA), (SigningAlgorithm::Es256, Algorithm::ES256)]
    {
        let api = Api::with(
            &testkit::empty(database.backend).await.expect("a database"),
            Options { algorithm, ..Options::default() },
            false,
        )
        .await;
        let (user, token) = api.member(api.acme, Role::Manager).await;
        let keys = api.anonymous().get("/.well-known/jwks.json").await.ok();
        assert!(keys["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none()), "private parts");
        let keys: JwkSet = serde_json::from_value(keys).expect("keys");
        let header = decode_header(&token).expect("a header");
        assert_eq!(header.alg, expected);
        let key = keys.find(header.kid.as_deref().expect("a kid")).expect("the key");
        let mut validation = Validation::new(expected);
        validation.set_audience(&["crm"]);
        validation.set_issuer(&["http://localhost:5001"]);
        // The clock of the test stands still.
        validation.validate_exp = false;
        let claims =
            decode::<Value>(&token, &DecodingKey::from_jwk(key).expect("a key"), &validation).expect("genuine");
        let claims = claims.claims;
        assert_eq!((&claims["sub"], &claims["role"]), (&json!(user), &json!("manager")));
        assert_eq!(claims["companyId"], json!(api.acme));
        assert_eq!(claims["exp"], json!(api.world.now().timestamp() + 900));
    }
}

async fn a_password_gives_a_token(database: TestDatabase) {
    let api = Api::new(&database).await;
    let grant = |password: &'static str| [("grant_type", "password"), ("username", ANN), ("password", password)];
    let answer = token(&api, &grant(PASSWORD)).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!((&answer.json()["token_type"], &answer.json()["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert!(answer.headers.get("set-cookie").is_none(), "programs have no cookies");
    api.with_token(&text(&answer.json(), "/access_token")).get("/api/auth/me").await.expect(200);
    refused(token(&api, &grant("wrong")).await, 400, "invalid_grant");
    refused(token(&api, &[("grant_type", "password")]).await, 400, "invalid_grant");
    let nowhere = [("company", "nowhere")];
    refused(token(&api, &[&grant(PASSWORD)[..], &nowhere].concat()).await, 400, "invalid_request");
    refused(token(&api, &[("grant_type", "implicit")]).await, 400, "unsupported_grant_type");
    for _ in 0..8 {
        token(&api, &grant(OTHER)).await.expect(400);
    }
    let limited = token(&api, &grant(OTHER)).await;
    limited.problem(429, "too_many_attempts");
}

async fn an_api_key_is_exchanged_and_introspected(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    let body = json!({ "name": "Shop", "role": "viewer", "permissions": ["customers:export"] });
    let created = admin.post("/api/api-keys").json(&body).await.ok();
    let (id, key) = (text(&created, "/id"), text(&created, "/key"));
    assert!(key.starts_with(&text(&created, "/prefix")));
    let by_basic = api.client_with(&id, &key).post("/oauth2/token").form(&[("grant_type", "client_credentials")]);
    let by_basic = text(&by_basic.await.ok(), "/access_token");
    let by_form = [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", &*key)];
    let by_form = text(&token(&api, &by_form).await.ok(), "/access_token");
    for bearer in [&key, &by_basic, &by_form] {
        let claims = introspect(&api, bearer).await;
        assert_eq!((&claims["active"], &claims["sub"], &claims["role"]), (&json!(true), &json!(id), &json!("viewer")));
        assert_eq!((&claims["companyId"], &claims["permissions"]), (&json!(api.acme), &json!(["customers:export"])));
        assert_eq!(claims["actorKind"], "service");
    }
    let seen = admin.get(format!("/api/api-keys/{id}")).await.ok();
    assert!(seen["lastUsedAt"].is_string() && seen.get("key").is_none(), "{seen}");
    // A program is no user: it has no account here, and cannot make itself one.
    let program = api.with_token(&by_basic);
    program.get("/api/auth/me").await.expect(401);
    program.get("/api/users").await.expect(401);
    admin.delete(format!("/api/api-keys/{id}")).await.expect(200);
    for bearer in [&key, &by_basic, &by_form] {
        assert_eq!(introspect(&api, bearer).await, json!({ "active": false }));
    }
    let again = api.client_with(&id, &key).post("/oauth2/token").form(&[("grant_type", "client_credentials")]);
    refused(again.await, 401, "invalid_client");
    let garbage =
        api.client_with(&id, "crm_garbage").post("/oauth2/token").form(&[("grant_type", "client_credentials")]);
    refused(garbage.await, 401, "invalid_client");
    refused(token(&api, &[("grant_type", "client_credentials")]).await, 401, "invalid_client");
}

async fn an_api_key_expires(database: TestDatabase) {
    let api = Api::new(&database).await;
    let expires = api.world.now() + chrono::TimeDelta::seconds(60);
    let body = json!({ "name": "Shop", "role": "viewer", "expiresAt": expires });
    let key = text(&api.admin().await.post("/api/api-keys").json(&body).await.ok(), "/key");
    let grant = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", &*key)];
    assert_eq!(token(&api, &grant).await.ok()["expires_in"], 60, "no longer than the key");
    api.world.advance(60);
    assert_eq!(introspect(&api, &key).await, json!({ "active": false }));
    refused(token(&api, &grant).await, 401, "invalid_client");
}

async fn introspection_knows_what_holds(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (user, bearer) = api.member(api.acme, Role::Support).await;
    let claims = introspect(&api, &bearer).await;
    assert_eq!((&claims["active"], &claims["sub"], &claims["role"]), (&json!(true), &json!(user), &json!("support")));
    let (head, signature) = bearer.rsplit_once('.').expect("three parts");
    let mangled = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for garbage in ["", "garbage", "a.b.c", "crm_", &mangled, head, &"x".repeat(2_000), "\u{0}"] {
        assert_eq!(introspect(&api, garbage).await, json!({ "active": false }), "{garbage}");
    }
    let answer = api.client_with(CLIENT.0, "wrong").post("/oauth2/introspect").form(&[("token", &bearer)]).await;
    refused(answer, 401, "invalid_client");
    let path = format!("/api/users/{user}");
    api.admin().await.patch(path, &json!({ "status": "suspended" })).await.expect(200);
    assert_eq!(introspect(&api, &bearer).await, json!({ "active": false }));
    let (_, old) = api.member(api.acme, Role::Viewer).await;
    api.world.advance(15 * 60);
    assert_eq!(introspect(&api, &old).await, json!({ "active": false }), "it has expired");
}

async fn revocation_ends_sessions(database: TestDatabase) {
    let api = Api::new(&database).await;
    for by_refresh_token in [false, true] {
        let session = api.login(ANN).await.expect(200);
        let access = text(&session.json(), "/token");
        let refresh = session.refresh()["um_refresh=".len()..].to_owned();
        let revoked = if by_refresh_token { &refresh } else { &access };
        let done = api.client().post("/oauth2/revoke").form(&[("token", revoked)]).await.expect(200);
        assert!(done.body.is_empty());
        assert_eq!(introspect(&api, &access).await, json!({ "active": false }));
        api.anonymous().post("/api/auth/refresh").cookie(&session.refresh()).await.problem(401, "session_ended");
    }
    // As RFC 7009 has it: what is unknown is void already.
    for unknown in ["", "garbage", "a.b.c", "\u{0}"] {
        api.client().post("/oauth2/revoke").form(&[("token", unknown)]).await.expect(200);
    }
    refused(api.anonymous().post("/oauth2/revoke").form(&[("token", "x")]).await, 401, "invalid_client");
}

async fn credentials_come_in_two_ways(database: TestDatabase) {
    let api = Api::new(&database).await;
    let form = |secret: &'static str| [("token", "garbage"), ("client_id", CLIENT.0), ("client_secret", secret)];
    let introspect = |secret| api.anonymous().post("/oauth2/introspect").form(&form(secret));
    assert_eq!(introspect(CLIENT.1).await.ok(), json!({ "active": false }));
    refused(introspect("wrong").await, 401, "invalid_client");
    // A header counts, and not the form beside it.
    let both = api.client_with(CLIENT.0, "wrong").post("/oauth2/introspect").form(&form(CLIENT.1));
    refused(both.await, 401, "invalid_client");
    for header in ["Basic", "Basic !", "Bearer x", "Basic Y3Jt"] {
        let call = api.anonymous().post("/oauth2/introspect").form(&[("token", "x")]).header("Authorization", header);
        refused(call.await, 401, "invalid_client");
    }
}
