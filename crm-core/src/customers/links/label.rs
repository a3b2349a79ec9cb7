//! What customers a label joins. Other words than these are labels too, for customers of a company's choice.

use super::super::model::CustomerKind::{self, Organization, Person};
use crate::base::text::word_key;

/// The label of the hierarchy of organizations.
pub(super) const PARENT: &str = "parent";
/// The label of a person who works for an organization.
pub(super) const EMPLOYEE: &str = "employee";
/// The label of a customer who came through another one.
const REFERRED_BY: &str = "referred_by";

/// The labels that every company has.
pub const KNOWN: &[&str] = &[
    EMPLOYEE,
    "owner",
    "director",
    "decision_maker",
    "accountant",
    "family",
    "partner",
    "reseller",
    REFERRED_BY,
    "other",
    PARENT,
];

/// A label as it is stored: a known one in its own spelling, every other one as typed.
pub(super) fn stored(label: &str) -> String {
    let key = word_key(label);
    KNOWN.iter().find(|known| word_key(known) == key).map_or_else(|| label.to_owned(), |known| (*known).to_owned())
}

/// What a label is compared by.
pub(super) fn key(label: &str) -> String {
    word_key(label)
}

/// Whether the label can go from the one to the other. A word of a company's own joins a person with an organization, and
/// customers of the same kind.
pub(super) fn joins(label: &str, from: CustomerKind, to: CustomerKind) -> bool {
    match label {
        EMPLOYEE | "owner" | "director" | "decision_maker" | "accountant" => (from, to) == (Person, Organization),
        "family" => (from, to) == (Person, Person),
        "reseller" => to == Organization,
        REFERRED_BY => true,
        PARENT => (from, to) == (Organization, Organization),
        _ => (from, to) != (Organization, Person),
    }
}

/// Whether the label says the same in both directions.
pub(super) fn is_mutual(label: &str) -> bool {
    matches!(label, "family" | "partner" | "other")
}

/// Whether a link with this label can be a person's primary one.
pub(super) fn can_be_primary(label: &str, from: CustomerKind, to: CustomerKind) -> bool {
    (from, to) == (Person, Organization) && label != REFERRED_BY
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, Organization, Person, joins, stored};

    #[test]
    fn known_labels_have_one_spelling() {
        for typed in ["Decision Maker", "decision-maker", "DECISION_MAKER"] {
            assert_eq!(stored(typed), "decision_maker");
        }
        assert_eq!(stored("Aufsichtsrat"), "Aufsichtsrat");
    }

    #[test]
    fn every_label_joins_some_customers_in_one_direction() {
        for label in KNOWN.iter().chain(&["Aufsichtsrat"]) {
            let pairs = [(Person, Person), (Person, Organization), (Organization, Organization)];
            assert!(pairs.iter().any(|(from, to)| joins(label, *from, *to)), "{label}");
            assert_eq!(joins(label, Organization, Person), *label == "referred_by", "{label}");
        }
    }
}
