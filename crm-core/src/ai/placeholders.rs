//! Personal data becomes placeholders before a text leaves, and is put back into the answer.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::base::error::{Error, Result};
use crate::base::text::{fold, fold_indexed, is_unspaced};

/// Digits of a telephone number that tell it from other numbers.
const TELLING_DIGITS: usize = 7;
/// Words in names that name nobody; without them a text would be hard to understand.
const COMMON_WORDS: &[&str] = &[
    "and", "the", "und", "der", "die", "das", "des", "den", "von", "van", "les", "for", "co", "kg", "ag", "sa", "gmbh",
    "inc", "ltd", "llc", "plc", "corp", "company", "group", "of", "de", "la", "le", "du", "al", "mr", "mrs", "ms",
    "dr", "herr", "frau",
];

/// What is found in texts.
#[derive(Debug)]
struct Patterns {
    email: Regex,
    /// Groups of digits with the signs that telephone numbers have between them.
    phone: Regex,
    /// Days and times, which are no telephone numbers.
    date: Regex,
    /// Models also write `[NAME 1]`, `[NAME1]`, and `[NAME\_1]` in Markdown.
    placeholder: Regex,
}

static PATTERNS: LazyLock<Result<Patterns, regex::Error>> = LazyLock::new(|| {
    Ok(Patterns {
        email: Regex::new(r#"[^\s@＠<>()\[\]{},;:"']+[@＠][^\s@＠<>()\[\]{},;:"']+"#)?,
        phone: Regex::new(r"[+＋(]?\d[\d\s().\-/–]*\d")?,
        date: Regex::new(
            r"^(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2,4}|\d{1,2}-\d{1,2}-\d{4})([ T]+\d{1,2}([:.]\d{2})?)?$",
        )?,
        placeholder: Regex::new(r"(?i)\[(NAME|EMAIL|PHONE|ADDRESS|ID)(?:\\?_|[ -])?(\d+)\]")?,
    })
});

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Personal {
    Name,
    Email,
    Phone,
    Address,
    Id,
}

impl Personal {
    const fn word(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Address => "ADDRESS",
            Self::Id => "ID",
        }
    }
}

/// Personal data that is known.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// In folded form, with what it is.
    terms: BTreeMap<String, Personal>,
    /// Telephone numbers, as digits.
    numbers: Vec<String>,
}

impl Known {
    /// A name, and each of its parts.
    pub(super) fn name(&mut self, name: Option<&str>) {
        let Some(name) = name else { return };
        self.term(Personal::Name, name);
        for part in name.split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '’') {
            let folded = fold(part);
            let is_short = folded.chars().count() < 2 && !folded.chars().any(is_unspaced);
            if !is_short && !COMMON_WORDS.contains(&folded.as_str()) {
                self.terms.entry(folded).or_insert(Personal::Name);
            }
        }
    }

    /// Another text that identifies a person. One of fewer than three letters tells nothing.
    pub(super) fn term(&mut self, what: Personal, text: &str) {
        let folded = fold(text);
        if folded.chars().count() > 2 || folded.chars().any(is_unspaced) {
            self.terms.entry(folded).or_insert(what);
        }
    }

    /// A telephone number.
    pub(super) fn phone(&mut self, number: &str) {
        let digits = digits(number);
        if digits.len() > 2 {
            self.numbers.push(digits);
        }
    }

    fn is_known_number(&self, digits: &str) -> bool {
        self.numbers.iter().any(|known| {
            known == digits
                || (digits.len() >= TELLING_DIGITS && (known.ends_with(digits) || digits.ends_with(known.as_str())))
                || (digits.len() >= TELLING_DIGITS
                    && known.len() >= TELLING_DIGITS
                    && known[known.len() - TELLING_DIGITS..] == digits[digits.len() - TELLING_DIGITS..])
        })
    }
}

fn digits(text: &str) -> String {
    text.chars().filter_map(|letter| letter.to_digit(10)).filter_map(|digit| char::from_digit(digit, 10)).collect()
}

/// Replaces personal data, and puts it back.
#[derive(Debug)]
pub(super) struct Placeholders {
    patterns: &'static Patterns,
    /// The text behind each placeholder.
    originals: BTreeMap<String, String>,
    /// The placeholder of each text, in the form in which it is compared.
    given: BTreeMap<(Personal, String), String>,
    counts: BTreeMap<Personal, usize>,
}

/// A place in a text, in bytes.
struct Found {
    start: usize,
    end: usize,
    what: Personal,
}

