//! The reasons for losses that a company has chosen.

use std::collections::HashSet;

use super::LostReason;
use crate::base::error::Violations;
use crate::base::string_enum::canonical;
use crate::base::text;
use crate::base::validation::normalise;
use crate::tags::is_color;

/// The maximum number of reasons.
const MAX_REASONS: usize = 100;
/// The maximum length of a code, in characters.
const MAX_CODE: usize = 64;
/// The maximum length of a label, in characters.
const MAX_LABEL: usize = 100;

/// Trims all texts, makes missing codes of the labels, and checks every rule.
pub(super) fn settle(mut reasons: Vec<LostReason>, violations: &mut Violations) -> Vec<LostReason> {
    if reasons.len() > MAX_REASONS {
        violations.add("/lostReasons", "too_many", format!("at most {MAX_REASONS} reasons"));
        return Vec::new();
    }
    let mut codes = HashSet::new();
    for (index, reason) in reasons.iter_mut().enumerate() {
        let at = |name: &str| format!("/lostReasons/{index}{name}");
        for (text, name) in [(&mut reason.label, "/label"), (&mut reason.code, "/code")] {
            let mut stored = Some(std::mem::take(text));
            normalise(&mut stored, &at(name), text::line, violations);
            *text = stored.unwrap_or_default();
        }
        reason.code = canonical(if reason.code.is_empty() { &reason.label } else { &reason.code });
        reason.color = reason.color.take().map(|color| color.to_lowercase());
        for (text, name, most) in [(&reason.label, "/label", MAX_LABEL), (&reason.code, "/code", MAX_CODE)] {
            if text.is_empty() {
                violations.add(at(name), "required", "a value is required");
            } else if text.chars().count() > most {
                violations.add(at(name), "too_long", format!("at most {most} long"));
            }
        }
        if reason.color.as_deref().is_some_and(|color| is_color(color).is_err()) {
            violations.add(at("/color"), "color_invalid", "expected a colour such as #d4af37");
        }
        if !codes.insert(reason.code.clone()) {
            violations.add(at("/code"), "duplicate", "another reason has this code");
        }
    }
    reasons
}
