//! The requests, answers and programs in `docs/identity.md` work.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crm_http::auth::{ClientCredentials, TokenRules};
use serde_json::{Value, json};
use testkit::{ServerError, Suite, TestDatabase, UserManagement, free_port, scratch};
use uuid::Uuid;

use super::{Delegated, PATIENCE, introspection};

const CLIENT: (&str, &str) = ("crm", "the-secret-of-the-crm");

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_request_that_is_shown_is_the_one_that_is_sent,
        the_answers_that_are_shown_are_understood,
        the_keys_that_are_shown_are_understood,
        the_service_that_is_shown_is_enough,
    ]; plain: [the_commands_that_are_shown_work]);
}

/// The blocks of code of the page in a language.
fn blocks(language: &str) -> Vec<String> {
    let page = include_str!("../../../../docs/identity.md");
    let begin = format!("\n```{language}\n");
    let parts = page.split(&begin).skip(1);
    parts.filter_map(|part| Some(part.split_once("\n```")?.0.to_owned())).collect()
}

/// The block with these words in it, which must be the only one.
fn block(language: &str, words: &str) -> String {
    let mut found: Vec<String> = blocks(language).into_iter().filter(|block| block.contains(words)).collect();
    assert_eq!(found.len(), 1, "{words}");
    found.remove(0)
}

fn credentials() -> Option<ClientCredentials> {
    Some(ClientCredentials { id: CLIENT.0.to_owned(), secret: CLIENT.1.into() })
}

async fn the_request_that_is_shown_is_the_one_that_is_sent(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |options| options.client = credentials()).await;
    crm.users.know_client(CLIENT.0, CLIENT.1);
    crm.answer("token-of-ann").await.problem(401, "token_invalid");
    let sent = crm.users.last_introspected().expect("it was asked");
    let shown = block("http", "POST ");
    let (head, body) = shown.split_once("\n\n").expect("a head and a body");
    let (line, headers) = head.split_once('\n').expect("a line and headers");
    assert_eq!(line, format!("{} HTTP/1.1", sent.line));
    assert_eq!(body, sent.body);
    for header in headers.lines().filter(|line| !line.starts_with("Host:")) {
        let (name, value) = header.split_once(": ").expect("a header");
        assert_eq!(sent.headers[&name.to_lowercase()], value);
    }
}

async fn the_answers_that_are_shown_are_understood(database: TestDatabase) {
    let crm = Delegated::introspecting(&database, |options| {
        let (issuer, audience) = (Some("https://id.example.com".to_owned()), Some("crm".to_owned()));
        options.rules = TokenRules { issuer, audience };
    })
    .await;
    let active = block("json", "\"active\": true");
    crm.users.answer_with(200, active);
    let client = crm.api.with_token("token-of-ann");
    client.post("/api/customers").json(&json!({ "name": "Ben" })).await.expect(201);
    let users = client.get("/api/users").await.ok();
    let is_ann = |user: &Value| user["displayName"] == "Ann Lee" && user["email"] == "ann@acme.example";
    assert!(users["data"].as_array().is_some_and(|users| users.iter().any(is_ann)), "{users}");
    crm.users.answer_with(200, block("json", "\"active\": false"));
    crm.answer("token-of-ben").await.problem(401, "token_invalid");
}

async fn the_keys_that_are_shown_are_understood(database: TestDatabase) {
    let crm = Delegated::with_keys(&database, |users, _| users.answer_with(200, block("json", "\"keys\""))).await;
    // There are keys; this token is under none of them.
    crm.answer(&crm.sign(json!({}))).await.problem(401, "token_invalid");
    let header: Value = serde_json::from_str(&block("json", "\"typ\"")).expect("JSON");
    let header: jsonwebtoken::Header = serde_json::from_value(header).expect("a header");
    let keys: Value = serde_json::from_str(&block("json", "\"keys\"")).expect("JSON");
    assert_eq!(keys["keys"][0]["kid"], json!(header.kid));
    assert_eq!(keys["keys"][0]["alg"], json!(header.alg));
}

