//! Three instances of the program are killed repeatedly: each interaction has one summary.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{LanguageModelServer, ModelWay, Suite, TestDatabase, bounded, eventually};

use super::{document, summary};
use crate::support::{Client, PATIENCE, SECRET, Serving, run};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own_postgres: [each_interaction_has_one_summary_however_often_instances_are_killed]);
}

const INSTANCES: usize = 3;
/// Interactions that are added before each kill.
const ADDED: usize = 3;
/// Long enough for an instance to be killed meanwhile.
const THINKS: Duration = Duration::from_millis(20);

async fn each_interaction_has_one_summary_however_often_instances_are_killed(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let reply = |body: &Value| summary(&format!("About: {}", document(body)["text"].as_str().expect("a text")));
    let server = LanguageModelServer::start(ModelWay::Slow(THINKS, Box::new(reply))).await?;
    let settings = [
        ("DATABASE_URL", &*database.url),
        ("JWT_SECRET", SECRET),
        ("LLM_BASE_URL", server.url()),
        ("LLM_DAILY_TOKENS", "0"),
        ("JOB_WORKERS", "4"),
        ("WORKERS", "1"),
        ("LOG_LEVEL", "error"),
    ];
    let token = run(&["token", "--company", "acme", "--user", "ann", "--role", "admin"], &settings).ok();
    // One that stays answers requests and does no jobs.
    let mut stays = settings.to_vec();
    stays.push(("JOB_WORKERS", "0"));
    let stays = Serving::start(&["serve"], &stays).await;
    let admin = stays.client().with_token(token.trim());
    admin.patch("/api/settings").json(&json!({ "aiEnabled": true, "aiConsent": true })).await.expect(200);
    let customer = admin.post("/api/customers").json(&json!({ "name": "Acme" })).await.ok()["id"].clone();
    let mut instances: Vec<Serving> = (0..INSTANCES).map(|_| Serving::begin(&["serve"], &settings)).collect();
    let (mut added, kills) = (0, bounded(15, 50));
    for kill in 0..kills {
        let before = server.prompted().len();
        for _ in 0..ADDED {
            let new = json!({ "customerId": customer, "content": format!("Number {added}") });
            admin.post("/api/interactions").json(&new).await.expect(201);
            added += 1;
        }
        // As soon as an instance asks the model: the answer comes after the kill.
        let asked = eventually(PATIENCE, async || server.prompted().len() > before).await;
        assert!(asked, "{kill}: {}", instances[kill % INSTANCES].process.output());
        instances[kill % INSTANCES] = Serving::begin(&["serve"], &settings);
    }
    let done = async || summarized(&admin).await.len() == added;
    assert!(eventually(PATIENCE, done).await, "{} of {added}", summarized(&admin).await.len());
    let calls = server.prompted().len();
    eprintln!("{kills} kills, {added} interactions, {calls} calls");
    let events = summarized(&admin).await;
    assert!(events.values().all(|count| *count == 1), "each is summarised once: {events:?}");
    let page = admin.get("/api/interactions?limit=100").await.ok();
    for interaction in page["data"].as_array().expect("a list") {
        let content = interaction["content"].as_str().expect("a content");
        assert_eq!(interaction["ai"]["summary"], format!("About: {content}"));
    }
    Ok(())
}

/// How often each interaction was summarised.
async fn summarized(client: &Client) -> BTreeMap<String, usize> {
    let (mut found, mut after) = (BTreeMap::new(), None::<String>);
    loop {
        let query = [("limit", "1000".to_owned())].into_iter().chain(after.map(|after| ("after", after)));
        let page = client.get("/api/events").query(query).await.ok();
        for event in page["data"].as_array().expect("events") {
            if event["type"] == "crm.interaction.summarized" {
                *found.entry(event["subject"].to_string()).or_default() += 1;
            }
        }
        if page["hasMore"] == json!(false) {
            return found;
        }
        after = page["cursor"].as_str().map(str::to_owned);
    }
}
