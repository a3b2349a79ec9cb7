//! The input for corrections.

use super::answer::{MAX_REPLY, MAX_SUMMARY};
use super::model::InteractionAi;
use crate::base::error::{Result, Violations};
use crate::base::patch::patch;
use crate::base::{text, validation};

patch! {
    /// A correction of what a language model has made (RFC 7396): absent fields stay unchanged, `null` discards a text.
    InteractionAiPatch {
        /// The summary.
        summary: String [max_length = 600],
        /// The suggested reply.
        auto_response: String [max_length = 2000],
    }
}

impl InteractionAiPatch {
    /// The texts after the correction.
    pub(super) fn apply(self, ai: &mut InteractionAi) -> Result<(), Violations> {
        let Self { summary, auto_response } = self;
        let mut violations = Violations::default();
        for (patch, field, pointer, most) in [
            (summary, &mut ai.summary, "/summary", MAX_SUMMARY),
            (auto_response, &mut ai.auto_response, "/autoResponse", MAX_REPLY),
        ] {
            let is_set = patch.value().is_some();
            patch.apply(field);
            if is_set {
                validation::normalise(field, pointer, text::block, &mut violations);
            }
            if field.as_ref().is_some_and(|text| text.chars().count() > most) {
                violations.add(pointer, "too_long", format!("at most {most} long"));
            }
        }
        violations.into_result()
    }
}
