//! The words of a header, in the terms of the import: `Straße geschäftlich`, `Business Street` and `BUSINESSSTREET` have
//! the same.

mod dictionary;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::base::text::fold;

/// The longest word of the dictionary, in bytes.
const LONGEST: usize = 24;

/// The words of a header without order and repetition, and its numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// In alphabetical order.
    pub set: Vec<&'static str>,
    pub numbers: Vec<u32>,
    pub ends_in_number: bool,
}

impl Words {
    /// The words of a header; `None` if it has one that nothing is known about.
    pub fn of(header: &str) -> Option<Self> {
        let mut words = Self::default();
        for word in pieces(header) {
            match word.parse() {
                Ok(number) => words.numbers.push(number),
                Err(_) => words.set.extend(known(&word)?),
            }
            words.ends_in_number = word.parse::<u32>().is_ok();
        }
        words.set.sort_unstable();
        words.set.dedup();
        (!words.set.is_empty()).then_some(words)
    }

    /// Whether these are all words, in any order.
    pub fn are(&self, words: &[&str]) -> bool {
        self.set.len() == words.len() && words.iter().all(|word| self.has(word))
    }

    pub fn has(&self, word: &str) -> bool {
        self.set.contains(&word)
    }

    /// Removes a word, and tells whether it was there.
    pub fn take(&mut self, word: &str) -> bool {
        let before = self.set.len();
        self.set.retain(|other| *other != word);
        self.set.len() < before
    }
}

/// The terms by word. A word that says nothing has none.
static TERMS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let entries = dictionary::WORDS.iter().flat_map(|(term, words)| {
        let terms: Vec<&'static str> = term.split_whitespace().collect();
        words.split_whitespace().map(move |word| (word, terms.clone()))
    });
    entries.collect()
});

/// The folded words and numbers of a header: at signs, at capitals (`firstName`), and around digits (`phone2`).
fn pieces(header: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let (mut piece, mut before) = (String::new(), ' ');
    for letter in header.chars() {
        let is_part = letter.is_alphanumeric() || matches!(letter, '\'' | '’');
        let is_hump = letter.is_uppercase() && before.is_lowercase();
        let is_number = letter.is_ascii_digit() != before.is_ascii_digit();
        if (!is_part || is_hump || is_number) && !piece.is_empty() {
            pieces.push(fold(&std::mem::take(&mut piece)));
        }
        if is_part {
            piece.push(letter);
        }
        before = letter;
    }
    pieces.push(fold(&piece));
    pieces.retain(|piece| !piece.is_empty());
    joined(pieces)
}

/// `E-mail` is one word, and so is `e mail`.
fn joined(pieces: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if last == "e" && (piece.starts_with("mail") || piece.starts_with("post")) => {
                last.push_str(&piece);
            }
            _ => joined.push(piece),
        }
    }
    joined
}

/// The terms of a word; of a compound such as `MAILINGSTREET`, those of its parts.
fn known(word: &str) -> Option<Vec<&'static str>> {
    if let Some(terms) = TERMS.get(word) {
        return Some(terms.clone());
    }
    // The shortest way to each end; compounds of the fewest words are right most often.
    let mut ways: Vec<Option<(usize, usize)>> = vec![None; word.len() + 1];
    ways[0] = Some((0, 0));
    for end in 1..=word.len() {
        for start in end.saturating_sub(LONGEST)..end {
            let Some((count, _)) = ways[start] else { continue };
            let is_word = word.get(start..end).is_some_and(|part| part.len() > 1 && TERMS.contains_key(part));
            if is_word && ways[end].is_none_or(|(best, _)| count + 1 < best) {
                ways[end] = Some((count + 1, start));
            }
        }
    }
    ways[word.len()]?;
    let (mut terms, mut end) = (Vec::new(), word.len());
    while end > 0 {
        let (_, start) = ways[end]?;
        terms.extend(TERMS.get(&word[start..end]).into_iter().flatten());
        end = start;
    }
    Some(terms)
}

#[cfg(test)]
mod tests {
    use super::{TERMS, Words, dictionary};

    fn set(header: &str) -> Option<Vec<&'static str>> {
        Words::of(header).map(|words| words.set)
    }

    #[test]
    fn spellings_have_the_same_words() {
        for headers in [
            ["Business Street", "Straße geschäftlich", "BUSINESSSTREET"],
            ["First Name", "firstName", "Vorname"],
            ["E-mail Address", "E-Mail-Adresse", "emailAddress"],
            ["Mailing Zip/Postal Code", "MAILINGZIPPOSTALCODE", "mailing_zip_postal_code"],
            ["Mobile Phone", "Mobiltelefon", "Téléphone mobile"],
        ] {
            let [one, other, third] = headers.map(set);
            assert!(one.is_some() && one == other && other == third, "{headers:?}: {one:?} {other:?} {third:?}");
        }
        assert_eq!(Words::of("E-mail 2 - Value").map(|words| words.numbers), Some(vec![2]));
        assert_eq!(Words::of("phone2").map(|words| words.numbers), Some(vec![2]));
    }

    #[test]
    fn a_strange_word_makes_a_header_strange() {
        for header in ["Phonetic First Name", "Namespace", "Candidate", "客户", "", "--", "Nickname", "Heather"] {
            assert_eq!(set(header), None, "{header}");
        }
    }

    #[test]
    fn every_word_has_one_meaning() {
        let words = || dictionary::WORDS.iter().flat_map(|(_, words)| words.split_whitespace());
        assert_eq!(words().count(), TERMS.len());
        for word in words() {
            assert!(word.len() <= super::LONGEST && crate::base::text::fold(word) == word, "{word}");
        }
    }
}
