//! Sessions: cookies, refreshing, ending, switching.

use crm_core::actor::Role;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};
use user_management::Options;

use super::cases::{OTHER, stranger};
use super::support::{Answer, Api, text};
use crate::auth_support::{ANN, PASSWORD};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        a_log_in_sets_two_cookies,
        cookies_are_secure_where_the_service_is,
        cookies_follow_the_mount,
        a_refresh_token_works_once,
        a_reused_refresh_token_ends_the_session,
        of_two_refreshes_at_once_one_wins,
        refreshes_end_with_the_session,
        log_out_ends_both_tokens,
        sessions_are_listed_and_ended,
        a_user_switches_between_companies,
        a_changed_password_ends_other_sessions,
        rights_change_at_the_next_request,
    ]);
}

/// The attributes of a cookie, but for its value.
fn attributes(cookie: &str) -> Vec<String> {
    let mut all: Vec<String> = cookie.split("; ").skip(1).map(str::to_owned).collect();
    all.sort_unstable();
    all
}

async fn refresh(api: &Api, cookie: &str) -> Answer {
    api.anonymous().post("/api/auth/refresh").cookie(cookie).await
}

async fn a_log_in_sets_two_cookies(database: TestDatabase) {
    let api = Api::new(&database).await;
    let answer = api.login(ANN).await.expect(200);
    let week = ["HttpOnly", "Max-Age=604800", "Path=/api/auth/refresh", "SameSite=Strict"];
    assert_eq!(attributes(&answer.set_cookie("um_refresh")), week);
    let device = ["HttpOnly", "Max-Age=15552000", "Path=/api/auth/login", "SameSite=Strict"];
    assert_eq!(attributes(&answer.set_cookie("um_device")), device);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(
        (&body["tokenType"], &body["expiresIn"], &body["user"]["email"]),
        (&json!("Bearer"), &json!(900), &json!(ANN))
    );
    assert!(!answer.text().contains(answer.refresh().trim_start_matches("um_refresh=")), "only in the cookie");
    api.with_token(&text(&body, "/token")).get("/api/auth/me").await.expect(200);
    // As some clients write it; the document names it in words only.
    let other = json!({ "emailId": " ANN@Example.com ", "password": PASSWORD });
    api.anonymous().post("/api/auth/login").json(&other).unchecked().await.expect(200);
}

async fn cookies_are_secure_where_the_service_is(database: TestDatabase) {
    let options = Options { issuer: "https://id.example.com".to_owned(), ..Options::default() };
    let api = Api::with(&database, options, false).await;
    let answer = api.login(ANN).await.expect(200);
    for name in ["um_refresh", "um_device"] {
        assert!(attributes(&answer.set_cookie(name)).contains(&"Secure".to_owned()), "{answer}");
    }
    let token = text(&answer.json(), "/token");
    let gone = api.with_token(&token).post("/api/auth/logout").await.expect(204);
    let removed = attributes(&gone.set_cookie("um_refresh"));
    for attribute in ["Max-Age=0", "Path=/api/auth/refresh", "Secure"] {
        assert!(removed.contains(&attribute.to_owned()), "{gone}");
    }
}

async fn cookies_follow_the_mount(database: TestDatabase) {
    let mut api = Api::new(&database).await;
    // One of them has a segment that the routes have too.
    for prefix in ["/erp/id", "/api/auth", "/api/v1"] {
        api = api.mounted(prefix).await;
        let body = json!({ "email": ANN, "password": PASSWORD });
        let answer = api.anonymous().post(format!("{prefix}/api/auth/login")).json(&body).unchecked().await.expect(200);
        let path = format!("Path={prefix}/api/auth/refresh");
        assert!(attributes(&answer.set_cookie("um_refresh")).contains(&path), "{answer}");
        let again = api.anonymous().post(format!("{prefix}/api/auth/refresh")).cookie(&answer.refresh());
        again.unchecked().await.expect(200);
    }
}

