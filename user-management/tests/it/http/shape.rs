//! What every operation refuses: no token, other methods, unknown parameters, bodies of the wrong form.

use crm_core::actor::Role;
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::cases::{CASES, Case};
use super::contract::{Operation, document};
use super::support::{Api, Caller};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        nobody_comes_in_without_a_token,
        other_methods_are_refused_and_named,
        unknown_parameters_are_refused_and_named,
        bodies_of_another_form_are_refused,
        every_get_answers_a_head,
        unknown_paths_are_told,
        forms_of_oauth_are_read_strictly,
    ]);
}

fn of_api() -> impl Iterator<Item = (Case, &'static Operation)> {
    let all = document().operations.iter().filter(|operation| operation.path.starts_with("/api/"));
    all.map(|operation| (Case::of(&operation.id), operation))
}

/// Who may call this operation.
async fn allowed(api: &Api, operation: &Operation) -> Caller {
    if operation.is_for_clients() { api.client() } else { api.admin().await }
}

async fn nobody_comes_in_without_a_token(database: TestDatabase) {
    let api = Api::new(&database).await;
    let good = api.member(api.acme, Role::Admin).await.1;
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let tampered = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let mut refused = 0;
    for (case, operation) in of_api().filter(|(_, operation)| !operation.is_public()) {
        let id = case.fresh(&api, api.acme).await;
        for authorization in [None, Some("Bearer garbage".to_owned()), Some(format!("Bearer {tampered}"))] {
            let caller = match &authorization {
                Some(value) => api.anonymous().with("Authorization", value),
                None => api.anonymous(),
            };
            let answer = case.call(&caller, &id).await.expect(401);
            let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
            assert!(!challenge.is_empty(), "{}: {answer}", operation.id);
            let problem = answer.json();
            assert_eq!(answer.content_type(), "application/problem+json", "{answer}");
            assert!(problem["requestId"].is_string() && problem["code"].is_string(), "{answer}");
            refused += 1;
        }
    }
    assert!(refused > 90, "{refused} refusals");
    // A bad token is refused where none is needed: it would be ignored silently.
    api.with_token("garbage").post("/api/auth/register").json(&json!({})).await.problem(401, "token_invalid");
}

async fn other_methods_are_refused_and_named(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    for (case, operation) in of_api() {
        let mut methods = document().methods(&operation.path);
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if methods.contains(&method) {
                continue;
            }
            let answer = admin.call(method, case.path("00000000-0000-7000-8000-000000000000")).await;
            let mut allowed: Vec<&str> = answer.header("allow").unwrap_or_default().split(", ").collect();
            allowed.sort_unstable();
            assert_eq!(allowed, methods, "{answer}");
            answer.problem(405, "method_not_allowed");
        }
    }
}

async fn unknown_parameters_are_refused_and_named(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (case, operation) in of_api() {
        let id = case.fresh(&api, api.acme).await;
        let mut call = case.call(&allowed(&api, operation).await, &id);
        call.path += "?shoeSize=44";
        let problem = call.await.problem(400, "unknown_parameter");
        assert_eq!(problem["errors"][0]["parameter"], "shoeSize", "{}", operation.id);
    }
}

async fn bodies_of_another_form_are_refused(database: TestDatabase) {
    let api = Api::new(&database).await;
    let mut bodies = 0;
    for (case, operation) in of_api().filter(|(_, operation)| operation.takes_json()) {
        let id = case.fresh(&api, api.acme).await;
        let call = case.call(&allowed(&api, operation).await, &id);
        let json = |text: &str| call.clone().body("application/json", text.to_owned());
        json("{").await.problem(400, "invalid_json");
        json("").await.expect(400);
        json("[]").await.problem(400, "invalid_type");
        json("null").await.expect(400);
        let mut more = case.body().expect("a body");
        more["shoeSize"] = json!(44);
        let problem = json(&more.to_string()).await.problem(400, "unknown_field");
        assert_eq!(problem["errors"][0]["pointer"], "/shoeSize", "{}", operation.id);
        more["shoeSize"] = json!("x".repeat(64 * 1024));
        json(&more.to_string()).await.problem(413, "payload_too_large");
        let body = case.body().expect("a body").to_string();
        call.clone().body("text/plain", body.clone()).await.problem(415, "unsupported_media_type");
        let patch = call.clone().body("application/merge-patch+json", body).await;
        assert_eq!(patch.status == 415, !operation.takes_a_patch(), "{patch}");
        bodies += 1;
    }
    assert!(bodies > 15, "{bodies} operations with a body");
}

async fn every_get_answers_a_head(database: TestDatabase) {
    let api = Api::new(&database).await;
    for (case, operation) in of_api().filter(|(_, operation)| operation.method == "GET") {
        let id = case.fresh(&api, api.acme).await;
        let caller = allowed(&api, operation).await;
        let get = case.call(&caller, &id).await.expect(200);
        let head = caller.call("HEAD", case.path(&id)).await.expect(200);
        assert!(head.body.is_empty() && head.content_type() == get.content_type(), "{head}");
        assert_eq!(head.header("etag"), get.header("etag"), "{head}");
    }
}

async fn unknown_paths_are_told(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    for path in ["/api/nothing", "/api/users/", "/api/auth", "/api/auth/login/", "/api", "/api/users/1/2/3"] {
        admin.get(path).await.problem(404, "route_unknown");
    }
    api.anonymous().get("/api/nothing").await.expect(401);
    for path in ["/oauth2/nothing", "/.well-known/nothing", "/nothing"] {
        let answer = api.anonymous().get(path).await.expect(404);
        assert_eq!(answer.content_type(), "application/problem+json", "{answer}");
    }
    assert!(CASES.len() > 40);
}

async fn forms_of_oauth_are_read_strictly(database: TestDatabase) {
    let api = Api::new(&database).await;
    for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
        for call in [
            api.client().post(path),
            api.client().post(path).json(&json!({ "token": "t", "grant_type": "password" })),
            api.client().post(path).form(&[]),
            api.client().post(path).form(&[("shoe_size", "44")]),
            api.client().post(path).form(&[("token", &"x".repeat(64 * 1024)), ("grant_type", "password")]),
        ] {
            let answer = call.await.expect(400);
            assert_eq!(answer.json()["error"], "invalid_request", "{answer}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
        }
    }
}
