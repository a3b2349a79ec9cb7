//! A language model in the test's own process, and one that misbehaves under a whole suite.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::DateTime;
use crm_core::CrmBuilder;
use crm_core::ai::{
    LanguageModel, LanguageModelOptions, ModelAnswer, ModelDescription, ModelError, ModelErrorKind, ModelRequest,
};
use crm_core::companies::{AiConsent, CompanySettings};

/// Names the model under a whole suite: `fails`, `hangs` or `garbage`. All companies of the suite then have it switched on.
const VARIABLE: &str = "CRM_TEST_LANGUAGE_MODEL";
const PROVIDER: &str = "Test provider";
const HOST: &str = "model.test";
/// Short, so that no test waits for a model that hangs.
const TIMEOUT: Duration = Duration::from_millis(50);

type Answers = Box<dyn Fn(&ModelRequest) -> Option<Result<ModelAnswer, ModelError>> + Send + Sync>;

/// A model that answers as a test says, and remembers what it was asked.
pub struct TestModel {
    answers: Answers,
    asked: Mutex<Vec<ModelRequest>>,
}

impl fmt::Debug for TestModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestModel").finish_non_exhaustive()
    }
}

impl TestModel {
    /// Answers with what `answers` gives, and never where that is nothing.
    pub fn new(
        answers: impl Fn(&ModelRequest) -> Option<Result<ModelAnswer, ModelError>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { answers: Box::new(answers), asked: Mutex::default() })
    }

    /// Answers with this text, and says that it has used 100 and 20 tokens.
    pub fn saying(text: impl Into<String>) -> Arc<Self> {
        let text = text.into();
        Self::new(move |_| {
            Some(Ok(ModelAnswer { text: text.clone(), input_tokens: Some(100), output_tokens: Some(20) }))
        })
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<ModelRequest> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ModelRequest>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LanguageModel for TestModel {
    fn describe(&self) -> ModelDescription {
        ModelDescription { provider: PROVIDER.to_owned(), host: HOST.to_owned(), model: "test-1".to_owned() }
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        self.lock().push(request.clone());
        match (self.answers)(request) {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

/// Settings with which a company has the model of the tests switched on.
pub fn company_with_language_model() -> CompanySettings {
    let consent = AiConsent { provider: PROVIDER.to_owned(), host: HOST.to_owned(), at: DateTime::UNIX_EPOCH };
    CompanySettings { ai_enabled: true, ai_consent: Some(consent), ..CompanySettings::default() }
}

/// The same CRM with a model, which no company has switched on; under `CRM_TEST_LANGUAGE_MODEL` with one that never gives
/// a good answer, which all companies have switched on.
///
/// # Panics
/// If the variable has another value.
pub fn with_language_model(crm: CrmBuilder) -> CrmBuilder {
    let Ok(way) = std::env::var(VARIABLE) else {
        return crm.language_model(TestModel::saying("{\"summary\": \"A test.\"}"));
    };
    let model = match way.as_str() {
        "fails" => TestModel::new(|_| Some(Err(ModelError::new(ModelErrorKind::Unavailable)))),
        "hangs" => TestModel::new(|_| None),
        "garbage" => TestModel::saying("<html>\u{0}{\"summary\": 7} I am sorry {"),
        other => panic!("{VARIABLE}: {other} is none of fails, hangs, garbage"),
    };
    let options = LanguageModelOptions { timeout: TIMEOUT, ..LanguageModelOptions::default() };
    crm.language_model(model).language_model_options(options).company_settings(company_with_language_model())
}