impl Placeholders {
    /// None yet.
    ///
    /// # Errors
    /// [`Error::Internal`] if a pattern is no pattern: then nothing can be replaced, and nothing may be sent.
    pub(super) fn new() -> Result<Self> {
        let patterns = PATTERNS.as_ref().map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self { patterns, originals: BTreeMap::new(), given: BTreeMap::new(), counts: BTreeMap::new() })
    }

    /// The texts without what is known, and without e-mail addresses and telephone numbers of any kind.
    pub(super) fn replace<const N: usize>(&mut self, known: &Known, texts: [&str; N]) -> [String; N] {
        let all = texts.join("\n");
        texts.map(|text| self.replace_in(known, text, &all))
    }

    fn replace_in(&mut self, known: &Known, text: &str, all: &str) -> String {
        let mut found = contacts(self.patterns, known, text);
        for term in terms(known, text) {
            if !found.iter().any(|other| term.start < other.end && other.start < term.end) {
                found.push(term);
            }
        }
        found.sort_by_key(|place| place.start);
        let (mut replaced, mut last) = (String::with_capacity(text.len()), 0);
        for Found { start, end, what } in found {
            replaced.push_str(&text[last..start]);
            replaced.push_str(&self.placeholder(what, &text[start..end], all));
            last = end;
        }
        replaced.push_str(&text[last..]);
        replaced
    }

    /// The placeholder of a text, and none that the texts themselves hold. Other spellings of a name share it; e-mail
    /// addresses and numbers do not, since one letter makes another address.
    fn placeholder(&mut self, what: Personal, original: &str, all: &str) -> String {
        let compared = match what {
            Personal::Email | Personal::Phone => original.to_owned(),
            Personal::Name | Personal::Address | Personal::Id => fold(original),
        };
        let key = (what, compared);
        if let Some(given) = self.given.get(&key) {
            return given.clone();
        }
        let count = self.counts.entry(what).or_default();
        let placeholder = loop {
            *count += 1;
            let placeholder = format!("[{}_{count}]", what.word());
            if !self.patterns.placeholder.captures_iter(all).any(|other| usual(&other) == placeholder) {
                break placeholder;
            }
        };
        self.originals.insert(placeholder.clone(), original.to_owned());
        self.given.insert(key, placeholder.clone());
        placeholder
    }

    /// The text with the personal data in place of its placeholders. Placeholders that were not given stay text.
    pub(super) fn restore(&self, text: &str) -> String {
        let original = |captures: &regex::Captures<'_>| {
            self.originals.get(&usual(captures)).cloned().unwrap_or_else(|| captures[0].to_owned())
        };
        self.patterns.placeholder.replace_all(text, original).into_owned()
    }
}

/// A placeholder in the spelling in which it is given.
fn usual(captures: &regex::Captures<'_>) -> String {
    format!("[{}_{}]", captures[1].to_uppercase(), &captures[2])
}

/// E-mail addresses and telephone numbers.
fn contacts(patterns: &Patterns, known: &Known, text: &str) -> Vec<Found> {
    let emails = patterns.email.find_iter(text).map(|found| (found, Personal::Email));
    let mut places: Vec<Found> =
        emails.map(|(found, what)| Found { start: found.start(), end: found.end(), what }).collect();
    for found in patterns.phone.find_iter(text) {
        let (number, digits) = (found.as_str().trim(), digits(found.as_str()));
        let is_phone = digits.len() >= TELLING_DIGITS && !patterns.date.is_match(number);
        let is_free = places.iter().all(|place| found.end() <= place.start || place.end <= found.start());
        if is_free && (is_phone || known.is_known_number(&digits)) {
            places.push(Found { start: found.start(), end: found.end(), what: Personal::Phone });
        }
    }
    places
}

/// The places of known texts as whole words, whatever their case and accents; the longest first.
fn terms(known: &Known, text: &str) -> Vec<Found> {
    let folded = fold_indexed(text);
    let origins: Vec<(usize, char)> = text.char_indices().collect();
    let mut longest: Vec<(Vec<char>, Personal)> =
        known.terms.iter().map(|(term, what)| (term.chars().collect(), *what)).collect();
    longest.sort_by_key(|(term, _)| std::cmp::Reverse(term.len()));
    let mut taken = vec![false; folded.len()];
    let mut found = Vec::new();
    for (term, what) in &longest {
        for at in starts(&folded, term) {
            let places = at..at + term.len();
            let (first, last) = (folded[at].1, folded[places.end - 1].1);
            if taken[places.clone()].contains(&true) || !is_word(&origins, first, last) {
                continue;
            }
            taken[places].fill(true);
            let end = origins.get(last + 1).map_or(text.len(), |(byte, _)| *byte);
            found.push(Found { start: origins[first].0, end, what: *what });
        }
    }
    found
}

/// Where a term begins in a folded text.
fn starts(folded: &[(char, usize)], term: &[char]) -> Vec<usize> {
    let Some(first) = term.first() else { return Vec::new() };
    let candidates = folded.iter().enumerate().filter(|(_, (letter, _))| letter == first).map(|(at, _)| at);
    let is_term = |at: &usize| {
        folded
            .get(*at..*at + term.len())
            .is_some_and(|part| part.iter().zip(term).all(|((letter, _), of)| letter == of))
    };
    candidates.filter(is_term).collect()
}

