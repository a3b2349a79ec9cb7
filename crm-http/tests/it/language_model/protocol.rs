//! Chat completions, and what a server may do instead of answering.

use std::time::Duration;

use crm_core::ai::{LanguageModel, ModelError, ModelErrorKind};
use crm_http::language_model::{OpenAiModel, OpenAiOptions};
use serde_json::json;
use testkit::{
    LanguageModelServer, ModelWay, Suite, TestDatabase, eventually, real_language_model, real_language_model_options,
};

use super::{about, crm, model, request, summary};
use crate::support::{Api, Options, PATIENCE};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        plain: [
            a_completion_is_asked_for_and_read,
            a_stream_is_read_too,
            failures_are_told_apart,
            nobody_waits_for_a_server_that_hangs,
            no_error_tells_what_was_sent,
            a_real_server_answers,
        ];
        own: [an_interaction_is_summarised_over_http, the_client_does_not_wait]
    );
}

const SOON: Duration = Duration::from_secs(20);

async fn a_completion_is_asked_for_and_read() -> anyhow::Result<()> {
    let server = LanguageModelServer::start(ModelWay::saying("Hello")).await?;
    let options = OpenAiOptions::new(server.url().parse()?, "some/model").with_key(Some("k3y".into()));
    let answer = OpenAiModel::new(options.clone())?.complete(&request(SOON)).await?;
    assert_eq!((&*answer.text, answer.output_tokens), ("Hello", Some(2)));
    assert!(answer.input_tokens.is_some_and(|tokens| tokens > 0));
    OpenAiModel::new(options.forcing_json(true))?.complete(&request(SOON)).await?;
    let [first, second] = &server.prompted()[..] else { panic!("two requests") };
    assert_eq!((&*first.path, first.authorization.as_deref()), ("/v1/chat/completions", Some("Bearer k3y")));
    assert_eq!(
        first.body,
        json!({
            "model": "some/model",
            "messages": [{ "role": "system", "content": "Do this" }, { "role": "user", "content": "{\"text\": \"Hello\"}" }],
            "max_tokens": 50, "temperature": 0, "stream": false,
        })
    );
    assert_eq!(second.body["response_format"], json!({ "type": "json_object" }));
    Ok(())
}

async fn a_stream_is_read_too() -> anyhow::Result<()> {
    let text = "Grüße, \u{1f600} and more than one part of it";
    let server = LanguageModelServer::start(ModelWay::Streams(Box::new(move |_| text.to_owned()))).await?;
    let answer = model(server.url()).complete(&request(SOON)).await?;
    assert_eq!((&*answer.text, answer.input_tokens, answer.output_tokens), (text, Some(11), Some(7)));
    server.answer(ModelWay::Raw(
        "text/event-stream",
        b"data: {\"choices\": [{\"delta\": {\"content\": \"cut\"}}]}\n\n".into(),
    ));
    let cut = model(server.url()).complete(&request(SOON)).await.expect_err("it has no end");
    assert_eq!(cut.kind, ModelErrorKind::Garbage);
    Ok(())
}

