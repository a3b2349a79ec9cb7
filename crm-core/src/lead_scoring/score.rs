//! Computes a score from what is known of a lead: whole numbers only, the same on every machine.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::facts::Facts;
use super::features::{BASE, NO_VALUE, OTHER_VALUES, Trait, shown, traits};
use super::model::{LeadScore, LeadScoreModel, LeadScoreTerm, LeadScoreTermKind, LeadScoringRule};
use crate::scope::company::Company;

/// The highest score; the lowest is 0.
pub(super) const MAX_SCORE: i64 = 100;

/// What a model has learned, by feature and value. Without a base it says nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Weights {
    pub version: i64,
    of: BTreeMap<(String, String), i64>,
}

impl Weights {
    pub fn new(version: i64, weights: impl IntoIterator<Item = (String, String, i64)>) -> Self {
        Self { version, of: weights.into_iter().map(|(feature, value, weight)| ((feature, value), weight)).collect() }
    }

    fn get(&self, feature: &str, value: &str) -> Option<i64> {
        self.of.get(&(feature.to_owned(), value.to_owned())).copied()
    }

    /// What the company's leads begin with, if it has learned enough.
    fn base(&self) -> Option<i64> {
        self.get(BASE, NO_VALUE)
    }

    /// What a trait counts: that of all rare values together, if its own is one of them.
    fn weight(&self, of: &Trait) -> i64 {
        let own = self.get(of.feature, &of.value);
        own.or_else(|| self.get(of.feature, OTHER_VALUES)).unwrap_or_default()
    }

    /// The score of a lead with these traits, without rules.
    pub fn score(&self, traits: &[Trait]) -> i64 {
        let sum: i64 = traits.iter().map(|one| self.weight(one)).sum();
        (self.base().unwrap_or_default() + sum).clamp(0, MAX_SCORE)
    }
}

/// The score of a lead, with its terms. Those that count nothing are left out.
pub(super) fn explain(
    facts: &Facts,
    rules: &[LeadScoringRule],
    weights: &Weights,
    company: &Company,
    now: DateTime<Utc>,
) -> LeadScore {
    let mut terms = Vec::new();
    let base = weights.base();
    if let Some(base) = base {
        terms.push(term(LeadScoreTermKind::Base, BASE, base, None));
        terms.extend(traits(facts).iter().map(|one| {
            let value = shown(&one.value);
            term(LeadScoreTermKind::Feature, one.feature, weights.weight(one), value)
        }));
    }
    let idle = facts.idle_days(company, now);
    let met = rules.iter().enumerate().filter(|(place, _)| facts.meets(*place));
    terms.extend(met.map(|(_, rule)| of_rule(rule, idle)));
    let sum: i64 = terms.iter().map(|term| term.weight).sum();
    let score = sum.clamp(0, MAX_SCORE);
    terms.push(term(LeadScoreTermKind::Limit, "limit", score - sum, None));
    terms.retain(|term| term.weight != 0);
    let (model, version) = match base {
        Some(_) => (LeadScoreModel::Frequencies, weights.version),
        None => (LeadScoreModel::Rules, 0),
    };
    LeadScore { score, model, version, terms }
}

fn term(kind: LeadScoreTermKind, name: &str, weight: i64, value: Option<String>) -> LeadScoreTerm {
    LeadScoreTerm { kind, term: name.to_owned(), weight, value, rule_id: None }
}

fn of_rule(rule: &LeadScoringRule, idle: i64) -> LeadScoreTerm {
    let value = rule.decay_days.map(|_| idle.to_string());
    let weight = left(rule.points, rule.decay_days, idle);
    LeadScoreTerm { rule_id: Some(rule.id), ..term(LeadScoreTermKind::Rule, &rule.name, weight, value) }
}

/// What is left of points after days without activity: each day takes the same part. Halves are rounded away from zero.
fn left(points: i64, decay_days: Option<i64>, idle: i64) -> i64 {
    let Some(days) = decay_days else {
        return points;
    };
    let twice = 2 * points * Ord::max(days - idle, 0);
    (twice + days * points.signum()) / (2 * days)
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn points_decay_day_by_day() {
        let of = |points, idle| left(points, Some(10), idle);
        assert_eq!([0, 1, 5, 9, 10, 400].map(|idle| of(20, idle)), [20, 18, 10, 2, 0, 0]);
        assert_eq!([0, 1, 5, 9, 10, 400].map(|idle| of(-20, idle)), [-20, -18, -10, -2, 0, 0]);
        assert_eq!([1, 5, 9, 10].map(|idle| of(1, idle)), [1, 1, 0, 0]);
        assert_eq!(left(7, None, 1_000), 7);
    }

    #[test]
    fn they_never_grow_by_waiting() {
        for days in 1..40 {
            let all: Vec<i64> = (0..50).map(|idle| left(37, Some(days), idle)).collect();
            assert!(all.is_sorted_by(|one, next| one >= next), "{all:?}");
            assert_eq!((all[0], all[49]), (37, 0));
        }
    }
}
