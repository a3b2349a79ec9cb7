//! Folding: text in the form in which it is compared, sorted and searched.
//!
//! It is done here, because the databases treat case and accents differently. Variants of spelling are equal: case,
//! accents, width, apostrophes, Hiragana and Katakana, invisible characters. Marks that distinguish names in their
//! script stay: the vowel signs of Indian scripts and of Thai, the voicing marks of Kana. Letters that only look alike
//! (`rn` and `m`, Latin and Cyrillic `a`) stay different.

use icu_properties::props::Script;
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

use super::invisible;

const SCRIPT: CodePointMapDataBorrowed<'static, Script> = CodePointMapData::<Script>::new();

/// The folded text: lower case, without accents and apostrophes, with single blanks.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    fold_indexed(text).into_iter().map(|(character, _)| character).collect()
}

/// A fast path for the most frequent texts.
fn fold_ascii(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split(|character: char| character == ' ' || character.is_ascii_control()) {
        let start = folded.len();
        folded.extend(word.chars().filter(|character| !is_apostrophe(*character)));
        if start > 0 && folded.len() > start {
            folded.insert(start, ' ');
        }
    }
    folded.make_ascii_lowercase();
    folded
}

/// A word of a list that a company extends, as it is compared: `Web Site`, `web-site` and `web_site` are one.
#[must_use]
pub fn word_key(word: &str) -> String {
    fold(&word.replace(['_', '-'], " "))
}

/// The folded words of a text, separated by single blanks, without signs: `l'Oréal` is `l oreal`.
pub(crate) fn fold_words(text: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || is_mark(character) || invisible::is(character);
    fold(&text.replace(|character: char| !is_part(character), " "))
}

/// [`fold`], with the index (in characters) of the origin of each folded character.
pub(crate) fn fold_indexed(text: &str) -> Vec<(char, usize)> {
    let mut folded: Vec<(char, usize)> = Vec::with_capacity(text.len());
    let mut blank = None;
    for (index, original) in text.chars().enumerate() {
        if is_apostrophe(original) || invisible::is(original) {
            continue;
        }
        for character in original.nfkd().flat_map(char::to_lowercase) {
            if is_accent(character) || is_apostrophe(character) {
                continue;
            }
            if character.is_whitespace() || character.is_control() {
                blank = blank.or(Some(index));
                continue;
            }
            if let Some(at) = blank.take().filter(|_| !folded.is_empty()) {
                folded.push((' ', at));
            }
            push(&mut folded, letter(character), index);
        }
    }
    folded
}

/// Adds a letter, or recomposes it with the previous one, from which it was decomposed.
fn push(folded: &mut Vec<(char, usize)>, letter: Letter, index: usize) {
    let character = match letter {
        Letter::One(character) => character,
        Letter::Two(letters) => return folded.extend(letters.map(|letter| (letter, index))),
    };
    if let Some(last) = folded.last_mut()
        && let Some(composed) = compose(last.0, character)
    {
        last.0 = composed;
        return;
    }
    folded.push((character, index));
}

enum Letter {
    One(char),
    Two([char; 2]),
}

/// Letters without a decomposition that users type without their stroke or as two letters; the final form of sigma; and
/// Katakana as Hiragana.
fn letter(character: char) -> Letter {
    use Letter::{One, Two};
    match character {
        'ß' => Two(['s', 's']),
        'æ' => Two(['a', 'e']),
        'œ' => Two(['o', 'e']),
        'þ' => Two(['t', 'h']),
        'ø' => One('o'),
        'đ' | 'ð' => One('d'),
        'ł' => One('l'),
        'ħ' => One('h'),
        'ŧ' => One('t'),
        'ı' => One('i'),
        'ς' => One('σ'),
        // The two blocks have the same order.
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => {
            One(char::from_u32(u32::from(character) - 0x60).unwrap_or(character))
        }
        _ => One(character),
    }
}

/// The signs used as apostrophes.
pub(crate) const fn is_apostrophe(character: char) -> bool {
    matches!(
        character,
        '\'' | '`' | '\u{b4}' | '\u{2bb}' | '\u{2bc}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{ff07}'
    )
}