async fn a_refresh_token_works_once(database: TestDatabase) {
    let api = Api::new(&database).await;
    let mut cookie = api.login(ANN).await.expect(200).refresh();
    for _ in 0..3 {
        api.world.advance(60);
        let answer = refresh(&api, &cookie).await.expect(200);
        assert_ne!(answer.refresh(), cookie);
        api.with_token(&text(&answer.json(), "/token")).get("/api/auth/me").await.expect(200);
        cookie = answer.refresh();
    }
    for bad in ["um_refresh=garbage", "um_refresh=", "other=1"] {
        refresh(&api, bad).await.problem(401, "session_ended");
    }
    api.anonymous().post("/api/auth/refresh").await.problem(401, "session_ended");
}

async fn a_reused_refresh_token_ends_the_session(database: TestDatabase) {
    let api = Api::new(&database).await;
    let first = api.login(ANN).await.expect(200).refresh();
    let second = refresh(&api, &first).await.expect(200);
    let token = text(&second.json(), "/token");
    refresh(&api, &first).await.problem(401, "session_ended");
    refresh(&api, &second.refresh()).await.problem(401, "session_ended");
    api.with_token(&token).get("/api/auth/me").await.problem(401, "token_invalid");
    // Other sessions of the user go on.
    api.login(ANN).await.expect(200);
}

async fn of_two_refreshes_at_once_one_wins(database: TestDatabase) {
    let api = Api::new(&database).await;
    for _ in 0..5 {
        let cookie = api.login(ANN).await.expect(200).refresh();
        let (one, other) = tokio::join!(refresh(&api, &cookie), refresh(&api, &cookie));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "{one}\n{other}");
        let winner = if one.status == 200 { one } else { other };
        refresh(&api, &winner.refresh()).await.problem(401, "session_ended");
    }
}

async fn refreshes_end_with_the_session(database: TestDatabase) {
    let api = Api::new(&database).await;
    let cookie = api.login(ANN).await.expect(200).refresh();
    api.world.advance(7 * 24 * 60 * 60);
    refresh(&api, &cookie).await.problem(401, "session_ended");
}

async fn log_out_ends_both_tokens(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (one, two) = (api.login(ANN).await.expect(200), api.login(ANN).await.expect(200));
    let token = |answer: &Answer| api.with_token(&text(&answer.json(), "/token"));
    token(&one).post("/api/auth/logout").await.expect(204);
    token(&one).get("/api/auth/me").await.problem(401, "token_invalid");
    token(&one).post("/api/auth/logout").await.expect(401);
    refresh(&api, &one.refresh()).await.problem(401, "session_ended");
    token(&two).get("/api/auth/me").await.expect(200);
    let three = api.login(ANN).await.expect(200);
    token(&two).post("/api/auth/logout-all").await.expect(204);
    for ended in [&two, &three] {
        token(ended).get("/api/auth/me").await.expect(401);
        refresh(&api, &ended.refresh()).await.expect(401);
    }
}

async fn sessions_are_listed_and_ended(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (_, admin) = stranger(&api, Role::Admin).await;
    let (_, other) = stranger(&api, Role::Viewer).await;
    let own = text(&admin.get("/api/auth/me").await.ok(), "/session");
    let theirs = text(&other.get("/api/auth/me").await.ok(), "/session");
    let list = admin.get("/api/auth/sessions").await.ok();
    let ids: Vec<String> = list["data"].as_array().unwrap().iter().map(|session| text(session, "/id")).collect();
    assert_eq!(ids, std::slice::from_ref(&own));
    let foreign = admin.delete(format!("/api/auth/sessions/{theirs}")).await.expect(404).without(&theirs);
    let nothing = uuid::Uuid::now_v7().to_string();
    let unknown = admin.delete(format!("/api/auth/sessions/{nothing}")).await.expect(404).without(&nothing);
    assert_eq!(foreign, unknown);
    other.get("/api/auth/me").await.expect(200);
    admin.delete(format!("/api/auth/sessions/{own}")).await.expect(204);
    admin.get("/api/auth/me").await.expect(401);
}

