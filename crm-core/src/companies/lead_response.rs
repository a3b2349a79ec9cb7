//! Within what working time a company wants its leads to be answered.

use super::LeadResponseTarget;
use crate::base::error::Violations;
use crate::base::text;
use crate::base::validation::normalise;

/// The maximum number of targets.
const MAX_TARGETS: usize = 20;
/// The maximum length of a source, in characters: that of a lead's.
const MAX_SOURCE: usize = 64;
/// Thirty days around the clock.
const MAX_MINUTES: i64 = 30 * 24 * 60;

/// Trims all texts, and checks every rule.
pub(super) fn settle(mut targets: Vec<LeadResponseTarget>, violations: &mut Violations) -> Vec<LeadResponseTarget> {
    if targets.len() > MAX_TARGETS {
        violations.add("/leadResponseTargets", "too_many", format!("at most {MAX_TARGETS} targets"));
        return Vec::new();
    }
    for (index, target) in targets.iter_mut().enumerate() {
        let at = |name: &str| format!("/leadResponseTargets/{index}{name}");
        normalise(&mut target.source, &at("/source"), text::line, violations);
        if target.source.as_ref().is_some_and(|source| source.chars().count() > MAX_SOURCE) {
            violations.add(at("/source"), "too_long", format!("at most {MAX_SOURCE} long"));
        }
        if target.priority.is_some_and(|priority| !(0..=3).contains(&priority)) {
            violations.add(at("/priority"), "out_of_range", "from 0 to 3");
        }
        if !(1..=MAX_MINUTES).contains(&target.minutes) {
            violations.add(at("/minutes"), "out_of_range", format!("from 1 to {MAX_MINUTES}"));
        }
    }
    targets
}
