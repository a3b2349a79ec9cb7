//! A language model behind an API like OpenAI's, which most providers and local servers have, and its metrics.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use crm_core::Crm;
//! use crm_core::ai::LanguageModelOptions;
//! use crm_web::language_model::{LanguageModelMetrics, OpenAiModel, OpenAiOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = OpenAiModel::new(OpenAiOptions::new("http://localhost:11434/v1".parse()?, "llama3.2"))?;
//! let observer = Some(Arc::new(LanguageModelMetrics) as _);
//! let options = LanguageModelOptions { observer, ..LanguageModelOptions::default() };
//! let crm = Crm::builder().language_model(Arc::new(model)).language_model_options(options).build();
//! # Ok(()) }
//! ```

mod metrics;
mod open_ai;
mod wire;

pub use metrics::LanguageModelMetrics;
pub(crate) use metrics::describe as describe_metrics;
pub use open_ai::{ClientError, OpenAiModel, OpenAiOptions};
