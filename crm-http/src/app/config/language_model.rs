//! The settings of the language model.

use std::time::Duration;

use crm_web::language_model::OpenAiOptions;
use crm_web::outbound::is_safe;
use crm_web::settings::Reader;
use reqwest::Url;

/// The router of Hugging Face, for a key without a URL.
const HUGGING_FACE: &str = "https://router.huggingface.co/together/v1";

/// The language model.
#[derive(Clone, Debug)]
pub struct LanguageModelConfig {
    /// Where it is.
    pub api: OpenAiOptions,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// The number of tokens that a company may use in a day; no limit if absent.
    pub daily_tokens: Option<u64>,
}

impl LanguageModelConfig {
    /// `None` without a URL and without a key.
    pub(super) fn from_reader(reader: &mut Reader) -> Option<Self> {
        let key = reader.text("LLM_API_KEY").or(reader.text("HUGGINGFACE_API_KEY"));
        let timeout = reader.duration("LLM_TIMEOUT").unwrap_or_default();
        let daily_tokens = reader.parsed("LLM_DAILY_TOKENS").filter(|tokens| *tokens > 0);
        let (plain_http, forces_json) = (reader.flag("LLM_PLAIN_HTTP"), reader.flag("LLM_JSON_MODE"));
        let (model, provider) = (reader.text("LLM_MODEL").unwrap_or_default(), reader.text("LLM_PROVIDER"));
        let url = reader.text("LLM_BASE_URL").or(key.is_some().then(|| HUGGING_FACE.to_owned()))?;
        if timeout.is_zero() {
            reader.fault("LLM_TIMEOUT", "must be greater than zero");
        }
        let url = url_of(reader, &url, plain_http)?;
        let api = OpenAiOptions::new(url, model).with_key(key.map(Into::into)).with_provider(provider);
        Some(Self { api: api.forcing_json(forces_json), timeout, daily_tokens })
    }
}

/// The URL, which may hold a secret and is therefore not repeated.
fn url_of(reader: &mut Reader, text: &str, plain_http: bool) -> Option<Url> {
    const NAME: &str = "LLM_BASE_URL";
    let url = text.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        reader.fault(NAME, "is no URL such as https://api.openai.com/v1");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        reader.fault(NAME, "has a user name or a password; a key belongs into LLM_API_KEY");
    }
    if !is_safe(&url, plain_http) {
        reader.fault(
            NAME,
            "leads to another machine without TLS; use https://, or set LLM_PLAIN_HTTP=true where something else encrypts",
        );
    }
    Some(url)
}
