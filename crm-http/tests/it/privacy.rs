//! Canaries: unique names, addresses, numbers, tokens and secrets, sent through every operation. None of them may
//! appear in a log at any level, or in a problem document.

use crm_core::actor::Role;
use futures_util::StreamExt;
use reqwest::Url;
use serde_json::{Value, json};
use testkit::{Backend, Proxy, Suite, TestDatabase, eventually};
use uuid::Uuid;

use crate::cases::CASES;
use crate::support::{Answer, Client, Ended, PATIENCE, Serving, run};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        empty: [a_log_in_json_has_nothing_personal_and_nothing_secret, a_log_for_people_has_nothing_personal_and_nothing_secret];
        plain: [settings_are_not_repeated]);
}

/// The secrets that the program must not reveal.
const JWT_SECRET: &str = "jwtquokka-jwtquokka-jwtquokka-jwtquokka";
const AUDIT_KEY: &str = "auditquokka-auditquokka-auditquokka-audit";
const PASSWORD: &str = "passwordquokka";

/// How many requests wait for the database at once; fewer than a company may.
const AT_ONCE: usize = 4;

/// A quokka is in every name, address and text below; the rest is a telephone number, as typed and as understood.
const PERSONAL: &[&str] = &["quokka", "212 555-0173", "212 555 0173", "12125550173"];

/// The customer that must not appear elsewhere.
fn customer() -> Value {
    json!({
        "kind": "person",
        "firstName": "Firstquokka",
        "lastName": "Lastquokka",
        "email": "Mail.Quokka@example.com",
        "phone": "+1 212 555-0173",
        "organizationName": "Quokka & Sons",
        "jobTitle": "Head of quokkas",
        "website": "https://quokka.example.com",
        "address": "1 Quokka Street",
        "city": "Quokkaville",
        "source": "quokka_fair",
        "externalRefs": [{ "system": "quokkabase", "id": "quokka-4711" }],
        "customFields": { "quokka": "quokka" },
        "metadata": { "quokka": ["quokka"] },
    })
}

