//! Summaries of interactions, and suggested replies, by a language model: decoration, never in the way.
//!
//! A host plugs in a [`LanguageModel`] with [`CrmBuilder::language_model`](crate::CrmBuilder::language_model). In a
//! company that has switched it on (`aiEnabled` of its [settings](crate::companies::Settings), with consent to the
//! provider), an interaction with content gets [`InteractionAi`]: a summary, a suggested reply, the mood of the text.
//!
//! - It is made by a job, [`SummarizeInteraction`], which is enqueued in the transaction of the write and runs after
//!   it. Whatever the model does, the write is not affected, and the version of the interaction does not change.
//! - Only type, direction, subject and content are sent; of a long content the first 24,000 characters. Notes are never
//!   sent. Names, addresses, telephone numbers and e-mail addresses become placeholders first, and are put back into the
//!   answer, unless the company's `aiPlaceholders` is off.
//! - The texts are data for the model, and its answer is text: it is parsed, shortened and shown, and causes nothing. A
//!   suggested reply is never sent by itself.
//! - When type, direction, subject or content change, it is made anew. A text that a user has corrected is kept, and
//!   marked as outdated.
//! - A company has a number of tokens a day. When they are used up, interactions wait for its next day. While the model
//!   does not answer, they wait as well.
//! - What is sent is audited, without the texts: the interaction, the provider, the model, the number of tokens.

mod answer;
mod consent;
mod input;
mod job;
mod model;
mod personal;
mod placeholders;
mod plan;
mod prompt;
mod repo;
mod row;
mod usage;

pub use answer::{MAX_REPLY, MAX_SUMMARY};
pub(crate) use consent::{is_consented, switch};
pub use input::InteractionAiPatch;
pub use job::SummarizeInteraction;
pub use model::{AiState, AiUsage, AiUsageOfDay, BUDGET_USED_UP, InteractionAi, Sentiment, SentimentLabel};
pub(crate) use plan::{enqueue, plan};
pub use repo::Ai;

pub use crate::scope::language_model::{
    LanguageModel, LanguageModelObserver, LanguageModelOptions, ModelAnswer, ModelCall, ModelDescription, ModelError,
    ModelErrorKind, ModelFormat, ModelMessage, ModelRequest, ModelRole,
};
