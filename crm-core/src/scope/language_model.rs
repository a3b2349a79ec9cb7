//! The port of language models: what a host plugs in, and what a [`Crm`](super::Crm) knows about its model.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::model_breaker::ModelBreaker;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A language model. Passed to [`CrmBuilder::language_model`](crate::CrmBuilder::language_model).
///
/// It is never called inside a transaction, and never while a user waits.
#[async_trait]
pub trait LanguageModel: Send + Sync + 'static {
    /// What the model is, and where texts are sent.
    fn describe(&self) -> ModelDescription;

    /// Answers the messages. The future is dropped when nobody waits for the answer any more.
    ///
    /// # Errors
    /// [`ModelError`], without the texts.
    async fn complete(&self, request: &ModelRequest) -> Result<ModelAnswer, ModelError>;
}

/// What a model is, and where texts are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelDescription {
    /// The name of the provider, for people.
    pub provider: String,
    /// The host that receives the texts.
    pub host: String,
    /// The name of the model.
    pub model: String,
}

/// What a model is asked.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelRequest {
    /// The messages, in order.
    pub messages: Vec<ModelMessage>,
    /// The form of the answer.
    pub format: ModelFormat,
    /// The maximum length of the answer, in tokens.
    pub max_output_tokens: u32,
    /// How long the answer is waited for.
    pub timeout: Duration,
}

impl ModelRequest {
    /// A request for an answer of at most so many tokens within this time.
    #[must_use]
    pub const fn new(
        messages: Vec<ModelMessage>,
        format: ModelFormat,
        max_output_tokens: u32,
        timeout: Duration,
    ) -> Self {
        Self { messages, format, max_output_tokens, timeout }
    }
}

impl fmt::Debug for ModelRequest {
    /// Prints no texts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelRequest").field("format", &self.format).finish_non_exhaustive()
    }
}

/// One message to a model.
#[derive(Clone, PartialEq, Eq)]
pub struct ModelMessage {
    /// Who speaks.
    pub role: ModelRole,
    /// The text.
    pub text: String,
}

impl fmt::Debug for ModelMessage {
    /// Prints no text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelMessage").field("role", &self.role).finish_non_exhaustive()
    }
}

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelRole {
    /// The CRM: its instructions.
    System,
    /// What the instructions are applied to.
    User,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// Any text.
    Text,
    /// A JSON object. A model that cannot be held to it is told so by the messages.
    Json,
}

/// The answer of a model.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ModelAnswer {
    /// The text.
    pub text: String,
    /// The number of tokens of the messages, if the model tells it.
    pub input_tokens: Option<u64>,
    /// The number of tokens of the answer, if the model tells it.
    pub output_tokens: Option<u64>,
}

impl fmt::Debug for ModelAnswer {
    /// Prints no text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text: _, input_tokens, output_tokens } = self;
        f.debug_struct("ModelAnswer")
            .field("input_tokens", input_tokens)
            .field("output_tokens", output_tokens)
            .finish_non_exhaustive()
    }
}

/// What went wrong with a call of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelErrorKind {
    /// It cannot be reached, has too much to do, or refuses the service's credentials. It may answer later.
    Unavailable,
    /// It refuses this request, and would do so again.
    Rejected,
    /// It has not answered in time.
    TimedOut,
    /// Its answer cannot be used.
    Garbage,
}

impl ModelErrorKind {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unavailable => "language_model_unavailable",
            Self::Rejected => "language_model_rejected",
            Self::TimedOut => "language_model_timed_out",
            Self::Garbage => "language_model_answer_invalid",
        }
    }
}

/// Why a model has not answered.
#[derive(Debug, thiserror::Error)]
#[error("{}", .kind.code())]
pub struct ModelError {
    /// What went wrong.
    pub kind: ModelErrorKind,
    /// When the model asks to be called again, from now.
    pub retry_after: Option<Duration>,
    /// The cause, for the log. It holds no texts and no credentials.
    #[source]
    pub source: Option<Cause>,
}

impl ModelError {
    /// An error of this kind.
    #[must_use]
    pub const fn new(kind: ModelErrorKind) -> Self {
        Self { kind, retry_after: None, source: None }
    }

    /// The model asks to be called again after this time.
    #[must_use]
    pub fn retry_after(self, delay: Option<Duration>) -> Self {
        Self { retry_after: delay, ..self }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(self, source: impl Into<Cause>) -> Self {
        Self { source: Some(source.into()), ..self }
    }
}

/// What came of a call of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelCall {
    /// What went wrong, if anything did.
    pub error: Option<ModelErrorKind>,
    /// How long it took.
    pub took: Duration,
    /// The number of tokens of the messages.
    pub input_tokens: u64,
    /// The number of tokens of the answer.
    pub output_tokens: u64,
}

/// Is told what becomes of calls, for metrics. Passed in [`LanguageModelOptions`].
pub trait LanguageModelObserver: Send + Sync + 'static {
    /// A call has ended.
    fn called(&self, call: ModelCall);

    /// The circuit breaker has opened or closed: while it is open, the model is tried only now and then.
    fn breaker(&self, is_open: bool);

    /// A call had to wait, because the company has used up its tokens of the day.
    fn budget_used_up(&self);
}

/// How the language model is used.
#[derive(Clone)]
pub struct LanguageModelOptions {
    /// The number of tokens that a company may use in a day of its time zone; no limit if absent. A company can set
    /// less. 500,000 by default.
    pub daily_tokens: Option<u64>,
    /// How long an answer is waited for; 30 seconds by default.
    pub timeout: Duration,
    /// Is told of calls.
    pub observer: Option<Arc<dyn LanguageModelObserver>>,
}

impl Default for LanguageModelOptions {
    fn default() -> Self {
        Self { daily_tokens: Some(500_000), timeout: Duration::from_secs(30), observer: None }
    }
}

impl fmt::Debug for LanguageModelOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LanguageModelOptions")
            .field("daily_tokens", &self.daily_tokens)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The model of a [`Crm`](super::Crm), with what this process knows about it.
pub(crate) struct ConnectedModel {
    pub port: Arc<dyn LanguageModel>,
    pub description: ModelDescription,
    pub options: LanguageModelOptions,
    pub breaker: ModelBreaker,
}

impl ConnectedModel {
    pub(super) fn new(port: Arc<dyn LanguageModel>, options: LanguageModelOptions) -> Self {
        Self { description: port.describe(), port, options, breaker: ModelBreaker::default() }
    }

    /// Tells the observer, if there is one.
    pub(crate) fn tell(&self, tell: impl FnOnce(&dyn LanguageModelObserver)) {
        if let Some(observer) = &self.options.observer {
            tell(&**observer);
        }
    }
}