/// The program on this database, and how it is to log.
struct Scene {
    serving: Serving,
    environment: Vec<(&'static str, String)>,
    company: Uuid,
    /// Tokens that were used, with the claims that stand in them.
    tokens: Vec<String>,
}

impl Scene {
    async fn open(url: &str, level: &str, format: &str) -> Self {
        let environment: Vec<(&str, String)> = [
            ("DATABASE_URL", url),
            ("DATABASE_ACQUIRE_TIMEOUT", "300ms"),
            ("REQUEST_TIMEOUT", "5s"),
            ("JWT_SECRET", JWT_SECRET),
            ("AUDIT_KEY", AUDIT_KEY),
            ("REDIS_URL", "redis://:passwordquokka@127.0.0.1:1"),
            ("MIGRATE_ON_START", "true"),
            ("SHUTDOWN_DELAY", "0s"),
            ("LOG_LEVEL", level),
            ("LOG_FORMAT", format),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into();
        let serving = Serving::start(&["serve"], &borrowed(&environment)).await;
        Self { serving, environment, company: Uuid::new_v4(), tokens: Vec::new() }
    }

    /// A user of a company, with a distinctive name and address.
    fn caller(&mut self, company: &str, role: Role) -> Client {
        let (user, role) = (format!("{role}-quokka"), role.to_string());
        let arguments = ["token", "--company", company, "--user", &user, "--role", &role, "--name", "Caller Quokka"];
        let arguments = [&arguments[..], &["--email", "caller@quokka.example"]].concat();
        let token = run(&arguments, &borrowed(&self.environment)).ok().trim().to_owned();
        self.tokens.push(token.clone());
        self.serving.client().with_token(&token)
    }

    fn own(&mut self, role: Role) -> Client {
        let company = self.company.to_string();
        self.caller(&company, role)
    }
}

fn borrowed<'e>(environment: &'e [(&'static str, String)]) -> Vec<(&'e str, &'e str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Fails if a text contains a canary; names its line.
#[track_caller]
fn assert_clean(what: &str, text: &str, canaries: &[&str]) {
    for line in text.lines() {
        let lower = line.to_lowercase();
        let found = canaries.iter().find(|canary| lower.contains(&canary.to_lowercase()));
        assert!(found.is_none(), "{what} has {found:?}: {line}");
    }
}

async fn a_log_in_json_has_nothing_personal_and_nothing_secret(database: TestDatabase) {
    nothing_personal_and_nothing_secret_is_logged(&database, "trace", "json").await;
}

async fn a_log_for_people_has_nothing_personal_and_nothing_secret(database: TestDatabase) {
    let level = "info,crm_core=trace,crm_http=trace,sqlx=debug";
    nothing_personal_and_nothing_secret_is_logged(&database, level, "pretty").await;
}

async fn nothing_personal_and_nothing_secret_is_logged(database: &TestDatabase, level: &str, format: &str) {
    let (proxy, url, password) = reached(database).await;
    let mut scene = Scene::open(&url, level, format).await;
    let requests = everything_that_goes_well(&mut scene).await + everything_that_does_not(&mut scene).await;
    if let Some(proxy) = proxy {
        outage(&mut scene, &proxy).await;
    }
    scene.serving.process.terminate();
    assert!(scene.serving.process.ended().success());
    let log = scene.serving.process.output();
    // It does log, and of these requests.
    let answered = log.lines().filter(|line| line.contains("answered")).count();
    assert!(answered >= requests, "{requests} requests, but {answered} lines:\n{log}");
    assert!(log.contains(&scene.company.to_string()), "the company is told");
    let mut canaries = [PERSONAL, &[JWT_SECRET, AUDIT_KEY, PASSWORD, &password]].concat();
    // Each part of a token, so that no half of one is logged either.
    canaries.extend(scene.tokens.iter().flat_map(|token| token.split('.').skip(1)));
    assert_clean(&format!("the log ({level}, {format})"), &log, &canaries);
}

/// The database under a URL with a password, and where there is a network, what stands between.
async fn reached(database: &TestDatabase) -> (Option<Proxy>, String, String) {
    if database.backend == Backend::Sqlite {
        return (None, database.url.clone(), PASSWORD.to_owned());
    }
    let (proxy, url) = Proxy::before(&database.url).await.expect("a proxy");
    let mut url = Url::parse(&url).expect("a URL");
    // Servers of the tests' own let everybody in; another one has a password of its own.
    if url.password().is_none() {
        url.set_password(Some(PASSWORD)).expect("a password");
    }
    let password = url.password().unwrap_or_default().to_owned();
    (Some(proxy), url.into(), password)
}

async fn everything_that_goes_well(scene: &mut Scene) -> usize {
    let admin = scene.own(Role::Admin);
    let created = admin.post("/api/customers").json(&customer()).once("first").await.ok();
    let path = format!("/api/customers/{}", created["id"].as_str().expect("an id"));
    let mut whole = created.clone();
    whole["city"] = json!("New Quokkaville");
    let filter = json!({ "field": "email", "op": "eq", "value": "mail.quokka@example.com" });
    let file =
        "Name,E-mail,Phone,Pet\nImported Quokka,imported@quokka.example,+1 212 555 0173,quokka\n,broken quokka,,\n";
    let calls = [
        admin.get(&path),
        admin.put(&path).json(&whole),
        admin.patch(&path).json(&json!({ "address": "2 Quokka Street" })),
        admin.get("/api/customers").query([("filter", filter.to_string())]),
        admin.get("/api/customers/search").query([("q", "quokka 5550173")]),
        admin.post("/api/customers/search").json(&json!({ "q": "lastquokka" })),
        admin.get("/api/customers/by-external").query([("system", "quokkabase"), ("id", "quokka-4711")]),
        admin.post("/api/customers/import").file(file, Some(r#"{"Pet": "customFields.quokka"}"#)),
        admin.post("/api/customers/import/preview").file(file, Some(r#"{"Pet": "customFields.quokka"}"#)),
        admin.get("/api/customers/export"),
        admin.get(format!("{path}/history")),
        admin.get("/api/users"),
        admin.get("/api/audit"),
        admin.delete(&path),
        admin.post(format!("{path}/restore")),
        admin.post(format!("{path}/purge")),
    ];
    let count = calls.len();
    for call in calls {
        let answer = call.await;
        assert!(answer.status < 300, "{answer}");
    }
    count + 1
}

async fn everything_that_does_not(scene: &mut Scene) -> usize {
    let (admin, viewer) = (scene.own(Role::Admin), scene.own(Role::Viewer));
    let stranger = scene.caller(&Uuid::new_v4().to_string(), Role::Admin);
    let created = admin.post("/api/customers").json(&customer()).once("second").await.ok();
    let path = format!("/api/customers/{}", created["id"].as_str().expect("an id"));
    let broken = json!({ "name": "x".repeat(10_000), "email": "no quokka", "website": "quokka", "phone": "quokka" });
    let colleague = json!({ "name": "Another Customer", "email": "mail.quokka@example.com" });
    let reference = json!({ "name": "Another", "externalRefs": [{ "system": "quokkabase", "id": "quokka-4711" }] });
    let unknown = json!({ "name": "Ann", "quokka": "quokka" });
    let nobody = scene.serving.client();
    let forged = scene.tokens.first().expect("a token").chars().rev().collect::<String>();
    let token = scene.tokens.last().expect("a token").clone();
    scene.tokens.push(forged.clone());
    let refusals = [
        (admin.post("/api/customers").json(&broken), 422),
        (admin.post("/api/customers").json(&json!({ "name": "Another quokka" })).once("second"), 422),
        (admin.post("/api/customers").json(&colleague), 409),
        (admin.post("/api/customers").json(&reference), 409),
        (admin.patch(&path).json(&unknown), 400),
        (admin.post("/api/customers").body("application/json", "{\"name\": \"Quokka"), 400),
        (admin.post("/api/customers").body("text/quokka", "quokka"), 415),
        (admin.get("/api/customers").query([("filter", r#"{"field": "quokka", "op": "eq", "value": "quokka"}"#)]), 400),
        (admin.get("/api/customers").query([("quokka", "quokka")]), 400),
        (admin.get("/api/customers/search").query([("q", "")]), 400),
        (admin.get("/api/customers/by-external").query([("system", "quokkabase"), ("id", "quokka")]), 404),
        (admin.post("/api/customers/import").file("quokka\u{0}", None), 400),
        (admin.post("/api/customers/import/preview").file("quokka\u{0}", None), 400),
        (admin.patch(&path).json(&json!({ "city": "Quokkatown" })).if_match("\"7-quokka\""), 412),
        (admin.get("/api/customers/quokka"), 404),
        (admin.get("/api/quokka").undocumented("it is not there"), 404),
        (viewer.patch(&path).json(&json!({ "city": "Quokkatown" })), 403),
        (viewer.get("/api/customers/export"), 403),
        (stranger.get(&path), 404),
        (stranger.patch(&path).json(&json!({ "city": "Quokkatown" })), 404),
        (nobody.get(&path), 401),
        (nobody.with_token("quokka").get(&path), 401),
        (nobody.with_token(&forged).get(&path), 401),
        (nobody.get(&path).header("Authorization", "Basic cXVva2thOnF1b2trYQ=="), 401),
        (nobody.get(&path).query([("access_token", token.as_str())]), 401),
        (nobody.get(&path).header("Cookie", "session=quokka"), 401),
    ];
    let count = refusals.len();
    for (call, status) in refusals {
        assert_tells_nothing(&call.await.expect(status), &created);
    }
    count + 1
}

/// A refusal may name what its own request has said, and never what is stored.
#[track_caller]
fn assert_tells_nothing(answer: &Answer, stored: &Value) {
    let members = stored.as_object().expect("a customer").values();
    let texts = members.filter_map(Value::as_str).filter(|text| text.to_lowercase().contains("quokka"));
    let said = answer.request.to_lowercase();
    for text in texts.chain(["212 555-0173", "12125550173"]) {
        let (text, body) = (text.to_lowercase(), answer.text().to_lowercase());
        assert!(!body.contains(&text) || said.contains(&text), "it tells of \"{text}\": {answer}");
    }
}

/// Every operation, while the database is down.
async fn outage(scene: &mut Scene, proxy: &Proxy) {
    let admin = scene.own(Role::Admin);
    proxy.cut().await.expect("a proxy");
    let cases = CASES.iter().filter(|case| case.document().path.starts_with("/api/"));
    // Each waits for a connection.
    let refused = futures_util::stream::iter(cases).for_each_concurrent(AT_ONCE, async |case| {
        case.call(&admin, &Uuid::now_v7().to_string()).await.problem(503, "unavailable");
    });
    refused.await;
    admin.post("/api/customers").json(&customer()).once("third").await.problem(503, "unavailable");
    proxy.restore().await.expect("a proxy");
    let back = async || admin.get("/api/customers").await.status == 200;
    assert!(eventually(PATIENCE, back).await);
    // And while it hangs.
    proxy.hang().await.expect("a proxy");
    let late = admin.post("/api/customers").json(&customer()).once("third");
    let late = tokio::time::timeout(PATIENCE, late.into_future()).await.expect("it does not hang");
    late.expect(503);
    proxy.restore().await.expect("a proxy");
    let ready = async || scene.serving.client().get("/health/ready").await.status == 200;
    assert!(eventually(PATIENCE, ready).await);
}

/// Errors of settings do not contain their values.
async fn settings_are_not_repeated() {
    let good = [("DATABASE_URL", "sqlite://never-made.db"), ("JWT_SECRET", JWT_SECRET), ("LOG_LEVEL", "trace")];
    let bad: [&[(&str, &str)]; 8] = [
        &[("DATABASE_URL", "mysql://crm:passwordquokka@localhost/crm")],
        &[("DATABASE_URL", "postgres://crm:passwordquokka@127.0.0.1:1/crm"), ("DATABASE_ACQUIRE_TIMEOUT", "500ms")],
        &[("DATABASE_URL", "postgres://crm:passwordquokka@host with blanks/crm")],
        &[("DATABASE_URL", "postgres://crm:passwordquokka@127.0.0.1:99999/crm")],
        &[("DATABASE_URL", "postgres://crm:passwordquokka@127.0.0.1:1/crm?sslmode=quite")],
        &[("JWT_SECRET", "quokka")],
        &[("AUDIT_KEY", "quokka")],
        &[("REDIS_URL", "http://:passwordquokka@localhost")],
    ];
    for settings in bad {
        let environment: Vec<(&str, &str)> = good
            .iter()
            .filter(|(name, _)| settings.iter().all(|(other, _)| other != name))
            .chain(settings)
            .copied()
            .collect();
        let ended: Ended = run(&["serve"], &environment);
        let told = format!("{}{}", ended.stdout, ended.stderr);
        assert_clean(&format!("{settings:?}"), &told, &["quokka"]);
        assert!(!ended.fault().trim().is_empty(), "{settings:?}: nothing is told");
    }
}
