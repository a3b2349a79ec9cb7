//! Routing: literal paths and ids, unknown paths, methods, HEAD, OPTIONS.

use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpRequest, web};
use crm_core::Crm;
use crm_core::actor::{Actor, Role};
use crm_http::Service;
use crm_http::auth::{AuthError, AuthScheme, Authenticator, SharedSecret};
use crm_http::health::Health;
use serde_json::json;
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::cases::Case;
use crate::support::{Api, Options, document, handler, tokens};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        literal_paths_never_collide_with_ids,
        an_unknown_path_is_a_404_that_says_so,
        a_known_path_with_another_method_is_a_405_that_names_the_others,
        every_get_answers_a_head,
        a_slash_at_the_end_is_another_path,
        an_id_has_one_form,
        every_operation_refuses_parameters_that_it_does_not_know,
        pages_of_allowed_origins_may_call,
        pages_of_other_origins_may_not,
        the_document_and_its_pages_are_served,
        the_document_is_sent_once,
        large_answers_are_compressed_and_small_ones_are_not,
        the_routes_can_be_mounted_under_any_path,
        a_mount_may_have_parameters_of_its_own,
        a_host_may_mount_the_health_routes_too,
        the_document_of_a_host_says_how_the_host_lets_people_in,
    ]);
}

/// Where a literal segment stands in one path and a parameter in another, a request for the literal must reach the literal.
async fn literal_paths_never_collide_with_ids(database: TestDatabase) {
    let api = Api::new(&database).await;
    let templates = document().templates();
    let mut pairs = 0;
    for literal in &templates {
        for parameter in &templates {
            if !shadows(parameter, literal) {
                continue;
            }
            pairs += 1;
            for operation in document().operations.iter().filter(|operation| operation.path == **literal) {
                let case = Case::of(&operation.id).expect("a case");
                let answer = case.call(&api.admin(), "00000000-0000-7000-8000-000000000000").await;
                let text = answer.text();
                // Taken for an id, it would be found nowhere.
                assert!(!text.contains("no record has this id"), "{literal} was taken for {parameter}: {answer}");
            }
            // And what only the other one takes is not taken here.
            for operation in document().operations.iter().filter(|operation| operation.path == **parameter) {
                if document().at(operation.method, literal).is_none() {
                    let call = api.admin().call(operation.method, *literal).json(&json!({}));
                    call.undocumented("it is to be refused").await.problem(405, "method_not_allowed");
                }
            }
        }
    }
    assert!(pairs > 0, "/api/customers/search and /api/customers/{{customerId}} are one such pair");
}

/// Whether a path with a parameter also fits a path without it.
fn shadows(parameter: &str, literal: &str) -> bool {
    let (one, other): (Vec<&str>, Vec<&str>) = (parameter.split('/').collect(), literal.split('/').collect());
    let is_parameter = |segment: &str| segment.starts_with('{');
    one.len() == other.len()
        && one.iter().zip(&other).all(|(one, other)| one == other || is_parameter(one) && !is_parameter(other))
        && one != other
}

async fn an_unknown_path_is_a_404_that_says_so(database: TestDatabase) {
    let api = Api::new(&database).await;
    for path in
        ["/api", "/api/", "/api/nothing", "/api/customers/a/b/c", "/api//customers", "/api/customers/search/more"]
    {
        api.admin().get(path).undocumented("it is not there").await.problem(404, "route_unknown");
    }
    for path in ["/nothing", "/health/nothing", "/API/customers", "/.env"] {
        api.anonymous().get(path).await.problem(404, "route_unknown");
    }
    // Who may not come in does not learn what is there.
    api.anonymous().get("/api/nothing").await.problem(401, "token_missing");
}

async fn a_known_path_with_another_method_is_a_405_that_names_the_others(database: TestDatabase) {
    let api = Api::new(&database).await;
    for template in document().templates().into_iter().filter(|template| template.starts_with("/api/")) {
        let path = template.replace("{customerId}", "00000000-0000-7000-8000-000000000000");
        let taken: Vec<&str> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
            .into_iter()
            .filter(|method| document().at(if *method == "HEAD" { "GET" } else { method }, template).is_some())
            .collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"] {
            if !taken.contains(&method) {
                let answer = api.admin().call(method, &path).await;
                assert_eq!(answer.header("allow"), Some(&*taken.join(", ")), "{answer}");
                answer.problem(405, "method_not_allowed");
            }
        }
    }
}

