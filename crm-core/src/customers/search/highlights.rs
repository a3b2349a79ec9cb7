//! Where words were found, for display.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::terms::{SearchTerms, is_unspaced_pair};
use super::{Customer, CustomerPhone, digits, fields};
use crate::base::custom_field::CompanyFields;
use crate::base::text::{fold_indexed, is_apostrophe};

/// A field in which words were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomerMatch {
    /// The field, as it is called in JSON; `customFields.tier` for a custom field.
    pub field: String,
    /// Its text.
    pub text: String,
    /// Where the words stand in the text.
    pub ranges: Vec<TextRange>,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TextRange {
    /// Its first character, counted from 0 in Unicode code points.
    pub start: usize,
    /// The character after its last.
    pub end: usize,
}

pub(super) fn of(customer: &Customer, company: &CompanyFields, terms: &SearchTerms) -> Vec<CustomerMatch> {
    let tags = customer.tags.iter().map(|tag| (Cow::Borrowed("tags"), tag.name.as_str()));
    let mut found: Vec<CustomerMatch> = fields(customer, company)
        .into_iter()
        .chain(tags)
        .filter_map(|(field, text)| {
            let ranges = ranges(text, &terms.words);
            (!ranges.is_empty()).then(|| CustomerMatch { field: field.into_owned(), text: text.to_owned(), ranges })
        })
        .collect();
    found.extend(customer.phones.iter().filter_map(|number| phone(number, terms)));
    found
}

fn phone(phone: &CustomerPhone, terms: &SearchTerms) -> Option<CustomerMatch> {
    let typed = phone.number.as_str();
    let numbers = [digits(typed), phone.e164.as_deref().map(digits).unwrap_or_default()];
    let parts = terms.numbers.iter().chain(&terms.words);
    let found = parts.into_iter().any(|part| numbers.iter().any(|number| number.contains(part.as_str())));
    // The digits of the needle need not stand together in what was typed: the whole number is the fragment.
    let whole = TextRange { start: 0, end: typed.chars().count() };
    let field = if phone.is_primary == Some(true) { "phone" } else { "phones" };
    found.then(|| CustomerMatch { field: field.to_owned(), text: typed.to_owned(), ranges: vec![whole] })
}

/// Where the words stand, overlapping ranges joined.
fn ranges(text: &str, words: &[String]) -> Vec<TextRange> {
    let (folded, typed) = (fold_indexed(text), text.chars().collect::<Vec<char>>());
    let mut ranges: Vec<TextRange> = words.iter().flat_map(|word| occurrences(&folded, &typed, word)).collect();
    ranges.sort_unstable();
    let mut joined: Vec<TextRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Short words count only at the start of a word, a letter only at the start of the field, signs aside: as in the search
/// itself. `typed` is the text before it was folded, with its apostrophes.
fn occurrences(folded: &[(char, usize)], typed: &[char], word: &str) -> Vec<TextRange> {
    let letters: Vec<char> = word.chars().collect();
    let starts_word = |at: usize| {
        let is_after_apostrophe = folded[at].1.checked_sub(1).is_some_and(|before| is_apostrophe(typed[before]));
        at == 0 || is_after_apostrophe || !folded[at - 1].0.is_alphanumeric()
    };
    (0..folded.len().saturating_sub(letters.len().saturating_sub(1)))
        .filter(|at| folded[*at..at + letters.len()].iter().map(|(letter, _)| letter).eq(&letters))
        .filter(|at| match letters.len() {
            1 => !folded[..*at].iter().any(|(letter, _)| letter.is_alphanumeric()),
            2 => starts_word(*at) || is_unspaced_pair(&letters),
            _ => true,
        })
        .map(|at| TextRange { start: folded[at].1, end: folded[at + letters.len() - 1].1 + 1 })
        .collect()
}