/// A program that runs until it is dropped, with all that it started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn directory() -> anyhow::Result<PathBuf> {
    let directory = scratch()?.join(Uuid::new_v4().simple().to_string());
    fs::create_dir(&directory)?;
    Ok(directory)
}

fn needs(program: &str, missing: &'static str) -> Result<(), ServerError> {
    let asked = Command::new(program).arg("--help").stdin(Stdio::null()).output();
    if asked.is_ok() { Ok(()) } else { Err(ServerError::Missing(missing)) }
}

async fn the_service_that_is_shown_is_enough(database: TestDatabase) -> anyhow::Result<()> {
    needs("python3", "python3 is not there: apt-get install python3")?;
    let (port, file) = (free_port()?, directory()?.join("users.py"));
    let program = block("python", "class Users");
    assert!(program.contains("8001"), "the port of the page");
    fs::write(&file, program.replace("8001", &port.to_string()))?;
    let output = fs::File::create(file.with_extension("log"))?;
    let mut python = Command::new("python3");
    let python = python.arg(&file).stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let _running = Running(python.spawn()?);
    let users = UserManagement::start().await?;
    let mut options = introspection(&users);
    options.endpoint = format!("http://127.0.0.1:{port}/oauth2/introspect").parse()?;
    options.client = credentials();
    let crm = Delegated::with(&database, users, crm_http::auth::AuthMode::Introspection(Box::new(options))).await;
    anyhow::ensure!(crm.soon("token-of-ann", 200).await, "{}", fs::read_to_string(file.with_extension("log"))?);
    let ben = crm.api.with_token("token-of-ben");
    ben.get("/api/customers").await.expect(200);
    ben.post("/api/customers").json(&json!({ "name": "Ann" })).await.problem(403, "forbidden");
    crm.answer("token-of-nobody").await.problem(401, "token_invalid");
    Ok(())
}

async fn the_commands_that_are_shown_work() -> anyhow::Result<()> {
    needs("openssl", "openssl is not there: apt-get install openssl")?;
    needs("python3", "python3 is not there: apt-get install python3")?;
    needs("curl", "curl is not there: apt-get install curl")?;
    let keys = block("sh", "openssl genpkey");
    assert!(paste(&keys, 8000, None)?.contains("\"data\":[]"));
    let service = block("sh", "python3 users.py");
    assert!(paste(&service, 8001, Some(&block("python", "class Users")))?.contains("\"data\":[]"));
    Ok(())
}

/// Runs the commands as a reader would paste them, on free ports; returns the last output.
fn paste(commands: &str, port: u16, users: Option<&str>) -> anyhow::Result<String> {
    let (theirs, ours, directory) = (free_port()?.to_string(), free_port()?.to_string(), directory()?);
    let with_ports = |text: &str| text.replace(&port.to_string(), &theirs).replace("5000", &ours);
    if let Some(users) = users {
        fs::write(directory.join("users.py"), with_ports(users))?;
    }
    let script = format!(
        "set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\nexport PORT={ours}\nexec 3>&1 >log 2>&1\n{} >&3\n",
        with_ports(commands)
    );
    let programs = Path::new(env!("CARGO_BIN_EXE_crm-http")).parent().map(Path::to_path_buf).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path)))?;
    let limit = PATIENCE.as_secs().to_string();
    let output = Command::new("timeout")
        .args([&*limit, "bash", "-c", &script])
        .current_dir(&directory)
        .env_clear()
        .env("PATH", path)
        .env("HOME", std::env::var_os("HOME").unwrap_or_default())
        .env("SHUTDOWN_DELAY", "0s")
        .stdin(Stdio::null())
        .output()?;
    let log = || fs::read_to_string(directory.join("log")).unwrap_or_default();
    anyhow::ensure!(output.status.success(), "{}: {}", output.status, log());
    Ok(String::from_utf8(output.stdout)?)
}