async fn every_get_answers_a_head(database: TestDatabase) {
    let api = Api::new(&database).await;
    for operation in document().operations.iter().filter(|operation| operation.method == "GET") {
        let case = Case::of(&operation.id).expect("a case");
        let id = case.made(&api).await;
        let get = case.call(&api.admin(), &id).await.expect(200);
        let mut call = case.call(&api.admin(), &id);
        call.method = "HEAD";
        let head = call.await.expect(200);
        assert_eq!(get.content_type(), head.content_type(), "{}", operation.id);
    }
}

async fn a_slash_at_the_end_is_another_path(database: TestDatabase) {
    let api = Api::new(&database).await;
    for path in ["/api/customers/", "/api/users/", "/api/settings/"] {
        let answer = api.admin().get(path).undocumented("it is not there").await;
        assert_eq!(answer.status, 404, "{answer}");
    }
}

async fn an_id_has_one_form(database: TestDatabase) {
    let api = Api::new(&database).await;
    let customer = api.admin().post("/api/customers").json(&json!({ "name": "Ann" })).await.ok();
    let id: Uuid = customer["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    for good in [id.hyphenated().to_string(), id.hyphenated().to_string().to_uppercase()] {
        assert_eq!(api.admin().get(format!("/api/customers/{good}")).await.ok()["id"], customer["id"]);
    }
    let hyphenated = id.hyphenated().to_string();
    for bad in [
        id.simple().to_string(),
        id.braced().to_string().replace('{', "%7B").replace('}', "%7D"),
        id.urn().to_string(),
        hyphenated.replacen('-', "", 1) + "0",
        hyphenated.replacen('-', "0", 1),
        format!("{hyphenated}%20"),
        format!("%20{hyphenated}"),
        hyphenated[..35].to_owned(),
        hyphenated.clone() + "0",
        "{customerId}".to_owned(),
    ] {
        for method in ["GET", "PATCH", "DELETE"] {
            let call = api.admin().call(method, format!("/api/customers/{bad}"));
            let call = if method == "PATCH" { call.json(&json!({})) } else { call };
            call.await.problem(404, "not_found");
        }
    }
    api.admin().get(format!("/api/customers/{hyphenated}")).await.expect(200);
}

async fn every_operation_refuses_parameters_that_it_does_not_know(database: TestDatabase) {
    let api = Api::new(&database).await;
    for operation in document().operations.iter().filter(|operation| operation.path.starts_with("/api/")) {
        let case = Case::of(&operation.id).expect("a case");
        let id = case.made(&api).await;
        let before = api.records().await;
        let answer = case.call(&api.admin(), &id).query([("shoeSize", "44")]).await;
        answer.problem_of_parameter(400, "unknown_parameter", "shoeSize");
        assert_eq!(api.records().await, before, "{} has done something", operation.id);
    }
    // Who may not come in does not learn what there is.
    api.anonymous().get("/api/settings?shoeSize=44").await.problem(401, "token_missing");
    let nothing = api.admin().get("/api/nothing?shoeSize=44").undocumented("it is not there").await;
    nothing.problem(404, "route_unknown");
    api.admin().call("PUT", "/api/settings?shoeSize=44").await.problem(405, "method_not_allowed");
    // A question mark alone asks for nothing.
    api.admin().get("/api/settings?").await.expect(200);
    api.admin().call("HEAD", "/api/settings?shoeSize=44").await.expect(400);
}

const PAGE: &str = "https://erp.example.com";

async fn with_origin(database: &TestDatabase) -> Api {
    let cors_origins = vec![PAGE.to_owned(), "http://localhost:3000".to_owned()];
    Api::with(database, Options { cors_origins, ..Options::default() }).await
}

async fn pages_of_allowed_origins_may_call(database: TestDatabase) {
    let api = with_origin(&database).await;
    let preflight = api
        .anonymous()
        .call("OPTIONS", "/api/customers")
        .header("Origin", PAGE)
        .header("Access-Control-Request-Method", "POST")
        .header(
            "Access-Control-Request-Headers",
            "authorization, content-type, if-match, idempotency-key, x-request-id",
        )
        .await
        .expect(200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(PAGE));
    let allowed = preflight.header("access-control-allow-headers").unwrap_or_default().to_lowercase();
    for name in ["authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "x-request-id"] {
        assert!(allowed.contains(name), "{name} is not among {allowed}");
    }
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let methods = preflight.header("access-control-allow-methods").unwrap_or_default();
        assert!(methods.contains(method), "{method} is not among {methods}");
    }
    // The page can read what it got, refusals too, and the headers it needs.
    let answers = [
        api.admin().get("/api/customers").header("Origin", PAGE).await.expect(200),
        api.anonymous().get("/api/customers").header("Origin", PAGE).await.expect(401),
        api.admin().get("/api/customers?limit=0").header("Origin", PAGE).await.expect(400),
        api.admin().get("/api/nothing").header("Origin", PAGE).await.expect(404),
    ];
    for answer in answers {
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE), "{answer}");
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
        for name in ["etag", "location", "retry-after", "x-request-id", "idempotency-replayed"] {
            assert!(exposed.contains(name), "{name} is not exposed by {answer}");
        }
        assert_eq!(answer.header("access-control-allow-credentials"), None, "tokens travel in a header");
    }
}