async fn a_user_switches_between_companies(database: TestDatabase) {
    let api = Api::new(&database).await;
    api.world.add_member(api.zoo, api.world.ann, Role::Viewer).await;
    let body = |company: &str| json!({ "email": ANN, "password": PASSWORD, "company": company });
    let login = |company: &'static str| api.anonymous().post("/api/auth/login").json(&body(company));
    let answer = login("acme").await.expect(200);
    let names: Vec<Value> = answer.json()["user"]["companies"].as_array().unwrap().clone();
    assert_eq!(names.iter().map(|company| text(company, "/name")).collect::<Vec<_>>(), ["Acme", "Zoo"]);
    let caller = api.with_token(&text(&answer.json(), "/token"));
    let switched = caller.post("/api/auth/switch").json(&json!({ "companyId": api.zoo })).await.expect(200);
    let there = api.with_token(&text(&switched.json(), "/token"));
    let me = there.get("/api/auth/me").await.ok();
    assert_eq!((&me["company"]["name"], &me["role"]), (&json!("Zoo"), &json!("viewer")));
    assert_eq!(there.get("/api/company").await.ok()["name"], "Zoo");
    there.post("/api/users").json(&json!({ "email": "x@example.com" })).await.problem(403, "forbidden");
    let refreshed = refresh(&api, &switched.refresh()).await.expect(200);
    assert_eq!(refreshed.json()["user"]["company"]["name"], "Zoo");
    let nowhere = json!({ "companyId": uuid::Uuid::now_v7() });
    let problem = there.post("/api/auth/switch").json(&nowhere).await.problem(422, "company_unknown");
    assert_eq!(problem["errors"][0]["pointer"], "/companyId");
    login("nowhere").await.problem(422, "company_unknown");
    assert_eq!(login("ZOO").await.ok()["user"]["role"], "viewer");
}

async fn a_changed_password_ends_other_sessions(database: TestDatabase) {
    let api = Api::new(&database).await;
    let (kept, ended) = (api.login(ANN).await.expect(200), api.login(ANN).await.expect(200));
    let caller = api.with_token(&text(&kept.json(), "/token"));
    let change = |current: &str, new: &str| {
        caller.post("/api/auth/password").json(&json!({ "currentPassword": current, "newPassword": new }))
    };
    change("wrong", OTHER).await.problem(401, "credentials_invalid");
    let short = change(PASSWORD, "short").await.problem(422, "invalid");
    assert_eq!(short["errors"][0]["pointer"], "/newPassword");
    change(PASSWORD, OTHER).await.expect(204);
    caller.get("/api/auth/me").await.expect(200);
    refresh(&api, &kept.refresh()).await.expect(200);
    refresh(&api, &ended.refresh()).await.expect(401);
    api.login(ANN).await.problem(401, "credentials_invalid");
    let admin = crate::support::caller(api.acme, api.world.ann, Role::Admin);
    let page = api.um.audit(&admin).list(&Default::default(), &Default::default()).await.expect("a page");
    assert_eq!(page.data[0].action, "user.password_changed");
}

async fn rights_change_at_the_next_request(database: TestDatabase) {
    let api = Api::new(&database).await;
    let admin = api.admin().await;
    let (user, caller) = stranger(&api, Role::Admin).await;
    caller.get("/api/audit").await.expect(200);
    let path = format!("/api/users/{user}");
    admin.patch(&path, &json!({ "role": "viewer" })).await.expect(200);
    caller.get("/api/audit").await.problem(401, "token_invalid");
    admin.patch(&path, &json!({ "status": "suspended" })).await.expect(200);
    caller.get("/api/auth/me").await.problem(401, "token_invalid");
    let ann = format!("/api/users/{}", api.world.ann);
    let last = api.with_token(&text(&api.login(ANN).await.ok(), "/token"));
    let me = text(&admin.get("/api/auth/me").await.ok(), "/id");
    last.patch(format!("/api/users/{me}"), &json!({ "role": "viewer" })).await.expect(200);
    last.patch(ann, &json!({ "role": "viewer" })).await.problem(409, "last_administrator");
}
