//! The features of leads that a model learns from: none says who a person is.
//!
//! Never among them: names, salutations, birth dates, languages, addresses below the country, descriptions, notes, tags, custom
//! fields and metadata.

use std::collections::BTreeSet;

use super::facts::Facts;
use crate::base::text::{fold_words, word_key};

/// How often the company's leads are won at all.
pub(super) const BASE: &str = "base_rate";
/// The words of a job title, each of which counts by itself.
pub(super) const JOB_TITLE: &str = "jobTitle";

/// What a lead without a value has as its value.
pub(super) const NO_VALUE: &str = "";
/// What stands for all values that are too rare to learn from.
pub(super) const OTHER_VALUES: &str = "*";
/// Begins each value proper, so that none of them reads as one of those.
const PROPER: char = '=';

/// The most words of a job title that count.
const MAX_WORDS: usize = 10;

/// What a lead has in one feature.
pub(super) struct Trait {
    pub feature: &'static str,
    /// The value as models have it.
    pub value: String,
}

impl Trait {
    fn of(feature: &'static str, value: Option<&str>) -> Self {
        Self { feature, value: value.map_or_else(|| NO_VALUE.to_owned(), |value| format!("{PROPER}{value}")) }
    }

    fn flag(feature: &'static str, has: bool) -> Self {
        Self::of(feature, Some(if has { "yes" } else { "no" }))
    }
}

/// The value as it is shown; none for leads without one.
pub(super) fn shown(value: &str) -> Option<String> {
    value.strip_prefix(PROPER).map(str::to_owned)
}

/// What a lead has in each feature, in their order.
pub(super) fn traits(facts: &Facts) -> Vec<Trait> {
    let word = |text: &Option<String>| text.as_deref().map(word_key).filter(|word| !word.is_empty());
    let mut traits = vec![
        Trait::of("kind", Some(&facts.kind)),
        Trait::of("source", word(&facts.source).as_deref()),
        Trait::of("utmMedium", word(&facts.utm_medium).as_deref()),
        Trait::of("industry", word(&facts.industry).as_deref()),
        Trait::of("employeeBand", facts.employee_band.as_deref()),
        Trait::of("countryCode", facts.country.as_deref()),
        Trait::of("rating", facts.rating.as_deref()),
        Trait::flag("hasEmail", facts.has_email),
        Trait::flag("hasPhone", facts.has_phone),
        Trait::flag("hasWebsite", facts.has_website),
    ];
    let words = words(facts.job_title.as_deref().unwrap_or_default());
    traits.extend(words.iter().map(|word| Trait::of(JOB_TITLE, Some(word))));
    traits
}

/// The different words of a job title, without those that are numbers or letters.
fn words(title: &str) -> Vec<String> {
    let folded = fold_words(title);
    let says_something =
        |word: &&str| word.chars().count() > 1 && !word.chars().all(|character| character.is_numeric());
    let words: BTreeSet<&str> = folded.split(' ').filter(says_something).take(MAX_WORDS).collect();
    words.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{shown, words};

    #[test]
    fn a_title_is_its_different_words() {
        assert_eq!(words("Head of Purchasing, Head (2)"), ["head", "of", "purchasing"]);
        assert!(words(" - 7 a ").is_empty());
    }

    #[test]
    fn only_values_proper_are_shown() {
        assert_eq!((shown("=*"), shown("*"), shown("")), (Some("*".to_owned()), None, None));
    }
}