/// Whether the letters from the first to the last are a word of their own. Scripts without blanks have no such words.
fn is_word(origins: &[(usize, char)], first: usize, last: usize) -> bool {
    let letter = |at: usize| origins.get(at).map(|(_, letter)| *letter);
    let ends = |edge: Option<char>, next: Option<char>| {
        next.is_none_or(|next| !next.is_alphanumeric() || is_unspaced(next) || edge.is_some_and(is_unspaced))
    };
    let before = first.checked_sub(1).and_then(letter);
    ends(letter(first), before) && ends(letter(last), letter(last + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{COMMON_WORDS, Known, PATTERNS, Personal, Placeholders};
    use crate::base::text::fold;

    fn known() -> Known {
        let mut known = Known::default();
        known.name(Some("Zoë O'Brien-Müller"));
        known.name(Some("Harbour & Sons GmbH"));
        known.name(Some("王小明"));
        known.term(Personal::Address, "12 Harbour Street");
        known.term(Personal::Address, "CA");
        known.phone("+49 30 901820");
        known
    }

    fn replaced(text: &str) -> String {
        let mut placeholders = Placeholders::new().unwrap();
        let [replaced] = placeholders.replace(&known(), [text]);
        assert_eq!(placeholders.restore(&replaced), text, "what is put back is what was there");
        replaced
    }

    #[test]
    fn names_are_whole_words_in_any_spelling() {
        assert_eq!(replaced("Zoë O'Brien-Müller rang."), "[NAME_1] rang.");
        assert_eq!(replaced("Talk to Brien and Zoe's boss"), "Talk to Brien and [NAME_1]'s boss");
        assert_eq!(replaced("ZOË, obrien; MULLER"), "[NAME_1], [NAME_2]; [NAME_3]");
        assert_eq!(replaced("Mullerian zoes"), "Mullerian zoes");
        assert_eq!(replaced("今天王小明来电"), "今天[NAME_1]来电");
        assert_eq!(replaced("At Harbour and Sons GmbH"), "At [NAME_1] and [NAME_2] GmbH");
        assert_eq!(replaced("Z\u{200b}oë called"), "[NAME_1] called");
    }

    #[test]
    fn the_longest_goes_first() {
        assert_eq!(replaced("12 Harbour Street, CA"), "[ADDRESS_1], CA");
        assert_eq!(replaced("Harbour & Sons GmbH at 12 harbour street"), "[NAME_1] at [ADDRESS_1]");
    }

    #[test]
    fn addresses_and_numbers_are_found_by_their_form() {
        assert_eq!(
            replaced("Write to a.b+c@example.co.uk or <x@müller.example>."),
            "Write to [EMAIL_1] or <[EMAIL_2]>."
        );
        assert_eq!(replaced("Call +1 (617) 555-0100 or 030/901820"), "Call [PHONE_1] or [PHONE_2]");
        assert_eq!(replaced("Room 901820"), "Room 901820");
        assert_eq!(replaced("müller@a.example, not muller@a.example"), "[EMAIL_1], not [EMAIL_2]");
        for plain in ["On 2026-11-29 10:30", "29.11.2026", "200 units at 1,250.00", "Order 4711"] {
            assert_eq!(replaced(plain), plain);
        }
    }

    #[test]
    fn placeholders_of_others_stay_text() {
        let mut placeholders = Placeholders::new().unwrap();
        let [text] = placeholders.replace(&known(), ["Zoe wrote [NAME_1] and [EMAIL_7]"]);
        assert_eq!(text, "[NAME_2] wrote [NAME_1] and [EMAIL_7]");
        assert_eq!(placeholders.restore("[name_2], [NAME_1], [NAME_9]"), "Zoe, [NAME_1], [NAME_9]");
    }

    #[test]
    fn placeholders_are_put_back_in_the_spellings_of_models() {
        let mut placeholders = Placeholders::new().unwrap();
        let [text] = placeholders.replace(&known(), ["Zoe has seen [NAME 1]"]);
        assert_eq!(text, "[NAME_2] has seen [NAME 1]");
        for answer in ["[NAME_2]", "[NAME2]", "[Name 2]", "[NAME-2]", r"[NAME\_2]"] {
            assert_eq!(placeholders.restore(answer), "Zoe", "{answer}");
        }
        assert_eq!(placeholders.restore("[NAME 1] [NAMES_2] [NAME__2]"), "[NAME 1] [NAMES_2] [NAME__2]");
    }

    #[test]
    fn the_patterns_compile() {
        assert!(PATTERNS.is_ok(), "{PATTERNS:?}");
        assert!(COMMON_WORDS.iter().all(|word| fold(word) == *word));
    }

    proptest! {
        #[test]
        fn what_was_replaced_comes_back(text in "(\\PC|Zoë|O'Brien|12 Harbour Street|a@b\\.example|\\+49 30 901820|\\[NAME_1\\]| ){0,40}") {
            replaced(&text);
        }
    }
}
