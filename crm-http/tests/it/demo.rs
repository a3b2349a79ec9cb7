//! The first five minutes: `crm-http demo`, and the commands that it prints.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{Suite, TestDatabase, eventually};

use crate::support::{Answer, Call, Client, Operation, PATIENCE, Serving, document, examples};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        empty: [every_example_works_as_it_stands, what_is_done_stays_until_it_is_thrown_away];
        plain: [the_welcome_tells_the_truth, everybody_can_log_in_and_nobody_else]
    );
}

const OWN: &str = "it is the demo's own";

/// A demo on a file of its own.
async fn on_a_file() -> (TempDir, Serving) {
    let directory = tempfile::tempdir().expect("a directory");
    let serving = on(path_in(directory.path()).as_str(), &[]).await;
    (directory, serving)
}

fn path_in(directory: &Path) -> String {
    directory.join("demo.db").display().to_string()
}

async fn on(database: &str, more: &[&str]) -> Serving {
    Serving::start(&[&["demo", "--database", database], more].concat(), &[]).await
}

/// The database as the demo takes it: a file by its path.
fn named(database: &TestDatabase) -> String {
    let file = database.url.strip_prefix("sqlite://").and_then(|path| path.split('?').next());
    file.unwrap_or(&database.url).to_owned()
}

fn stop(mut demo: Serving) {
    demo.process.terminate();
    assert!(demo.process.ended().success(), "{}", demo.process.output());
}

fn log_in(client: &Client, name: &str, password: &str) -> Call {
    let form = [("grant_type", "password"), ("username", name), ("password", password)];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    client.post("/demo/token").body("application/x-www-form-urlencoded", form).undocumented(OWN)
}

async fn token(demo: &Serving, name: &str) -> String {
    let answer = log_in(&demo.client(), name, "demo").await.ok();
    assert_eq!(answer["token_type"], "Bearer");
    answer["access_token"].as_str().expect("a token").to_owned()
}

async fn logged_in(demo: &Serving, name: &str) -> Client {
    demo.client().with_token(&token(demo, name).await)
}

async fn the_welcome_tells_the_truth() {
    let (_directory, demo) = on_a_file().await;
    let whole = async || demo.process.output().trim_end().ends_with('"');
    assert!(eventually(PATIENCE, whole).await, "{}", demo.process.output());
    let welcome = demo.process.output();
    let base = format!("http://localhost:{}", demo.port);
    assert!(welcome.contains(&format!("{base}/docs/")), "{welcome}");
    demo.client().get("/docs/").undocumented(OWN).await.expect(200);
    for company in ["acme", "globex"] {
        for user in ["admin", "manager", "sales", "support", "viewer"] {
            assert!(welcome.contains(&format!("{user}@{company}.example")), "{user} of {company}: {welcome}");
        }
    }
    assert!(welcome.contains("password is always: demo"), "{welcome}");
    // Pasted unchanged.
    let (_, pasted) = welcome.split_once("paste this:").expect("a line to paste");
    let curl = Command::new("curl").arg("--version").output();
    if curl.is_err() {
        // What the line says, without the program that it says it to.
        let client = logged_in(&demo, "sales@acme.example").await;
        assert_eq!(client.get("/api/customers?limit=3").await.ok()["data"].as_array().expect("a list").len(), 3);
        return;
    }
    let shell = Command::new("sh").args(["-c", pasted]).env_remove("http_proxy").output().expect("a shell");
    let answer: Value = serde_json::from_slice(&shell.stdout).unwrap_or_else(|_| panic!("{shell:?}"));
    assert_eq!(answer["data"].as_array().expect("a list").len(), 3, "{answer}");
}

async fn everybody_can_log_in_and_nobody_else() {
    let (_directory, demo) = on_a_file().await;
    for company in ["acme", "globex"] {
        for (user, audit, adds) in [
            ("admin", 200, 201),
            ("manager", 403, 201),
            ("sales", 403, 201),
            ("support", 403, 403),
            ("viewer", 403, 403),
        ] {
            let client = logged_in(&demo, &format!("{user}@{company}.example")).await;
            assert_eq!(client.get("/api/audit").await.status, audit, "{user}");
            let body = json!({ "name": "Nora New" });
            assert_eq!(client.post("/api/customers").json(&body).await.status, adds, "{user}");
            let list = client.get("/api/customers?count=exact").await.ok();
            assert!(list["pagination"]["total"].as_i64().is_some_and(|total| total >= 200), "{}", list["pagination"]);
        }
    }
    for (name, password) in [
        ("admin@acme.example", "Demo"),
        ("admin@acme.example", ""),
        ("admin@initech.example", "demo"),
        ("", "demo"),
        ("' OR 1=1 --", "demo"),
    ] {
        let refused = log_in(&demo.client(), name, password).await.expect(400);
        assert_eq!(refused.json()["error"], "invalid_grant");
    }
    let other = log_in(&demo.client(), "admin@acme.example", "demo").body("application/x-www-form-urlencoded", "a=b");
    assert_eq!(other.await.expect(400).json()["error"], "unsupported_grant_type");
    // Swagger UI reads from the document how to log in.
    let document = demo.client().get("/openapi.json").undocumented(OWN).await.ok();
    let flow = &document["components"]["securitySchemes"]["demoLogin"]["flows"]["password"];
    assert_eq!(flow["tokenUrl"], "/demo/token");
}

