//! Within what working time leads are to be answered, as people type it: `hot 30; priority 2, web_site 120; 480`.

use crm_core::companies::LeadResponseTarget;
use crm_core::leads::LeadRating;
use crm_core::patch::Patch;
use crm_core::{Error, Violations};

use crate::base::fields::Fields;

pub(super) const TARGETS: &str = "leadResponseTargets";

/// What stands before a least priority.
const PRIORITY: &str = "priority ";

/// The targets of a form. Without any, leads have no time.
pub(super) fn typed(form: &Fields) -> Result<Patch<Vec<LeadResponseTarget>>, Error> {
    if !form.has(TARGETS) {
        return Ok(Patch::Absent);
    }
    let parts = form.text(TARGETS).split(';').map(str::trim).filter(|part| !part.is_empty());
    let targets: Option<Vec<LeadResponseTarget>> = parts.map(target).collect();
    let invalid = || {
        let detail = "expected targets such as hot 30; priority 2, web_site 120; 480";
        Violations::one(format!("/{TARGETS}"), "response_targets_invalid", detail)
    };
    targets.map(Patch::Set).ok_or_else(|| invalid().into())
}

/// Conditions with commas between them, and the minutes.
fn target(text: &str) -> Option<LeadResponseTarget> {
    let (conditions, minutes) = text.rsplit_once(' ').unwrap_or(("", text));
    let mut target = LeadResponseTarget { minutes: minutes.parse().ok()?, ..LeadResponseTarget::default() };
    for condition in conditions.split(',').map(str::trim).filter(|condition| !condition.is_empty()) {
        let is_free = match (condition.parse::<LeadRating>(), condition.strip_prefix(PRIORITY)) {
            (Ok(rating), _) => target.rating.replace(rating).is_none(),
            (_, Some(least)) => target.priority.replace(least.trim().parse().ok()?).is_none(),
            (_, None) => target.source.replace(condition.to_owned()).is_none(),
        };
        if !is_free {
            return None;
        }
    }
    Some(target)
}

/// The targets as they are typed.
pub(super) fn written(targets: &[LeadResponseTarget]) -> String {
    let target = |LeadResponseTarget { rating, priority, source, minutes }: &LeadResponseTarget| {
        let rating = rating.map(|rating| rating.as_str().to_owned());
        let priority = priority.map(|least| format!("{PRIORITY}{least}"));
        let conditions: Vec<String> = [rating, priority, source.clone()].into_iter().flatten().collect();
        format!("{} {minutes}", conditions.join(", ")).trim_start().to_owned()
    };
    targets.iter().map(target).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::{Fields, Patch, TARGETS, typed, written};

    fn read(text: &str) -> Option<String> {
        match typed(&Fields::default().and(TARGETS, text)) {
            Ok(Patch::Set(targets)) => Some(written(&targets)),
            _ => None,
        }
    }

    #[test]
    fn targets_are_written_as_they_are_read() {
        for text in ["hot 30; priority 2, web_site 120; 480", "warm, priority 0, trade fair 60", "15", ""] {
            assert_eq!(read(text).as_deref(), Some(text));
        }
        assert_eq!(read(" web site 10;; 20 ").as_deref(), Some("web site 10; 20"));
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in ["hot", "hot 30m", "hot, cold 30", "priority x 30", "fair, web 30"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
