//! A language model behind an API like OpenAI's (`POST /chat/completions`).

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use crm_core::ai::{LanguageModel, ModelAnswer, ModelDescription, ModelError, ModelErrorKind, ModelRequest};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};

use super::wire;
use crate::outbound::{self, BodyError, below, read_body};

/// How long connecting may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The maximum size of an answer, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;
/// Providers by the host of their API, for people.
const PROVIDERS: &[(&str, &str)] = &[
    ("router.huggingface.co", "Hugging Face"),
    ("api.openai.com", "OpenAI"),
    ("api.mistral.ai", "Mistral AI"),
    ("api.together.xyz", "Together AI"),
    ("api.groq.com", "Groq"),
    ("openrouter.ai", "OpenRouter"),
];

/// Where a language model is, and how it is called.
#[derive(Clone)]
#[non_exhaustive]
pub struct OpenAiOptions {
    /// The URL of the API, up to its version: `https://api.openai.com/v1`.
    pub base_url: Url,
    /// The name of the model.
    pub model: String,
    /// The key, if the server wants one.
    pub key: Option<SecretString>,
    /// The name of the provider; if absent, the one that is known for the host, or else the host.
    pub provider: Option<String>,
    /// Whether the server understands `response_format`; by default the instructions alone ask for JSON.
    pub forces_json: bool,
}

impl OpenAiOptions {
    /// A model without a key.
    pub fn new(base_url: Url, model: impl Into<String>) -> Self {
        Self { base_url, model: model.into(), key: None, provider: None, forces_json: false }
    }

    /// With this key.
    #[must_use]
    pub fn with_key(self, key: impl Into<Option<SecretString>>) -> Self {
        Self { key: key.into(), ..self }
    }

    /// With this name of the provider, if there is one.
    #[must_use]
    pub fn with_provider(self, provider: Option<String>) -> Self {
        Self { provider, ..self }
    }

    /// Holds the server to JSON.
    #[must_use]
    pub fn forcing_json(self, forces_json: bool) -> Self {
        Self { forces_json, ..self }
    }

    fn describe(&self) -> ModelDescription {
        let host = self.base_url.host_str().unwrap_or_default().to_owned();
        let known = PROVIDERS.iter().find(|(of, _)| *of == host).map(|(_, provider)| (*provider).to_owned());
        let host = self.base_url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let provider = self.provider.clone().or(known).unwrap_or_else(|| host.clone());
        ModelDescription { provider, host, model: self.model.clone() }
    }
}

impl fmt::Debug for OpenAiOptions {
    /// Prints neither the key nor the path, which may hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ModelDescription { provider, host, model } = self.describe();
        let mut debug = f.debug_struct("OpenAiOptions");
        debug.field("provider", &provider).field("host", &host).field("model", &model).finish_non_exhaustive()
    }
}

/// The client cannot be created, for example because the machine has no trusted certificates.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a client for the language model")]
pub struct ClientError(#[source] reqwest::Error);

/// What the log says of a call that failed. Neither the URL nor anything that was sent or received.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("it answers with status {0}")]
    Status(StatusCode),
    #[error("its answer is larger than {0} bytes")]
    Large(usize),
    #[error("its answer is no chat completion")]
    NoCompletion,
}

/// A language model behind an API like OpenAI's.
pub struct OpenAiModel {
    client: Client,
    endpoint: Url,
    options: OpenAiOptions,
}

impl fmt::Debug for OpenAiModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiModel").field("options", &self.options).finish_non_exhaustive()
    }
}

impl OpenAiModel {
    /// A model that is called at the given address. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(options: OpenAiOptions) -> Result<Self, ClientError> {
        let agent = concat!("crm/", env!("CARGO_PKG_VERSION"));
        let client = outbound::client(&options.base_url, agent, CONNECT_WITHIN).build().map_err(ClientError)?;
        Ok(Self { client, endpoint: below(&options.base_url, "/chat/completions"), options })
    }
}

#[async_trait]
impl LanguageModel for OpenAiModel {
    fn describe(&self) -> ModelDescription {
        self.options.describe()
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        let OpenAiOptions { model, key, forces_json, .. } = &self.options;
        let body = wire::request(model, request, *forces_json);
        let mut call = self.client.post(self.endpoint.clone()).timeout(request.timeout).json(&body);
        if let Some(key) = key {
            call = call.bearer_auth(key.expose_secret());
        }
        let mut answer = call.send().await.map_err(broken)?;
        let status = answer.status();
        if status != StatusCode::OK {
            let retry_after = retry_after(&answer);
            return Err(ModelError::new(meaning(status))
                .retry_after(retry_after)
                .with_source(CallError::Status(status)));
        }
        let is_stream =
            answer.headers().get(CONTENT_TYPE).is_some_and(|of| of.as_bytes().starts_with(b"text/event-stream"));
        let body = read_body(&mut answer, MAX_ANSWER).await.map_err(unread)?;
        let garbage = || ModelError::new(ModelErrorKind::Garbage).with_source(CallError::NoCompletion);
        wire::answer(&body, is_stream).ok_or_else(garbage)
    }
}

/// What a status means. What the operator can mend is not the request's fault, and so it is tried again.
fn meaning(status: StatusCode) -> ModelErrorKind {
    match status.as_u16() {
        400 | 406 | 409..=424 => ModelErrorKind::Rejected,
        _ => ModelErrorKind::Unavailable,
    }
}

fn broken(error: reqwest::Error) -> ModelError {
    let kind =
        if error.is_timeout() && !error.is_connect() { ModelErrorKind::TimedOut } else { ModelErrorKind::Unavailable };
    ModelError::new(kind).with_source(error.without_url())
}

fn unread(error: BodyError) -> ModelError {
    match error {
        BodyError::Large(limit) => ModelError::new(ModelErrorKind::Garbage).with_source(CallError::Large(limit)),
        BodyError::Broken(error) => broken(error),
    }
}

/// `Retry-After`: seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    (date.to_utc() - Utc::now()).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::{ModelErrorKind, OpenAiModel, OpenAiOptions, StatusCode, meaning};
    use crm_core::ai::LanguageModel;

    fn options(url: &str) -> OpenAiOptions {
        OpenAiOptions::new(url.parse().unwrap(), "some/model")
    }

    #[test]
    fn the_provider_is_named() {
        let described = |options: OpenAiOptions| OpenAiModel::new(options).unwrap().describe();
        let known = described(options("https://router.huggingface.co/together/v1"));
        assert_eq!(
            (&*known.provider, &*known.host, &*known.model),
            ("Hugging Face", "router.huggingface.co", "some/model")
        );
        assert_eq!(described(options("http://localhost:11434/v1")).provider, "localhost:11434");
        assert_eq!(described(options("http://localhost:1/v1").with_provider(Some("Ours".to_owned()))).provider, "Ours");
    }

    #[test]
    fn the_key_is_never_shown() {
        let options = options("https://llm.example/v1?key=hunter2").with_key(Some("hunter2".into()));
        let model = OpenAiModel::new(options.clone()).unwrap();
        assert!(!format!("{options:?} {model:?}").contains("hunter2"));
    }

    #[test]
    fn what_an_operator_can_mend_is_tried_again() {
        for status in [401, 402, 403, 404, 408, 429, 500, 502, 503, 504, 301] {
            assert_eq!(meaning(StatusCode::from_u16(status).unwrap()), ModelErrorKind::Unavailable, "{status}");
        }
        for status in [400, 413, 422] {
            assert_eq!(meaning(StatusCode::from_u16(status).unwrap()), ModelErrorKind::Rejected, "{status}");
        }
    }
}