async fn failures_are_told_apart() -> anyhow::Result<()> {
    use ModelErrorKind::{Garbage, Rejected, Unavailable};
    let server = LanguageModelServer::start(ModelWay::Hangs).await?;
    let raw = |kind, text: &str| ModelWay::Raw(kind, text.as_bytes().to_vec());
    for (way, kind, retry_after) in [
        (ModelWay::Refuses(401, None), Unavailable, None),
        (ModelWay::Refuses(429, Some("7")), Unavailable, Some(7)),
        (ModelWay::Refuses(429, Some("soon")), Unavailable, None),
        (ModelWay::Refuses(500, None), Unavailable, None),
        (ModelWay::Refuses(503, Some("120")), Unavailable, Some(120)),
        (ModelWay::Refuses(302, None), Unavailable, None),
        (ModelWay::Refuses(400, None), Rejected, None),
        (ModelWay::Refuses(413, None), Rejected, None),
        (raw("text/html", "<html>Welcome to the hotel</html>"), Garbage, None),
        (raw("application/json", "{\"choices\": []}"), Garbage, None),
        (
            raw("application/json", "{\"choices\": [{\"message\": {\"content\": null, \"tool_calls\": []}}]}"),
            Garbage,
            None,
        ),
        (raw("application/json", "[[[[["), Garbage, None),
        (ModelWay::Truncated, Garbage, None),
        (ModelWay::saying("x".repeat(2 * 1024 * 1024)), Garbage, None),
    ] {
        let what = format!("{kind:?} {retry_after:?}");
        server.answer(way);
        let error = model(server.url()).complete(&request(SOON)).await.expect_err("it fails");
        assert_eq!(
            (error.kind, error.retry_after.map(|time| time.as_secs())),
            (kind, retry_after),
            "{what}: {error:?}"
        );
    }
    let date = chrono::Utc::now() + chrono::TimeDelta::seconds(90);
    let date: &'static str = Box::leak(date.to_rfc2822().into_boxed_str());
    server.answer(ModelWay::Refuses(429, Some(date)));
    let error = model(server.url()).complete(&request(SOON)).await.expect_err("it fails");
    assert!(error.retry_after.is_some_and(|time| (60..=90).contains(&time.as_secs())), "{error:?}");
    let nobody = format!("http://127.0.0.1:{}/v1", testkit::free_port()?);
    let error = model(&nobody).complete(&request(SOON)).await.expect_err("nobody listens");
    assert_eq!(error.kind, Unavailable);
    Ok(())
}

async fn nobody_waits_for_a_server_that_hangs() -> anyhow::Result<()> {
    let server = LanguageModelServer::start(ModelWay::Hangs).await?;
    let error = model(server.url()).complete(&request(Duration::from_millis(50))).await.expect_err("it hangs");
    assert_eq!(error.kind, ModelErrorKind::TimedOut);
    Ok(())
}

