//! The program for operators: subcommands, output, start and shutdown.

use std::path::Path;

use actix_web::http::StatusCode;
use reqwest::Url;
use serde_json::json;
use testkit::{Proxy, Suite, TestDatabase, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Client, PATIENCE, SECRET, Serving, run};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        empty: [
            migrations_go_up_and_down,
            the_service_runs_until_it_is_told_to_stop,
        ];
        empty_postgres: [
            tables_can_live_in_a_schema_of_their_own,
            without_its_database_the_service_does_not_start,
        ];
        plain: [
            two_settings_are_enough_to_serve_a_file,
            a_token_opens_what_its_role_may,
            without_its_file_the_service_does_not_start,
            what_is_no_http_is_refused_by_its_status,
            the_contract_is_printed,
            a_service_that_is_not_there_is_not_healthy,
            all_faults_of_the_settings_are_told_at_once,
            a_file_of_settings_goes_before_defaults_and_after_the_environment,
            every_subcommand_explains_itself,
            what_is_not_understood_is_refused,
        ]
    );
}

const DEMO_TOKEN: &str = "/demo/token";

/// What the service needs to know, and no more.
fn settings(url: &str) -> [(&str, &str); 2] {
    [("DATABASE_URL", url), ("JWT_SECRET", SECRET)]
}

fn file_in(directory: &Path) -> String {
    format!("sqlite://{}", directory.join("crm.db").display())
}

/// A token that the program mints for a user of the company `acme`.
fn token(environment: &[(&str, &str)], role: &str) -> String {
    let printed = run(&["token", "--company", "acme", "--user", "ann", "--role", role], environment).ok();
    printed.trim().to_owned()
}

async fn stops(mut serving: Serving) {
    serving.process.terminate();
    let status = serving.process.ended();
    assert_eq!(status.code(), Some(0), "{}", serving.process.output());
}

async fn two_settings_are_enough_to_serve_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = file_in(directory.path());
    let settings = settings(&url);
    let fault = run(&["serve"], &settings).fault();
    assert!(fault.contains("migrations are pending") && fault.contains("crm-http migrate up"), "{fault}");
    run(&["migrate", "up"], &settings[..1]).ok();
    // `serve` is what happens without a subcommand.
    for arguments in [&["serve"][..], &[]] {
        let serving = Serving::start(arguments, &settings).await;
        let admin = serving.client().with_token(&token(&settings, "admin"));
        let customer = admin.post("/api/customers").json(&json!({ "name": "Ann" })).await.ok();
        let path = format!("/api/customers/{}", customer["id"].as_str().expect("an id"));
        assert_eq!(admin.get(path).await.ok()["name"], "Ann");
        // The demo's identity provider is the demo's.
        let form = "grant_type=password&username=admin@acme.example&password=demo";
        let login = serving.client().post(DEMO_TOKEN).body("application/x-www-form-urlencoded", form);
        login.await.problem(404, "route_unknown");
        let document = serving.client().get("/openapi.json").undocumented("it is the document").await.ok();
        assert_eq!(document["components"]["securitySchemes"].as_object().expect("schemes").len(), 1);
        // A minute is more than the five seconds for load balancers and the moment after.
        stops(serving).await;
    }
}

/// The server answers these before there is a request that a handler could see, so there is no problem document.
async fn what_is_no_http_is_refused_by_its_status() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = file_in(directory.path());
    let environment = [&settings(&url)[..], &[("MIGRATE_ON_START", "true"), ("SHUTDOWN_DELAY", "0s")]].concat();
    let serving = Serving::start(&["serve"], &environment).await;
    let answer = async |request: String| {
        let mut stream = TcpStream::connect(("127.0.0.1", serving.port)).await.expect("a connection");
        stream.write_all(request.as_bytes()).await.expect("it is sent");
        let mut answer = Vec::new();
        // The server may close the connection before it has read everything.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).expect("text")
    };
    let long = |length| "a".repeat(length);
    for (request, status) in [
        ("no HTTP at all\r\n\r\n".to_owned(), 400),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n".to_owned(), 400),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n".to_owned(), 400),
        ("GET /health HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET /health?{} HTTP/1.1\r\nHost: localhost\r\n\r\n", long(65_536)), 400),
        (format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: a\r\n".repeat(200)), 431),
    ] {
        let answer = answer(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "it has no body: {answer}");
    }
    // What is still a request has a problem document.
    let request =
        format!("GET /api/settings?{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", long(60_000));
    let refused = answer(request).await;
    assert!(refused.starts_with("HTTP/1.1 401 ") && refused.contains("application/problem+json"), "{refused}");
    stops(serving).await;
}

