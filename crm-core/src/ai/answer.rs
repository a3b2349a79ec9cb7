//! Reads the answer of a language model. Whatever it says is text to show, and nothing else.

use serde_json::{Map, Value};

use super::model::{Sentiment, SentimentLabel};
use super::placeholders::Placeholders;
use crate::base::text;

/// The maximum length of a summary, in characters.
pub const MAX_SUMMARY: usize = 600;
/// The maximum length of a suggested reply, in characters.
pub const MAX_REPLY: usize = 2_000;
/// The maximum length of a language code.
const MAX_LANGUAGE: usize = 35;
/// How many opening braces of an answer are tried.
const MAX_BRACES: usize = 20;

/// What is taken from an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub summary: String,
    pub auto_response: Option<String>,
    pub sentiment: Option<Sentiment>,
    pub language: Option<String>,
}

impl Answer {
    /// Reads the first JSON object of the text that has a summary; code fences and other words around it are passed
    /// over. `None` without one. Only the known members are taken, and of those only values of their type.
    pub(super) fn read(text: &str, placeholders: &Placeholders) -> Option<Self> {
        let starts = text.match_indices('{').map(|(at, _)| at).take(MAX_BRACES);
        let objects = starts.filter_map(|at| {
            let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Map<String, Value>>();
            values.next()?.ok()
        });
        objects.into_iter().find_map(|object| Self::of(&object, placeholders))
    }

    fn of(object: &Map<String, Value>, placeholders: &Placeholders) -> Option<Self> {
        let text = |name: &str, most| cleaned(&placeholders.restore(object.get(name)?.as_str()?), most);
        Some(Self {
            summary: text("summary", MAX_SUMMARY)?,
            auto_response: text("autoResponse", MAX_REPLY),
            sentiment: object.get("sentiment").and_then(sentiment),
            language: object.get("language").and_then(Value::as_str).and_then(language),
        })
    }
}

/// The text without control characters and invisible ones, cut to its length; `None` if nothing is left.
fn cleaned(text: &str, most: usize) -> Option<String> {
    let lines = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let lines: Vec<String> = lines.lines().map(|line| text::tidy(line).unwrap_or_default()).collect();
    let text = lines.join("\n");
    let text = text.trim();
    if text.chars().count() <= most {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    let start: String = text.chars().take(most - 1).collect();
    Some(format!("{}…", start.trim_end()))
}

fn sentiment(value: &Value) -> Option<Sentiment> {
    let label: SentimentLabel = value.get("label")?.as_str()?.parse().ok()?;
    let score = value.get("score").and_then(Value::as_f64).unwrap_or_default();
    Some(Sentiment { label, score: score.clamp(-1.0, 1.0) })
}

fn language(code: &str) -> Option<String> {
    let is_code = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    ((2..=MAX_LANGUAGE).contains(&code.len()) && code.chars().all(is_code)).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Answer, MAX_REPLY, MAX_SUMMARY, Placeholders};
    use crate::ai::model::{Sentiment, SentimentLabel};

    fn read(text: &str) -> Option<Answer> {
        Answer::read(text, &Placeholders::new().unwrap())
    }

    #[test]
    fn the_object_is_found_whatever_is_around_it() {
        let object = r#"{"summary": "Wants a quote.", "autoResponse": "Thanks.", "sentiment": {"label": "positive", "score": 0.5}, "language": "en"}"#;
        let plain = read(object).unwrap();
        assert_eq!(plain.summary, "Wants a quote.");
        assert_eq!(plain.sentiment, Some(Sentiment { label: SentimentLabel::Positive, score: 0.5 }));
        for around in [
            format!("```json\n{object}\n```"),
            format!("Sure! {{Here}} it is: {object} Anything else?"),
            format!("{{\"thought\": 1}}\n{object}"),
            format!("  {object}{object}"),
        ] {
            assert_eq!(read(&around).as_ref(), Some(&plain), "{around}");
        }
    }

    #[test]
    fn what_is_no_summary_is_no_answer() {
        for text in [
            "",
            "[]",
            "null",
            "{}",
            "{\"summary\": null}",
            "{\"summary\": 1}",
            "{\"summary\": \" \\u200b\"}",
            "{\"summary\": \"cut o",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"{".repeat(100_000)), None);
    }

    #[test]
    fn what_breaks_a_rule_is_left_out() {
        let odd = read(
            r#"{"summary": "S", "autoResponse": 7, "sentiment": {"label": "furious", "score": 9}, "language": "<b>", "state": "none", "tool_calls": [1]}"#,
        );
        assert_eq!(odd, Some(Answer { summary: "S".to_owned(), auto_response: None, sentiment: None, language: None }));
        let far = read(r#"{"summary": "S", "sentiment": {"label": "negative", "score": -1e300}}"#).unwrap();
        assert_eq!(far.sentiment, Some(Sentiment { label: SentimentLabel::Negative, score: -1.0 }));
    }

    #[test]
    fn texts_are_printable_and_bounded() {
        let long = format!(r#"{{"summary": "{}", "autoResponse": "{}"}}"#, "ä".repeat(5_000), "b ".repeat(5_000));
        let long = read(&long).unwrap();
        assert_eq!(long.summary.chars().count(), MAX_SUMMARY);
        assert!(long.auto_response.unwrap().chars().count() <= MAX_REPLY);
        let odd = read(r#"{"summary": "a\u0000b\u202ec\u200bd\te\r\nf\u001b[2Jg\u2028h"}"#).unwrap();
        assert_eq!(odd.summary, "a bcd e\nf [2Jg\nh");
    }
}