async fn no_error_tells_what_was_sent() -> anyhow::Result<()> {
    let server = LanguageModelServer::start(ModelWay::Refuses(400, None)).await?;
    let options = OpenAiOptions::new(server.url().parse()?, "some/model").with_key(Some("k3y".into()));
    let model = OpenAiModel::new(options)?;
    for way in [ModelWay::Refuses(400, None), ModelWay::Truncated, ModelWay::saying("x".repeat(2 * 1024 * 1024))] {
        server.answer(way);
        let ModelError { source, .. } = model.complete(&request(SOON)).await.expect_err("it fails");
        let source = source.expect("a cause");
        let said = format!("{source:?} {source}");
        for secret in ["k3y", "Hello", "Do this", "xxx", "/v1"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
    Ok(())
}

/// Only where `CRM_TEST_LLM_BASE_URL` names a server.
async fn a_real_server_answers() -> anyhow::Result<()> {
    let url = real_language_model()?;
    let (name, key) = real_language_model_options();
    let options =
        OpenAiOptions::new(url.parse()?, name.unwrap_or_else(|| "mistralai/Mixtral-8x7B-Instruct-v0.1".to_owned()));
    let model = OpenAiModel::new(options.with_key(key.map(Into::into)))?;
    let answer = model.complete(&request(Duration::from_secs(120))).await?;
    assert!(!answer.text.is_empty());
    Ok(())
}

async fn an_interaction_is_summarised_over_http(database: TestDatabase) -> anyhow::Result<()> {
    let server = LanguageModelServer::start(about()).await?;
    let api = Api::with(&database, Options { crm: crm(&server).build(), ..Options::default() }).await;
    let admin = api.admin();
    let refused = admin.patch("/api/settings").json(&json!({ "aiEnabled": true })).await;
    let fault = refused.problem(422, "invalid")["errors"][0].clone();
    assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/aiConsent"), &json!("ai_consent_required")));
    assert!(fault["detail"].as_str().is_some_and(|detail| detail.contains("127.0.0.1:")), "{fault}");
    let settings = admin.patch("/api/settings").json(&json!({ "aiEnabled": true, "aiConsent": true })).await.ok();
    assert_eq!(settings["languageModel"]["isConsented"], true);
    let customer = admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.ok();
    let new = json!({ "customerId": customer["id"], "type": "call", "content": "Lee wants 200 units" });
    let created = admin.post("/api/interactions").json(&new).await.expect(201);
    let tag = created.header("etag").expect("a tag").to_owned();
    let created = created.json();
    assert_eq!(created["ai"]["state"], "pending");
    let path = format!("/api/interactions/{}", created["id"].as_str().expect("an id"));
    api.crm.run_due_jobs(&database.connection, &Default::default()).await?;
    assert_eq!(super::document(&server.prompted()[0].body)["text"], "[NAME_1] wants 200 units");
    let now = admin.get(&path).await.expect(200);
    assert_eq!(now.json()["ai"]["summary"], "About: Lee wants 200 units");
    assert_ne!(now.header("etag"), Some(&*tag), "what has been cached is not up to date any more");
    assert_eq!(now.json()["version"], 1);
    // Who has the old tag can still write.
    admin.patch(&path).header("If-Match", &tag).json(&json!({ "outcome": "callback" })).await.expect(200);
    // The summary has tags of its own.
    let ai = admin.get(format!("{path}/ai")).await.expect(200);
    let own = ai.header("etag").expect("a tag").to_owned();
    let mine = json!({ "summary": "Mine" });
    admin.patch(format!("{path}/ai")).header("If-Match", &own).json(&mine).await.expect(200);
    admin
        .patch(format!("{path}/ai"))
        .header("If-Match", &own)
        .json(&json!({ "summary": "Late" }))
        .await
        .problem(412, "version_mismatch");
    admin.delete(format!("{path}/ai")).header("If-Match", &own).await.problem(412, "version_mismatch");
    admin.post(format!("{path}/ai")).await.expect(202);
    api.crm.run_due_jobs(&database.connection, &Default::default()).await?;
    assert_eq!(admin.get(format!("{path}/ai")).await.ok()["summary"], "About: Lee wants 200 units");
    let usage = admin.get("/api/ai/usage").await.ok();
    assert_eq!(usage["today"]["calls"], 2);
    assert_eq!(
        usage["usedTokens"],
        usage["today"]["inputTokens"].as_u64().expect("tokens")
            + usage["today"]["outputTokens"].as_u64().expect("tokens")
    );
    Ok(())
}

/// A write is answered while the model has not answered.
async fn the_client_does_not_wait(database: TestDatabase) -> anyhow::Result<()> {
    let server = LanguageModelServer::start(ModelWay::Hangs).await?;
    let api = Api::with(&database, Options { crm: crm(&server).build(), ..Options::default() }).await;
    let admin = api.admin();
    admin.patch("/api/settings").json(&json!({ "aiEnabled": true, "aiConsent": true })).await.expect(200);
    let customer = admin.post("/api/customers").json(&json!({ "name": "Lee & Co" })).await.ok();
    let (crm, db) = (api.crm.clone(), database.connection.clone());
    let workers = tokio::spawn(async move { crm.run_jobs(&db, &Default::default(), std::future::pending()).await });
    let new = json!({ "customerId": customer["id"], "content": "Told" });
    let first = admin.post("/api/interactions").json(&new).await.ok();
    assert!(eventually(PATIENCE, async || server.prompted().len() == 1).await, "nobody asks");
    admin.post("/api/interactions").json(&new).await.expect(201);
    let path = format!("/api/interactions/{}", first["id"].as_str().expect("an id"));
    assert_eq!(admin.patch(&path).json(&json!({ "outcome": "busy" })).await.ok()["ai"]["state"], "pending");
    workers.abort();
    server.answer(ModelWay::saying(summary("Late.")));
    Ok(())
}
