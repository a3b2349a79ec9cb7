//! Examples of what a language model has made.

use serde_json::{Value, json};

use super::nulls;

/// A correction.
#[must_use]
pub fn interaction_ai_patch() -> Value {
    json!({ "summary": "Wants a quote for 200 units, delivered in two parts." })
}

/// The summary of an interaction.
#[must_use]
pub fn interaction_ai() -> Value {
    let ai = json!({
        "state": "done",
        "summary": "Finds the price right and asks for delivery in two parts.",
        "autoResponse": "Thank you for the call. We will confirm the two deliveries in writing.",
        "sentiment": { "label": "positive", "score": 0.6 },
        "language": "en",
        "provider": "Hugging Face",
        "model": "mistralai/Mixtral-8x7B-Instruct-v0.1",
        "promptVersion": "1",
        "inputHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "generatedAt": "2026-06-15T09:30:04.123456Z",
        "isOutdated": false,
        "version": 3,
    });
    nulls(ai, &["reason", "editedAt", "editedBy"])
}

/// The summary of an interaction that has none, in this state.
#[must_use]
pub fn interaction_ai_in(state: &str, version: i64) -> Value {
    const TEXTS: &[&str] = &["summary", "autoResponse", "sentiment", "language", "provider", "model", "promptVersion"];
    const OTHERS: &[&str] = &["reason", "inputHash", "generatedAt", "editedAt", "editedBy"];
    let ai = json!({ "state": state, "isOutdated": false, "version": version });
    nulls(nulls(ai, TEXTS), OTHERS)
}

/// The tokens of a company.
#[must_use]
pub fn ai_usage() -> Value {
    let day = |day: &str, calls: u32| json!({ "day": day, "calls": calls, "inputTokens": calls * 520, "outputTokens": calls * 140 });
    json!({
        "dailyTokens": 500_000,
        "usedTokens": 27_720,
        "isUsedUp": false,
        "resumesAt": "2026-11-30T05:00:00Z",
        "today": day("2026-11-29", 42),
        "days": [day("2026-11-29", 42), day("2026-11-28", 117)],
    })
}
