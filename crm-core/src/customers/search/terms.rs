//! What is searched for.

use std::borrow::Cow;

use super::digits;
use crate::base::error::{Malformed, Result};
use crate::base::places;
use crate::base::text::{email, fold, is_unspaced, unicode_domain};

/// The longest text that is searched for, in characters.
const LONGEST: usize = 200;
/// The longest text in its folded form, in bytes.
const MAX_FOLDED_LENGTH: usize = 1_000;
/// How many different words are searched for at once.
const MAX_WORDS: usize = 20;
/// The shortest run of digits that may be a part of a telephone number.
const SHORTEST_NUMBER: usize = 3;
/// The shortest number that is looked for without the zeros before it.
const SHORTEST_UNDIALLED: usize = 5;

/// The words of a search, and the telephone numbers it may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SearchTerms {
    /// The whole text, folded.
    whole: String,
    /// Its words.
    pub words: Vec<String>,
    /// The text as digits, if it looks like a telephone number: as typed, and with the country code.
    pub numbers: Vec<String>,
}

impl SearchTerms {
    pub fn new(text: &str, default_country: Option<&str>) -> Result<Self> {
        if text.chars().count() > LONGEST {
            return Err(Malformed::new("parameter_invalid", "q", format!("at most {LONGEST} characters")).into());
        }
        let whole = fold(&with_readable_domains(text));
        // A lone sign (the & of a firm) tells nothing, and no index finds it.
        let mut words: Vec<String> = Vec::new();
        for word in whole.split(' ').filter(|word| word.contains(char::is_alphanumeric)) {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        // One character can fold to many, so that the text alone is no bound.
        if words.len() > MAX_WORDS || whole.len() > MAX_FOLDED_LENGTH {
            return Err(Malformed::new("parameter_invalid", "q", format!("at most {MAX_WORDS} words")).into());
        }
        if words.is_empty() {
            return Err(Malformed::new(
                "parameter_invalid",
                "q",
                "say what to search for: at least one letter or digit",
            )
            .into());
        }
        Ok(Self { words, numbers: numbers(text, default_country), whole })
    }

    /// What a whole field may be.
    pub fn wholes(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.whole.as_str()).chain(self.numbers.iter().map(String::as_str))
    }
}

/// True for two letters of scripts that put no blanks between words: they are found anywhere.
pub(super) fn is_unspaced_pair(letters: &[char]) -> bool {
    matches!(letters, [first, second] if is_unspaced(*first) && is_unspaced(*second))
}

/// E-mail addresses are stored with the readable form of their domains.
fn with_readable_domains(text: &str) -> Cow<'_, str> {
    if !text.to_ascii_lowercase().contains("xn--") {
        return Cow::Borrowed(text);
    }
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| if word.contains('@') { email(word) } else { unicode_domain(&word.to_lowercase()).into_owned() })
        .collect();
    Cow::Owned(words.join(" "))
}

fn numbers(text: &str, default_country: Option<&str>) -> Vec<String> {
    let looks_like_one = text.chars().all(|character| character.is_ascii_digit() || "+()-./ x".contains(character));
    let typed = digits(text);
    if !looks_like_one || typed.len() < SHORTEST_NUMBER {
        return Vec::new();
    }
    // Without the zeros that are dialled before the city or the country, it is a part of the international number.
    let undialled = typed.trim_start_matches('0').to_owned();
    let mut numbers = vec![typed];
    if undialled.len() >= SHORTEST_UNDIALLED && !numbers.contains(&undialled) {
        numbers.push(undialled);
    }
    if let Some(international) = places::phone_e164(text, default_country).map(|number| digits(&number))
        && !numbers.contains(&international)
    {
        numbers.push(international);
    }
    numbers
}
