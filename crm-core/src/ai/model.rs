//! What a language model has made of an interaction.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::error::{Error, Result};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;

/// The `reason` of what waits for the next day, because the company's tokens of this one are used up.
pub const BUDGET_USED_UP: &str = "budget_used_up";

string_enum! {
    /// Where the summary and the reply of an interaction stand.
    #[derive(Default)]
    AiState {
        /// There are none, and none are being made.
        #[default]
        None = "none",
        /// They are being made.
        Pending = "pending",
        /// They are there.
        Done = "done",
        /// They could not be made; `reason` says why.
        Failed = "failed",
        /// They were not made, or were discarded; `reason` says why.
        Skipped = "skipped",
    }
}

string_enum! {
    /// The mood of a text.
    SentimentLabel {
        /// Content, friendly.
        Positive = "positive",
        /// Neither.
        Neutral = "neutral",
        /// Angry, disappointed, worried.
        Negative = "negative",
    }
}

/// The mood of a text, as a language model judges it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sentiment {
    /// The mood.
    pub label: SentimentLabel,
    /// How strong it is, from -1 (negative) to 1 (positive).
    #[cfg_attr(feature = "openapi", schema(minimum = -1, maximum = 1, example = 0.4))]
    pub score: f64,
}

/// What a language model has made of an interaction. It is generated text: it may be wrong, and nothing is sent by
/// itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InteractionAi {
    /// Where it stands.
    pub state: AiState,
    /// Why it waits, has failed or was skipped: `budget_used_up`, `language_model_unavailable`, `switched_off`,
    /// `discarded` and the like.
    pub reason: Option<String>,
    /// What the interaction was about; up to 600 characters.
    #[cfg_attr(feature = "openapi", schema(example = "Wants a quote for 200 units by Friday.", max_length = 600))]
    pub summary: Option<String>,
    /// A reply to suggest to the user; up to 2,000 characters. It is never sent by itself.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "Thank you. You will have our quote by Friday.", max_length = 2000)
    )]
    pub auto_response: Option<String>,
    /// The mood of the text.
    pub sentiment: Option<Sentiment>,
    /// The language of the text (BCP 47).
    #[cfg_attr(feature = "openapi", schema(example = "en"))]
    pub language: Option<String>,
    /// The provider of the language model.
    pub provider: Option<String>,
    /// The language model.
    pub model: Option<String>,
    /// The version of the instructions to the language model.
    pub prompt_version: Option<String>,
    /// The SHA-256 digest of the type, direction, subject and content from which it was made.
    pub input_hash: Option<String>,
    /// The time at which it was generated.
    pub generated_at: Option<DateTime<Utc>>,
    /// The time of the last correction by a user.
    pub edited_at: Option<DateTime<Utc>>,
    /// The user who corrected it.
    pub edited_by: Option<ActorRef>,
    /// True if the interaction has changed since. A corrected text is kept then.
    pub is_outdated: bool,
    /// Counts the writes of this part, from 1; part of its own ETag.
    pub version: i64,
}

impl Default for InteractionAi {
    fn default() -> Self {
        Self {
            state: AiState::None,
            reason: None,
            summary: None,
            auto_response: None,
            sentiment: None,
            language: None,
            provider: None,
            model: None,
            prompt_version: None,
            input_hash: None,
            generated_at: None,
            edited_at: None,
            edited_by: None,
            is_outdated: false,
            version: 1,
        }
    }
}

impl InteractionAi {
    /// Whether there is a text.
    #[must_use]
    pub const fn has_text(&self) -> bool {
        self.summary.is_some() || self.auto_response.is_some()
    }

    /// Whether a user has corrected it.
    #[must_use]
    pub const fn is_edited(&self) -> bool {
        self.edited_at.is_some()
    }

    /// Nothing but a state.
    pub(super) fn in_state(state: AiState, reason: Option<&str>, version: i64) -> Self {
        Self { state, reason: reason.map(str::to_owned), version, ..Self::default() }
    }

    /// As the column stores it; none for an interaction that a language model has never seen.
    pub(crate) fn stored(&self) -> Result<Option<Value>> {
        match self == &Self::default() {
            true => Ok(None),
            false => Ok(Some(serde_json::to_value(self).map_err(Error::internal)?)),
        }
    }
}

/// The tokens of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AiUsageOfDay {
    /// The day, in the time zone of the company.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date, example = "2026-11-29"))]
    pub day: chrono::NaiveDate,
    /// The number of calls of the language model.
    pub calls: i64,
    /// The number of tokens that were sent.
    pub input_tokens: i64,
    /// The number of tokens that were received.
    pub output_tokens: i64,
}

/// The tokens that the company has used, and may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AiUsage {
    /// The number of tokens that the company may use in a day; `null` for no limit.
    pub daily_tokens: Option<u64>,
    /// The number of tokens of today, with those of calls that are running.
    pub used_tokens: u64,
    /// Whether the tokens of today are used up. Interactions then wait for the next day.
    pub is_used_up: bool,
    /// The start of the next day, in the time zone of the company.
    pub resumes_at: DateTime<Utc>,
    /// Today.
    pub today: AiUsageOfDay,
    /// The last 30 days with calls, the latest first.
    pub days: Vec<AiUsageOfDay>,
}
