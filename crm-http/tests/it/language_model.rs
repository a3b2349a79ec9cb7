//! Summaries with a real server of a language model: its protocol, its failures, and three instances that are killed.

mod document_000;
mod killed;
mod protocol;

use std::sync::Arc;
use std::time::Duration;

use crm_core::ai::{ModelFormat, ModelMessage, ModelRequest, ModelRole};
use crm_core::{Crm, CrmBuilder};
use crm_http::language_model::{OpenAiModel, OpenAiOptions};
use serde_json::{Value, json};
use testkit::{LanguageModelServer, ModelWay, Suite};

pub fn register(suite: &mut Suite) {
    protocol::register(suite);
    document_000::register(suite);
    killed::register(suite);
}

/// What a good model answers.
fn summary(text: &str) -> String {
    json!({ "summary": text, "autoResponse": "Thank you.", "sentiment": { "label": "neutral", "score": 0 } })
        .to_string()
}

fn model(url: &str) -> OpenAiModel {
    OpenAiModel::new(OpenAiOptions::new(url.parse().expect("a URL"), "some/model")).expect("a client")
}

/// A CRM with the model of this server.
fn crm(server: &LanguageModelServer) -> CrmBuilder {
    Crm::builder().language_model(Arc::new(model(server.url())))
}

fn request(timeout: Duration) -> ModelRequest {
    let message = |role, text: &str| ModelMessage { role, text: text.to_owned() };
    let messages = vec![message(ModelRole::System, "Do this"), message(ModelRole::User, "{\"text\": \"Hello\"}")];
    ModelRequest::new(messages, ModelFormat::Json, 50, timeout)
}

/// The document that a request of the server holds.
fn document(body: &Value) -> Value {
    let text = body["messages"][1]["content"].as_str().expect("a message");
    serde_json::from_str(text).expect("a JSON document")
}

/// Says what it was asked about.
fn about() -> ModelWay {
    ModelWay::Says(Box::new(|body| summary(&format!("About: {}", document(body)["text"].as_str().expect("a text")))))
}