async fn a_token_opens_what_its_role_may() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = file_in(directory.path());
    let more = [
        ("MIGRATE_ON_START", "true"),
        ("SHUTDOWN_DELAY", "0"),
        ("JWT_ISSUER", "https://id.example.com"),
        ("JWT_AUDIENCE", "crm"),
        ("ROLE_MAP", "boss=admin"),
        ("CLAIM_ROLE", "/user/role"),
    ];
    let settings = [&settings(&url)[..], &more].concat();
    let serving = Serving::start(&["serve"], &settings).await;
    let status = async |role: &str| {
        let client = serving.client().with_token(&token(&settings, role));
        client.get("/api/audit").await.status
    };
    for (role, expected) in [("admin", 200), ("boss", 200), ("manager", 403), ("sales_rep", 403), ("viewer", 403)] {
        assert_eq!(status(role).await, expected, "{role}");
    }
    let unknown = run(&["token", "--company", "acme", "--user", "ann", "--role", "king"], &settings).fault();
    assert!(unknown.contains("king") && unknown.contains("ROLE_MAP"), "{unknown}");
    let without = run(&["token", "--company", "acme", "--user", "ann", "--role", "admin"], &[]).fault();
    assert!(without.contains("JWT_SECRET"), "{without}");
    // Names always have the same ids, which are in the token.
    let arguments = ["token", "--company", "acme", "--user", "ann", "--role", "admin", "--name", "Ann Lee"];
    let named = run(&arguments, &settings).ok();
    let client = serving.client().with_token(named.trim());
    client.post("/api/customers").json(&json!({ "name": "Ben" })).await.expect(201);
    assert_eq!(client.get("/api/users").await.ok()["data"][0]["displayName"], "Ann Lee");
    // Next to the running service.
    assert_eq!(run(&["recount"], &settings[..1]).ok().trim(), "1 customers counted");
    stops(serving).await;
}

