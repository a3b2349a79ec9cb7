//! What guessing finds out: nothing, and not for long. And what the log says: no secrets.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use crm_core::actor::Role;
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::{Suite, TestDatabase};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use user_management::Options;

use super::cases::{CASES, OTHER, Who};
use super::support::{Api, CLIENT, text};
use crate::auth_support::{ANN, PASSWORD, SECRET};
use crate::support::token_of;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        known_and_unknown_addresses_look_the_same,
        guesses_are_limited_but_not_the_owners_device,
        nothing_secret_is_logged_or_told,
    ]);
}

async fn known_and_unknown_addresses_look_the_same(database: TestDatabase) {
    let api = Api::with(&database, Options::default(), true).await;
    let login = |email: &str, more: serde_json::Value| {
        let mut body = json!({ "email": email, "password": "wrong" });
        crm_core::patch::merge(&mut body, more);
        api.anonymous().post("/api/auth/login").json(&body)
    };
    // One without a password, one suspended everywhere, and one who belongs nowhere.
    let invited = api.world.add_user("invited@example.com", None).await;
    api.world.add_member(api.acme, invited, Role::Viewer).await;
    let suspended = api.world.add_member_of(api.acme, "suspended@example.com", Role::Viewer).await;
    let path = format!("/api/users/{suspended}");
    api.admin().await.patch(path, &json!({ "status": "suspended" })).await.expect(200);
    let unknown = login("nobody@example.com", json!({})).await.expect(401);
    for (email, more) in [
        (ANN, json!({})),
        (ANN, json!({ "code": "123456" })),
        (ANN, json!({ "company": "Acme" })),
        ("invited@example.com", json!({})),
        ("suspended@example.com", json!({})),
        ("suspended@example.com", json!({ "password": PASSWORD })),
        ("no address", json!({})),
        ("nul\u{0}@example.com", json!({})),
    ] {
        let answer = login(email, more).await;
        assert_eq!(answer.anonymous(), unknown.anonymous(), "{email}");
    }
    let forgot = |email: &str| api.anonymous().post("/api/auth/forgot-password").json(&json!({ "email": email }));
    let unknown = forgot("nobody@example.com").await.expect(202);
    for email in [ANN, "suspended@example.com", "no address"] {
        assert_eq!(forgot(email).await.anonymous(), unknown.anonymous(), "{email}");
    }
    assert_eq!(api.mails.next().await.to, ANN);
}

async fn guesses_are_limited_but_not_the_owners_device(database: TestDatabase) {
    let api = Api::new(&database).await;
    let device = api.login(ANN).await.expect(200).cookie("um_device");
    for email in [ANN, "nobody@example.com"] {
        let guess = || api.anonymous().post("/api/auth/login").json(&json!({ "email": email, "password": "wrong" }));
        for _ in 0..10 {
            guess().await.problem(401, "credentials_invalid");
        }
        let answer = guess().await.expect(429);
        let wait: u64 = answer.header("retry-after").and_then(|wait| wait.parse().ok()).expect("seconds");
        assert!((1..=900).contains(&wait), "{answer}");
        answer.problem(429, "too_many_attempts");
    }
    api.login(ANN).await.problem(429, "too_many_attempts");
    api.login(ANN).cookie(&device).await.expect(200);
    api.login(ANN).cookie(&device.replace('.', "x.")).await.problem(429, "too_many_attempts");
    api.world.advance(900);
    api.login(ANN).await.expect(200);
}

thread_local! {
    /// What this thread logs, if that is kept. One subscriber for all: those of threads disturb one another's callsites.
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.as_mut().map(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what this thread logs from now on. A request is answered on the thread of its test.
fn keep_log() {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let is_kept = dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some));
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Log).with_filter(is_kept);
        tracing_subscriber::registry().with(layer).init();
    });
    LOG.set(Some(Vec::new()));
}

/// What was logged since.
fn logged() -> String {
    String::from_utf8_lossy(&LOG.take().unwrap_or_default()).into_owned()
}

async fn nothing_secret_is_logged_or_told(database: TestDatabase) {
    let api = Api::with(&database, Options { open_signup: true, ..Options::default() }, true).await;
    keep_log();
    let mut secrets: Vec<String> = [PASSWORD, OTHER, SECRET, CLIENT.1, "quokka"].map(str::to_owned).into();
    let mut told = String::new();
    let session = api.login(ANN).await.expect(200);
    let admin_token = text(&session.json(), "/token");
    secrets.extend([
        admin_token.clone(),
        session.refresh()[11..].to_owned(),
        session.cookie("um_device")[10..].to_owned(),
    ]);
    let admin = api.with_token(&admin_token);
    // Answers that go well show what they must; problems show nothing.
    let body = json!({ "email": "mail.quokka@example.com", "name": "Quokka" });
    admin.post("/api/users").json(&body).await.expect(201);
    secrets.push(token_of(&api.mails.next().await.text).expose_secret().to_owned());
    let accept = json!({ "token": secrets[secrets.len() - 1], "password": OTHER, "name": "Quokka" });
    api.anonymous().post("/api/auth/accept-invitation").json(&accept).await.expect(204);
    told += &admin.post("/api/users").json(&body).await.expect(409).text();
    let key = admin.post("/api/api-keys").json(&json!({ "name": "Quokka", "role": "viewer" })).await.ok();
    secrets.push(text(&key, "/key"));
    let exchange = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", &*text(&key, "/key"))];
    let token = api.anonymous().post("/oauth2/token").form(&exchange).await.ok();
    secrets.push(text(&token, "/access_token"));
    api.client().post("/oauth2/introspect").form(&[("token", &admin_token)]).await.expect(200);
    let wrong = json!({ "email": "other.quokka@example.com", "password": "wrong-quokka", "company": "quokka" });
    told += &api.anonymous().post("/api/auth/login").json(&wrong).await.expect(401).text();
    let form = [("grant_type", "password"), ("username", "quokka"), ("password", "quokka")];
    told += &api.anonymous().post("/oauth2/token").form(&form).await.expect(400).text();
    told += &api.anonymous().post("/api/auth/refresh").cookie("um_refresh=quokka").await.expect(401).text();
    told += &api.with_token("quokka").get("/api/auth/me").await.expect(401).text();
    told += &api.client_with("quokka", "quokka").get("/api/directory/users").await.expect(401).text();
    let reset = json!({ "token": "quokka-token", "password": "quokka-quokka-quokka" });
    told += &api.anonymous().post("/api/auth/reset-password").json(&reset).await.expect(422).text();
    let forgot = json!({ "email": "mail.quokka@example.com" });
    api.anonymous().post("/api/auth/forgot-password").json(&forgot).await.expect(202);
    admin.get("/api/users?q=quokka").await.expect(200);
    let ends = ["logout", "logoutAll", "changePassword"];
    for case in CASES.iter().filter(|case| case.who != Who::Services && !ends.contains(&case.operation)) {
        case.call(&admin, "00000000-0000-7000-8000-000000000000").await;
    }
    let logged = logged();
    assert!(logged.lines().count() > 20, "it does log: {logged}");
    for secret in &secrets {
        let found = logged.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert!(found.is_none(), "{secret} is logged: {found:?}");
        assert!(!told.to_lowercase().contains(&secret.to_lowercase()), "{secret} is told: {told}");
    }
    for line in logged.lines() {
        assert!(!line.contains(ANN) && !line.contains("@example.com"), "an address is logged: {line}");
    }
}