/// What Swagger UI sends when nothing is typed: the examples of the document.
fn as_it_stands(client: &Client, operation: &Operation) -> Call {
    let example = |parameter: &Value| match &parameter["example"] {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let mut path = operation.path.clone();
    for parameter in operation.parameters("path") {
        let name = parameter["name"].as_str().expect("a name");
        let value = example(parameter).unwrap_or_else(|| panic!("{}: {name} has no example", operation.id));
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    let mut call = client.call(operation.method, path);
    for parameter in operation.parameters("query") {
        let name = parameter["name"].as_str().expect("a name");
        let value = example(parameter);
        assert!(value.is_some() || parameter["required"] != true, "{}: {name} has no example", operation.id);
        call = call.query(value.map(|value| (name, value)));
    }
    for (media_type, media) in operation.body().into_iter().flatten() {
        let example = examples(media).into_iter().next().unwrap_or_else(|| panic!("{} has no example", operation.id));
        call = match media_type.as_str() {
            "multipart/form-data" => call.file(example["file"].as_str().expect("a file"), example["mapping"].as_str()),
            // As JSON, which the operation takes as well.
            "application/x-www-form-urlencoded" => call,
            _ => call.json(&example),
        };
    }
    call
}

async fn try_out(client: &Client, operation: &Operation) -> Answer {
    let answer = as_it_stands(client, operation).await;
    assert_eq!(answer.status, operation.success(), "{}: {answer}", operation.id);
    answer
}

/// In any order: one company in that of the document, the other in the opposite.
async fn every_example_works_as_it_stands(database: TestDatabase) {
    // Without a language model one of them is refused.
    let demo = on(&named(&database), &["--ai"]).await;
    let (acme, globex) = (logged_in(&demo, "admin@acme.example").await, logged_in(&demo, "admin@globex.example").await);
    let operations = &document().operations;
    assert!(operations.len() > 20);
    for (one, other) in operations.iter().zip(operations.iter().rev()) {
        try_out(&acme, one).await;
        try_out(&globex, other).await;
    }
    // They name a customer who is there, and they find the customer.
    for client in [&acme, &globex] {
        let found = try_out(client, document().operation("searchCustomers")).await.json();
        assert_eq!(found["data"][0]["customer"]["name"], "Grace Harbour", "{found}");
        let history = try_out(client, document().operation("listCustomerHistory")).await.json();
        assert!(history["data"].as_array().is_some_and(|changes| !changes.is_empty()), "{history}");
    }
    stop(demo);
}

async fn total(demo: &Serving) -> Value {
    let client = logged_in(demo, "admin@acme.example").await;
    client.get("/api/customers?count=exact&limit=1").await.ok()["pagination"]["total"].clone()
}

async fn names(demo: &Serving) -> Vec<String> {
    let client = logged_in(demo, "admin@acme.example").await;
    let list = client.get("/api/customers?sort=name&limit=100").await.ok();
    let list = list["data"].as_array().expect("a list");
    list.iter().map(|customer| format!("{} {}", customer["name"], customer["email"])).collect()
}

async fn what_is_done_stays_until_it_is_thrown_away(database: TestDatabase) {
    let name = named(&database);
    let demo = on(&name, &[]).await;
    let (first, first_names) = (total(&demo).await, names(&demo).await);
    let old = token(&demo, "admin@acme.example").await;
    let client = demo.client().with_token(&old);
    client.post("/api/customers").json(&json!({ "name": "0 Mine" })).await.expect(201);
    stop(demo);

    let again = on(&name, &[]).await;
    assert_eq!(total(&again).await.as_i64(), first.as_i64().map(|total| total + 1));
    stop(again);

    let fresh = on(&name, &["--fresh"]).await;
    assert_eq!((total(&fresh).await, names(&fresh).await), (first, first_names), "the demo is always the same");
    // New data has a new signing key.
    fresh.client().with_token(&old).get("/api/customers").await.problem(401, "token_invalid");
    stop(fresh);
}