async fn pages_of_other_origins_may_not(database: TestDatabase) {
    let preflight = |api: &Api, origin: &str| {
        let call = api.anonymous().call("OPTIONS", "/api/customers").header("Origin", origin);
        call.header("Access-Control-Request-Method", "GET").undocumented("CORS answers it")
    };
    let api = with_origin(&database).await;
    for origin in ["https://evil.example.com", "http://erp.example.com", "https://erp.example.com.evil.example", "null"]
    {
        let answer = preflight(&api, origin).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}: {answer}");
    }
    // Without a setting, no page may call.
    let closed = Api::new(&database).await;
    let answer = preflight(&closed, PAGE).await;
    assert_eq!(answer.header("access-control-allow-origin"), None, "{answer}");
}

async fn the_document_and_its_pages_are_served(database: TestDatabase) {
    const OWN: &str = "not a part of the API";
    let api = Api::new(&database).await;
    let served = api.anonymous().get("/openapi.json").undocumented(OWN).await.ok();
    assert_eq!(served, document().root);
    let page = api.anonymous().get("/docs/").undocumented(OWN).await.expect(200);
    assert!(page.text().contains("swagger-ui"), "{page}");
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("script-src 'self'") && !policy.contains("'unsafe-eval'"), "{policy}");
    for asset in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
        api.anonymous().get(format!("/docs/{asset}")).undocumented(OWN).await.expect(200);
    }
    let moved = api.anonymous().get("/docs").undocumented(OWN).await;
    assert!((300..400).contains(&moved.status) && moved.header("location") == Some("docs/"), "{moved}");
    api.anonymous().get("/").undocumented(OWN).await.expect(200);
}

async fn the_document_is_sent_once(database: TestDatabase) {
    const OWN: &str = "not a part of the API";
    let api = Api::new(&database).await;
    let read = || api.anonymous().get("/openapi.json").undocumented(OWN);
    let sent = read().await.expect(200);
    assert_eq!(sent.header("cache-control"), Some("public, max-age=60"));
    let known = read().header("If-None-Match", sent.etag()).await.expect(304);
    assert!(known.body.is_empty() && known.etag() == sent.etag(), "{known}");
    assert_eq!(read().header("If-None-Match", "\"another\"").await.expect(200).body, sent.body);
}

async fn large_answers_are_compressed_and_small_ones_are_not(database: TestDatabase) {
    let api = Api::new(&database).await;
    let read = |path: &str| api.admin().get(path).header("Accept-Encoding", "gzip").undocumented("compressed");
    let large = read("/openapi.json").await.expect(200);
    assert_eq!(large.header("content-encoding"), Some("gzip"));
    assert!(large.header("vary").unwrap_or_default().to_lowercase().contains("accept-encoding"), "{large}");
    let small = read("/api/settings").await.expect(200);
    assert_eq!(small.header("content-encoding"), None);
    assert!(small.json().is_object());
}

const ELSEWHERE: &str = "mounted elsewhere";

async fn the_routes_can_be_mounted_under_any_path(database: TestDatabase) {
    let (crm, tokens) = (Crm::default(), SharedSecret::new(tokens()));
    let service = Service::new(crm.clone(), database.connection.clone(), tokens.clone());
    let app = App::new().service(web::scope("/erp/crm").configure(crm_http::configure(service)));
    let api = Api::of(handler(init_service(app).await, TestRequest::to_request), &database, crm, tokens);
    let post = api.admin().post("/erp/crm/api/customers").json(&json!({ "name": "Ann" })).undocumented(ELSEWHERE);
    let location = post.await.expect(201).header("location").expect("a place").to_owned();
    assert!(location.starts_with("/erp/crm/api/customers/"), "{location}");
    let read = |path: &str| api.admin().get(path).undocumented(ELSEWHERE);
    assert_eq!(read(&location).await.ok()["name"], "Ann");
    read("/erp/crm/api/nothing").await.problem(404, "route_unknown");
    let refused = api.admin().call("PUT", "/erp/crm/api/customers").undocumented(ELSEWHERE).await;
    assert_eq!(refused.header("allow"), Some("GET, HEAD, POST"), "{refused}");
    api.as_(Role::Viewer).call("HEAD", &location).undocumented(ELSEWHERE).await.expect(200);
    let refused = api.anonymous().get(&location).undocumented(ELSEWHERE).await;
    assert!(refused.header("www-authenticate").is_some(), "{refused}");
}