async fn migrations_go_up_and_down(database: TestDatabase) {
    // A job that migrates needs no secret of the service.
    let environment = [("DATABASE_URL", database.url.as_str())];
    let migrate = |arguments: &[&str]| run(&[&["migrate"], arguments].concat(), &environment).ok();
    let states = |printed: &str| -> Vec<String> {
        printed.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    let all = states(&migrate(&["status"])).len();
    assert!(all > 0);
    assert_eq!(states(&migrate(&["status"])), vec!["pending"; all]);
    assert_eq!(states(&migrate(&["up"])), vec!["applied"; all]);
    assert_eq!(states(&migrate(&["up"])), vec!["applied"; all], "again is nothing");
    let mut one_back = vec!["applied"; all - 1];
    one_back.push("pending");
    assert_eq!(states(&migrate(&["down"])), one_back);
    assert_eq!(states(&migrate(&["status"])), one_back);
    assert_eq!(states(&migrate(&["down", "--steps", &all.to_string()])), vec!["pending"; all]);
    assert_eq!(states(&migrate(&["up"])), vec!["applied"; all]);
    let without = run(&["migrate", "status"], &[]).fault();
    assert!(without.contains("DATABASE_URL"), "{without}");
}

/// A request of which the first half has arrived, at a handler that waits for the rest.
struct HalfARequest(TcpStream);

impl HalfARequest {
    const BODY: &str = r#"{"name": "In flight"}"#;

    async fn begin(serving: &Serving, token: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", serving.port)).await.expect("a connection");
        let head = format!(
            "POST /api/customers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            Self::BODY.len(),
        );
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.expect("an answer");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self(stream)
    }

    async fn finish(mut self) -> String {
        self.0.write_all(Self::BODY.as_bytes()).await.expect("it is sent");
        let mut answer = String::new();
        self.0.read_to_string(&mut answer).await.expect("an answer");
        answer
    }
}

async fn status(client: &Client, path: &str) -> StatusCode {
    client.get(path).open().await.status()
}

async fn the_service_runs_until_it_is_told_to_stop(database: TestDatabase) {
    // So long that only a second signal ends the first step, and a slow machine is in time.
    let more = [
        ("MIGRATE_ON_START", "true"),
        ("SHUTDOWN_DELAY", "10m"),
        ("SHUTDOWN_TIMEOUT", "10m"),
        ("BODY_TIMEOUT", "10m"),
        ("REQUEST_TIMEOUT", "10m"),
    ];
    let environment = [&settings(&database.url)[..], &more].concat();
    let mut serving = Serving::start(&["serve"], &environment).await;
    let port = serving.port.to_string();
    let beside = [("HOST", "127.0.0.1"), ("PORT", port.as_str())];
    let token = token(&environment, "admin");
    let (client, admin) = (serving.client(), serving.client().with_token(&token));
    run(&["healthcheck"], &beside).ok();
    let in_flight = HalfARequest::begin(&serving, &token).await;

    serving.process.terminate();
    // Readiness turns off before anything else happens …
    let not_ready = async || status(&client, "/health/ready").await == StatusCode::SERVICE_UNAVAILABLE;
    assert!(eventually(PATIENCE, not_ready).await, "it stays ready");
    run(&["healthcheck"], &beside).fault();
    // … and clients that have not noticed yet are still answered.
    assert_eq!(status(&client, "/health/live").await, StatusCode::OK);
    admin.get("/api/customers").await.expect(200);

    serving.process.terminate();
    let closed = async || TcpStream::connect(("127.0.0.1", serving.port)).await.is_err();
    assert!(eventually(PATIENCE, closed).await, "it takes new connections");
    assert!(serving.process.is_running(), "a request is still to be answered");
    let answer = in_flight.finish().await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let ended = serving.process.ended();
    assert_eq!(ended.code(), Some(0), "{}", serving.process.output());

    // What was answered is there.
    let again = Serving::start(&["serve"], &environment).await;
    let list = again.client().with_token(&token).get("/api/customers").await.ok();
    assert_eq!(list["data"][0]["name"], "In flight");
}

async fn tables_can_live_in_a_schema_of_their_own(database: TestDatabase) {
    // A name that has to be quoted.
    let environment =
        [&settings(&database.url)[..], &[("CRM_DATABASE_SCHEMA", "Crm"), ("SHUTDOWN_DELAY", "0s")]].concat();
    let fault = run(&["serve"], &environment).fault();
    assert!(fault.contains("there is no such schema") && fault.contains("Crm"), "{fault}");
    run(&["migrate", "up"], &environment).ok();
    let serving = Serving::start(&["serve"], &environment).await;
    let admin = serving.client().with_token(&token(&environment, "admin"));
    admin.post("/api/customers").json(&json!({ "name": "Ann" })).await.expect(201);
    let found = admin.get("/api/customers/search").query([("q", "ann")]).await.ok();
    assert_eq!(found["data"][0]["customer"]["name"], "Ann");
    use crm_core::sea_orm::ConnectionTrait;
    let count = "SELECT 1 FROM \"Crm\".crm_customers";
    assert_eq!(database.connection.execute_unprepared(count).await.expect("a table").rows_affected(), 1);
    assert!(database.connection.execute_unprepared("SELECT 1 FROM public.crm_customers").await.is_err());
    stops(serving).await;
}

/// It says why, once and without the password, and leaves it to the orchestrator to try again.
async fn without_its_database_the_service_does_not_start(database: TestDatabase) {
    let (proxy, url) = Proxy::before(&database.url).await.expect("a proxy");
    let mut url = Url::parse(&url).expect("a URL");
    if url.password().is_none() {
        url.set_password(Some("the-password-of-the-tests")).expect("a password");
    }
    let environment = [&settings(url.as_str())[..], &[("DATABASE_ACQUIRE_TIMEOUT", "500ms")]].concat();
    for (way, hangs) in [("away", false), ("silent", true)] {
        if hangs { proxy.hang().await } else { proxy.cut().await }.expect("a proxy");
        for arguments in [&["serve"][..], &["migrate", "up"]] {
            let fault = run(arguments, &environment).fault();
            assert!(fault.contains("cannot connect to the database"), "{way}: {fault}");
            assert!(!fault.contains(url.password().expect("a password")), "{way}: {fault}");
        }
    }
    proxy.restore().await.expect("a proxy");
    let environment = [&environment[..], &[("MIGRATE_ON_START", "true"), ("SHUTDOWN_DELAY", "0s")]].concat();
    let environment: Vec<_> = environment.into_iter().filter(|(name, _)| *name != "DATABASE_ACQUIRE_TIMEOUT").collect();
    stops(Serving::start(&["serve"], &environment).await).await;
}

fn without_its_file_the_service_does_not_start() {
    let fault = run(&["serve"], &settings("sqlite:///nowhere/at/all/crm.db")).fault();
    assert!(fault.contains("cannot connect to the database"), "{fault}");
}

fn the_contract_is_printed() {
    let committed = include_str!("../../../openapi/crm.json");
    assert!(run(&["openapi"], &[]).ok() == committed, "openapi/crm.json is not what the program prints");
}

fn a_service_that_is_not_there_is_not_healthy() {
    let port = testkit::free_port().expect("a port").to_string();
    let fault = run(&["healthcheck"], &[("PORT", &port)]).fault();
    assert!(fault.contains(&format!("http://127.0.0.1:{port}/health/ready")), "{fault}");
}

fn all_faults_of_the_settings_are_told_at_once() {
    let wrong = [
        ("DATABASE_URL", "mysql://crm:hunter2@localhost/crm"),
        ("JWT_SECRET", "hunter2"),
        ("AUDIT_KEY", "hunter2"),
        ("REDIS_URL", "hunter2"),
        ("PORT", "70000"),
        ("BODY_LIMIT", "much"),
        ("REQUEST_TIMEOUT", "0s"),
        ("LOG_LEVEL", "crm=loud"),
        ("LOG_FORMAT", "xml"),
        ("ROLE_MAP", "boss=king"),
        ("AUTH_MODE", "trust"),
        ("CORS_ORIGINS", "erp.example.com"),
        ("MIGRATE_ON_START", "perhaps"),
    ];
    let fault = run(&["serve"], &wrong).fault();
    for (name, _) in wrong {
        let lines = fault.lines().filter(|line| line.trim().starts_with(&format!("{name}: "))).count();
        assert_eq!(lines, 1, "{name} in\n{fault}");
    }
    assert_eq!(fault.lines().count(), wrong.len() + 1, "{fault}");
    assert!(!fault.contains("hunter2"), "{fault}");
    // An empty value is not enough either, and the message names the requirement.
    let nothing = run(&["serve"], &[]).fault();
    for name in ["DATABASE_URL", "JWT_SECRET"] {
        assert!(nothing.contains(&format!("{name}: is missing")), "{nothing}");
    }
}

async fn a_file_of_settings_goes_before_defaults_and_after_the_environment() {
    let directory = tempfile::tempdir().expect("a directory");
    let (url, file) = (file_in(directory.path()), directory.path().join("crm.toml"));
    let text = format!("database_url = \"{url}\"\nport = 1\nmigrate_on_start = true\nshutdown_delay = \"0s\"\n");
    std::fs::write(&file, text).expect("a file");
    let file = file.to_str().expect("a path");
    let serving = Serving::start(&["serve", "--config", file], &[("JWT_SECRET", SECRET)]).await;
    stops(serving).await;
    let serving = Serving::start(&["serve"], &[("JWT_SECRET", SECRET), ("CRM_CONFIG", file)]).await;
    stops(serving).await;
    std::fs::write(file, "databse_url = \"sqlite://crm.db\"\n").expect("a file");
    let fault = run(&["serve", "--config", file], &[("JWT_SECRET", SECRET)]).fault();
    assert!(fault.contains("databse_url: there is no such setting"), "{fault}");
    assert!(fault.contains("DATABASE_URL: is missing"), "{fault}");
    let fault = run(&["serve", "--config", "no-such-file.toml"], &[("JWT_SECRET", SECRET)]).fault();
    assert!(fault.contains("no-such-file.toml"), "{fault}");
}

fn every_subcommand_explains_itself() {
    let help = |arguments: &[&str]| run(&[arguments, &["--help"]].concat(), &[]).ok();
    let whole = help(&[]);
    for word in ["crm-http demo", "crm-http serve", "crm-http migrate up", "crm-http token", ".env.example"] {
        assert!(whole.contains(word), "{word} is not in\n{whole}");
    }
    let subcommands: [(&[&str], &[&str]); 13] = [
        (&["serve"], &["--config"]),
        (&["demo"], &["--port", "--database", "--fresh", "postgres://", "default: 5000", "default: demo.db"]),
        (&["migrate"], &["up", "down", "status"]),
        (&["migrate", "up"], &["--config"]),
        (&["migrate", "down"], &["--steps", "default: 1"]),
        (&["migrate", "status"], &["--config"]),
        (&["audit"], &["verify", "head", "seal", "prune"]),
        (&["audit", "verify"], &["--company", "--anchors"]),
        (&["recount"], &["--config"]),
        (
            &["import"],
            &["FILE", "--company", "--mode", "--map", "--dry-run", "--resume", "--revert", "default: create"],
        ),
        (&["openapi"], &[]),
        (&["token"], &["--company", "--user", "--role", "--name", "--email", "--ttl", "sales_rep", "default: 3600"]),
        (&["healthcheck"], &["exit code"]),
    ];
    for (subcommand, words) in subcommands {
        let text = help(subcommand);
        assert!(text.contains(&format!("Usage: crm-http {}", subcommand.join(" "))), "{text}");
        assert!(text.lines().next().is_some_and(|line| line.len() > 10), "it says what it does: {text}");
        for word in words {
            assert!(text.contains(word), "{word} is not in\n{text}");
        }
        // Each option and subcommand is explained behind its name.
        for line in text.lines().filter(|line| line.starts_with("  ") && line.trim_start().starts_with('-')) {
            assert!(line.trim().split("  ").count() > 1, "there is no explanation in: {line}");
        }
        assert!(whole.contains(subcommand[0]), "{subcommand:?} is not in\n{whole}");
    }
    assert!(run(&["--version"], &[]).ok().starts_with("crm-http "));
}

fn what_is_not_understood_is_refused() {
    for arguments in [&["serv"][..], &["serve", "--prot", "1"], &["migrate"], &["migrate", "sideways"], &["token"]] {
        let ended = run(arguments, &[]);
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.stderr.contains("Usage: "), "{ended:?}");
    }
}
