//! What is sent and received: chat completions.

use crm_core::ai::{ModelAnswer, ModelFormat, ModelRequest, ModelRole};
use serde::Deserialize;
use serde_json::{Value, json};

/// The line that ends a stream.
const END: &str = "[DONE]";

/// The body of a request. `forces_json`: the server can be held to JSON.
pub(super) fn request(model: &str, request: &ModelRequest, forces_json: bool) -> Value {
    let role = |role| match role {
        ModelRole::System => "system",
        ModelRole::User => "user",
    };
    let messages =
        request.messages.iter().map(|message| json!({ "role": role(message.role), "content": message.text }));
    let mut body = json!({
        "model": model,
        "messages": messages.collect::<Vec<_>>(),
        "max_tokens": request.max_output_tokens,
        "temperature": 0,
        "stream": false,
    });
    if forces_json && request.format == ModelFormat::Json {
        body["response_format"] = json!({ "type": "json_object" });
    }
    body
}

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Message>,
    /// A part of the message, in a stream.
    delta: Option<Message>,
}

/// Everything else, such as calls of tools, is passed over.
#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

/// The answer in a body; `None` if there is none. Some servers stream although they are asked not to.
pub(super) fn answer(body: &[u8], is_stream: bool) -> Option<ModelAnswer> {
    if !is_stream {
        let completion: Completion = serde_json::from_slice(body).ok()?;
        let message = completion.choices.into_iter().next()?.message?;
        return Some(told(message.content?, completion.usage));
    }
    let (mut text, mut usage, mut has_ended) = (String::new(), None, false);
    let lines = std::str::from_utf8(body).ok()?.lines();
    for data in lines.filter_map(|line| line.strip_prefix("data:")).map(str::trim) {
        if data == END {
            has_ended = true;
            break;
        }
        let part: Completion = serde_json::from_str(data).ok()?;
        usage = part.usage.or(usage);
        let delta = part.choices.into_iter().next().and_then(|choice| choice.delta);
        text.push_str(delta.and_then(|delta| delta.content).as_deref().unwrap_or_default());
    }
    has_ended.then(|| told(text, usage))
}

fn told(text: String, usage: Option<Usage>) -> ModelAnswer {
    let (input_tokens, output_tokens) =
        usage.map_or((None, None), |usage| (usage.prompt_tokens, usage.completion_tokens));
    ModelAnswer { text, input_tokens, output_tokens }
}
