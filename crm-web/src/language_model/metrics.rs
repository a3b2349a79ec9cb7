//! Metrics of the language model.

use crm_core::ai::{LanguageModelObserver, ModelCall, ModelErrorKind};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const CALLS: &str = "crm_language_model_calls_total";
const TOKENS: &str = "crm_language_model_tokens_total";
const DURATION: &str = "crm_language_model_call_duration_seconds";
const BREAKER: &str = "crm_language_model_breaker_open";
const WAITS: &str = "crm_language_model_budget_waits_total";

pub(crate) fn describe() {
    describe_counter!(CALLS, Unit::Count, "Calls of the language model, by outcome");
    describe_counter!(TOKENS, Unit::Count, "Tokens of these calls, by direction");
    describe_histogram!(DURATION, Unit::Seconds, "How long these calls took, by outcome");
    describe_gauge!(BREAKER, Unit::Count, "1 while the language model does not answer and is tried only now and then");
    describe_counter!(WAITS, Unit::Count, "Calls that wait for the next day, because a company has used up its tokens");
}

/// Records what becomes of calls of the language model.
#[derive(Clone, Copy, Debug, Default)]
pub struct LanguageModelMetrics;

impl LanguageModelObserver for LanguageModelMetrics {
    fn called(&self, call: ModelCall) {
        let outcome = outcome(call.error);
        counter!(CALLS, "outcome" => outcome).increment(1);
        counter!(TOKENS, "direction" => "input").increment(call.input_tokens);
        counter!(TOKENS, "direction" => "output").increment(call.output_tokens);
        histogram!(DURATION, "outcome" => outcome).record(call.took);
    }

    fn breaker(&self, is_open: bool) {
        gauge!(BREAKER).set(f64::from(u8::from(is_open)));
    }

    fn budget_used_up(&self) {
        counter!(WAITS).increment(1);
    }
}

const fn outcome(error: Option<ModelErrorKind>) -> &'static str {
    match error {
        None => "ok",
        Some(ModelErrorKind::Unavailable) => "unavailable",
        Some(ModelErrorKind::Rejected) => "rejected",
        Some(ModelErrorKind::TimedOut) => "timed_out",
        Some(ModelErrorKind::Garbage) => "invalid",
    }
}
