//! A language model of the example, which answers by rules: nothing leaves this process.

use async_trait::async_trait;
use crm_core::ai::{LanguageModel, ModelAnswer, ModelDescription, ModelError, ModelRequest, ModelRole};
use serde_json::{Value, json};

/// Takes the first sentence as the summary.
pub struct Rules;

#[async_trait]
impl LanguageModel for Rules {
    fn describe(&self) -> ModelDescription {
        ModelDescription {
            provider: "This process (rules, not a language model)".to_owned(),
            host: "localhost".to_owned(),
            model: "rules-not-a-language-model".to_owned(),
        }
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        let asked = request.messages.iter().rev().find(|message| message.role == ModelRole::User);
        let text = asked.map(|message| content(&message.text)).unwrap_or_default();
        let has = |words: &[&str]| words.iter().any(|word| text.to_lowercase().contains(word));
        let (label, score, reply) = if has(&["damaged", "complaint", "late"]) {
            (
                "negative",
                -0.6,
                "We are sorry for the trouble. The replacement is on its way, and we call you next week.",
            )
        } else if has(&["quote", "units"]) {
            (
                "positive",
                0.5,
                "Thank you for your interest. You will have our quote by Friday, with delivery in two lots.",
            )
        } else {
            ("neutral", 0.0, "Thank you for the talk. We will come back to you with the next steps.")
        };
        let answer = json!({
            "summary": first_sentence(&text),
            "autoResponse": format!("Hello,\n\n{reply}\n\nKind regards"),
            "sentiment": { "label": label, "score": score },
            "language": "en",
        });
        Ok(ModelAnswer { text: answer.to_string(), ..ModelAnswer::default() })
    }
}

/// The text that is to be summarised, without marks of Markdown.
fn content(asked: &str) -> String {
    let document: Value = serde_json::from_str(asked).unwrap_or_default();
    document["text"].as_str().unwrap_or_default().replace(['*', '`'], "")
}

fn first_sentence(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let end = line.find(". ").map_or(line.len(), |end| end + 1);
    line[..end].to_owned()
}