async fn a_mount_may_have_parameters_of_its_own(database: TestDatabase) {
    let (crm, tokens) = (Crm::default(), SharedSecret::new(tokens()));
    let service = Service::new(crm.clone(), database.connection.clone(), tokens.clone());
    let routes = web::scope("/{branch}/crm")
        .configure(crm_http::configure(service.clone()))
        .configure(crm_http::configure_docs(service.openapi()));
    let app = init_service(App::new().service(routes)).await;
    let api = Api::of(handler(app, TestRequest::to_request), &database, crm, tokens);
    let post = api.admin().post("/boston/crm/api/customers").json(&json!({ "name": "Ann" })).undocumented(ELSEWHERE);
    let location = post.await.expect(201).header("location").expect("a place").to_owned();
    let read = |path: &str| api.admin().get(path).undocumented(ELSEWHERE);
    assert_eq!(read(&location).await.ok()["name"], "Ann");
    let document = read("/boston/crm/openapi.json").await.ok();
    assert_eq!(document["servers"][0]["url"], "/boston/crm");
    assert!(read("/boston/crm/docs/").await.expect(200).text().contains("swagger-ui"));
    read("/boston/crm/docs/swagger-ui.css").await.expect(200);
    read("/boston/crm/docs/nothing").await.problem(404, "route_unknown");
}

async fn a_host_may_mount_the_health_routes_too(database: TestDatabase) {
    let (crm, tokens) = (Crm::default(), SharedSecret::new(tokens()));
    let service = Service::new(crm.clone(), database.connection.clone(), tokens.clone());
    let health = Health::new(database.connection.clone(), None, None);
    let mount = |health: Option<Health>| {
        let scope = web::scope("/erp/crm").configure(crm_http::configure(service.clone()));
        health.into_iter().fold(scope, |scope, health| scope.configure(crm_http::configure_health(health)))
    };
    for (health, status) in [(None, 404), (Some(health), 200)] {
        let app = init_service(App::new().service(mount(health))).await;
        let api = Api::of(handler(app, TestRequest::to_request), &database, crm.clone(), tokens.clone());
        for path in ["/erp/crm/health/ready", "/erp/crm/metrics", "/erp/crm/health/detailed"] {
            api.admin().get(path).undocumented(ELSEWHERE).await.expect(status);
        }
        api.admin().get("/erp/crm/api/customers").undocumented(ELSEWHERE).await.expect(200);
    }
}

async fn the_document_of_a_host_says_how_the_host_lets_people_in(database: TestDatabase) {
    struct Cookies;
    #[async_trait::async_trait(?Send)]
    impl Authenticator for Cookies {
        async fn authenticate(&self, _request: &HttpRequest) -> Result<Actor, AuthError> {
            Err(AuthError::Missing)
        }

        fn scheme(&self) -> AuthScheme {
            AuthScheme::cookie("session", "Log in first.")
        }
    }
    let service = Service::new(Crm::default(), database.connection.clone(), Cookies);
    let hosts = serde_json::to_value(service.openapi()).expect("a document");
    let scheme = &hosts["components"]["securitySchemes"]["sessionAuth"];
    assert_eq!((&scheme["in"], &scheme["name"]), (&json!("cookie"), &json!("session")));
    assert_eq!(hosts["security"], json!([{ "sessionAuth": [] }]));
    // In all else it is the document of the whole service, but for what is not mounted.
    let whole = &document().root;
    let is_mounted = |path: &str| path.starts_with("/api/") || path.starts_with("/calendar/");
    let paths = whole["paths"].as_object().expect("paths").iter().filter(|(path, _)| is_mounted(path));
    assert_eq!(hosts["paths"], json!(paths.collect::<std::collections::BTreeMap<_, _>>()));
    assert_eq!(hosts["servers"], whole["servers"]);
    let app = init_service(App::new().service(web::scope("/erp/crm").configure(crm_http::configure(service)))).await;
    let api = Api::of(handler(app, TestRequest::to_request), &database, Crm::default(), SharedSecret::new(tokens()));
    let refused = api.anonymous().get("/erp/crm/api/customers").undocumented(ELSEWHERE).await;
    assert_eq!(refused.header("www-authenticate"), Some("Session realm=\"crm\", in=\"cookie\", name=\"session\""));
    refused.problem(401, "token_missing");
}