/// Marks that do not distinguish words: accents of European letters, points of Hebrew, Arabic and Syriac.
const fn is_accent(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}'
            | '\u{5bf}'
            | '\u{5c1}'..='\u{5c2}'
            | '\u{5c4}'..='\u{5c5}'
            | '\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6dc}'
            | '\u{6df}'..='\u{6e4}'
            | '\u{6e7}'..='\u{6e8}'
            | '\u{6ea}'..='\u{6ed}'
            | '\u{711}'
            | '\u{730}'..='\u{74a}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// Letters of scripts without blanks between words: two of them are treated as a word.
pub(crate) fn is_unspaced(character: char) -> bool {
    const SCRIPTS: [Script; 5] = [Script::Han, Script::Hiragana, Script::Katakana, Script::Hangul, Script::Thai];
    // The mark of a long vowel belongs to both kinds of Kana.
    !character.is_ascii() && (character == 'ー' || SCRIPTS.contains(&SCRIPT.get(character)))
}

#[cfg(test)]
mod tests {
    use super::{fold, fold_indexed, fold_words, word_key};

    #[test]
    fn words_are_compared_without_hyphens() {
        for word in ["Web Site", "web_site", " WEB-SITE "] {
            assert_eq!(word_key(word), "web site");
        }
        assert_eq!(word_key("Trade Show / Messe Köln"), "trade show / messe koln");
    }

    #[test]
    fn folding_ignores_case_accents_and_blanks() {
        assert_eq!(fold("  Ångström   GmbH "), "angstrom gmbh");
        assert_eq!(fold("Straße"), "strasse");
        assert_eq!(fold("İstanbul"), "istanbul");
        assert_eq!(fold("Łódź"), "lodz");
        assert_eq!(fold("東京"), "東京");
        assert_eq!(fold("\t A\u{1}\r\nB  c \u{7f}"), "a b c");
        assert_eq!(fold(" \n"), "");
    }

    #[test]
    fn folding_ignores_apostrophes_width_and_what_nobody_sees() {
        for name in
            ["O'Brien", "O’Brien", "oʼbrien", "OBRIEN", "Ｏ＇Ｂｒｉｅｎ", "O\u{200b}Brien", "O\u{ad}Brien", "ó`brien"]
        {
            assert_eq!(fold(name), "obrien", "{name}");
        }
        assert_eq!(fold("' a ' b '"), "a b");
        assert_eq!(fold("\u{200b}\u{3164}"), "");
        assert_eq!(fold("ﾀﾞｲｷﾝ"), fold("ダイキン"));
    }

    #[test]
    fn kana_are_one_and_keep_their_voice() {
        assert_eq!(fold("サトウ"), fold("さとう"));
        assert_eq!(fold("ガ"), "が");
        assert_eq!(fold("か\u{3099}"), "が");
        assert_ne!(fold("カキ"), fold("カギ"));
        assert_ne!(fold("ハハ"), fold("パパ"));
    }

    #[test]
    fn marks_that_make_another_word_stay() {
        assert_ne!(fold("राम"), fold("रमा"));
        assert_ne!(fold("มา"), fold("ม้า"));
        assert_eq!(fold("أحمد"), fold("احمد"));
        assert_eq!(fold("שָׁלוֹם"), fold("שלום"));
        assert_eq!(fold("한국"), "한국");
    }

    #[test]
    fn every_folded_letter_tells_where_it_comes_from() {
        let indexes = |text: &str| fold_indexed(text).into_iter().map(|(_, index)| index).collect::<Vec<_>>();
        assert_eq!(indexes("O'B"), [0, 2]);
        assert_eq!(indexes("ﾀﾞｲ"), [0, 2]);
        assert_eq!(indexes("aß "), [0, 1, 1]);
    }

    #[test]
    fn words_stand_apart() {
        assert_eq!(fold_words("l'Oréal (Paris)"), "l oreal paris");
        assert_eq!(fold_words("Jean-Luc"), "jean luc");
        assert_eq!(fold_words("cafe\u{301}"), "cafe");
    }
}
