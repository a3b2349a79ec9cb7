//! The "language model" of `crm-http demo --ai`: a small server on this machine that answers by rules.

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use serde_json::{Value, json};

/// What it is called, so that nobody takes it for a language model.
pub(super) const PROVIDER: &str = "This machine (rules, not a language model)";
/// The same, as the name of a model.
pub(super) const MODEL: &str = "rules-not-a-language-model";

/// The characters of a summary, without its end.
const MAX_SUMMARY: usize = 220;
const GLAD: &[&str] =
    &["thank", "happy", "great", "good", "right", "interested", "likes", "pleased", "gern", "danke", "gut"];
const SORRY: &[&str] =
    &["unhappy", "complain", "delay", "broke", "angry", "expensive", "wrong", "problem", "cancel", "teuer", "defekt"];
const GERMAN: &[&str] = &[" und ", " der ", " die ", " nicht ", " ist ", " ein ", " für "];

/// Starts it on a free port, and gives the URL of its API.
pub(super) fn start() -> anyhow::Result<(String, ServerHandle)> {
    let server = HttpServer::new(|| App::new().route("/v1/chat/completions", web::post().to(complete)));
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).context("no port is free for --ai")?;
    let address = server.addrs().first().copied().context("no port is free for --ai")?;
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok((format!("http://{address}/v1"), handle))
}

async fn complete(body: web::Json<Value>) -> HttpResponse {
    let texts = body["messages"].as_array().into_iter().flatten().filter_map(|message| message["content"].as_str());
    let texts: Vec<&str> = texts.collect();
    let document = texts.last().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let answer = by_rules(&document).to_string();
    let tokens = |text: &str| text.chars().count().div_ceil(4);
    let (input, output) = (texts.iter().map(|text| tokens(text)).sum::<usize>(), tokens(&answer));
    HttpResponse::Ok().json(json!({
        "object": "chat.completion",
        "model": MODEL,
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": answer }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output },
    }))
}

/// The first sentences, a polite phrase, and the mood by some words.
fn by_rules(document: &Value) -> Value {
    let text = document["text"].as_str().unwrap_or_default();
    let plain: String = text.chars().filter(|letter| !matches!(letter, '*' | '#' | '`' | '>')).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = format!(" {} ", plain.to_lowercase());
    let is_german = GERMAN.iter().filter(|word| lower.contains(**word)).count() > 1;
    let words: Vec<&str> = lower.split(|letter: char| !letter.is_alphanumeric()).collect();
    let count = |of: &[&str]| of.iter().filter(|stem| words.iter().any(|word| word.starts_with(**stem))).count();
    let (label, score) = match count(GLAD).cmp(&count(SORRY)) {
        std::cmp::Ordering::Greater => ("positive", 0.6),
        std::cmp::Ordering::Equal => ("neutral", 0.0),
        std::cmp::Ordering::Less => ("negative", -0.6),
    };
    let reply = match (is_german, label) {
        (true, "negative") => "Danke für die offenen Worte. Wir kümmern uns darum und melden uns bei Ihnen.",
        (true, _) => "Vielen Dank für das Gespräch. Wir melden uns mit den nächsten Schritten.",
        (false, "negative") => "Thank you for telling us. We will look into it and come back to you.",
        (false, _) => "Thank you for your time. We will come back to you with the next steps.",
    };
    json!({
        "summary": beginning(&plain),
        "autoResponse": reply,
        "sentiment": { "label": label, "score": score },
        "language": if is_german { "de" } else { "en" },
    })
}

/// Whole sentences up to a length, or the first words.
fn beginning(text: &str) -> String {
    let mut summary = String::new();
    for sentence in text.split_inclusive(['.', '!', '?']) {
        if !summary.is_empty() && summary.chars().count() + sentence.chars().count() > MAX_SUMMARY {
            break;
        }
        summary.push_str(sentence);
    }
    let short: String = summary.chars().take(MAX_SUMMARY).collect();
    if short.len() < summary.len() { format!("{short}…") } else { short }
}
