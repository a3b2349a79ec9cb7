//! The two texts of a language model.

use crm_core::ai::{InteractionAi, InteractionAiPatch, MAX_REPLY, MAX_SUMMARY};
use crm_core::patch::Patch;
use crm_web::problem::{ApiError, Code};

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Summary,
    Reply,
}

impl Text {
    /// The text that an address names.
    ///
    /// # Errors
    /// Not found.
    pub(super) fn named(name: &str) -> Result<Self, ApiError> {
        let all = [Self::Summary, Self::Reply];
        let found = all.into_iter().find(|text| text.name() == name);
        found.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such text"))
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Reply => "reply",
        }
    }

    /// What the core calls it.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Reply => "autoResponse",
        }
    }

    /// The most characters that it has.
    pub(super) const fn most(self) -> usize {
        match self {
            Self::Summary => MAX_SUMMARY,
            Self::Reply => MAX_REPLY,
        }
    }

    pub(super) fn of(self, ai: &InteractionAi) -> Option<&str> {
        match self {
            Self::Summary => ai.summary.as_deref(),
            Self::Reply => ai.auto_response.as_deref(),
        }
    }

    /// The change that sets it; an empty text discards it.
    pub(super) fn patch(self, text: &str) -> InteractionAiPatch {
        let text = if text.trim().is_empty() { Patch::Clear } else { Patch::Set(text.to_owned()) };
        match self {
            Self::Summary => InteractionAiPatch { summary: text, ..InteractionAiPatch::default() },
            Self::Reply => InteractionAiPatch { auto_response: text, ..InteractionAiPatch::default() },
        }
    }
}
