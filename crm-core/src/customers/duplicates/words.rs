//! Words of names in the form in which they are compared, and how alike two of them are.

use deunicode::deunicode_char;

use super::nicknames;
use crate::base::text::{fold_words, is_apostrophe};

/// How alike two parts of records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// They are different.
    Other,
    /// They may be the same or not: names of a man and a woman often differ by their ending only.
    Unsure,
    /// They are the same but for a typing mistake, a nickname or an initial.
    Similar,
    /// They are the same.
    Same,
}

impl Likeness {
    pub fn is_alike(self) -> bool {
        self >= Self::Similar
    }
}

/// The words of a text: folded, in Latin letters, and with `ae`, `oe` and `ue` as `a`, `o` and `u`, because `Müller` is
/// written `Mueller` too.
pub(super) fn words(text: &str) -> Vec<String> {
    // O'Neill is one word, which some write as ONeill.
    let text = text.replace(is_apostrophe, "");
    fold_words(&text).split(' ').map(latin).filter(|word| !word.is_empty()).collect()
}

fn latin(word: &str) -> String {
    let mut latin = String::with_capacity(word.len());
    for character in word.chars() {
        match character.is_ascii() {
            true => latin.push(character),
            false => latin.extend(
                deunicode_char(character)
                    .unwrap_or_default()
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .map(|letter| letter.to_ascii_lowercase()),
            ),
        }
    }
    for (written, plain) in [("ae", "a"), ("oe", "o"), ("ue", "u")] {
        if latin.contains(written) {
            latin = latin.replace(written, plain);
        }
    }
    latin
}

/// How alike two words of family names or of names of organizations are.
pub(super) fn compare(left: &str, right: &str) -> Likeness {
    if left == right {
        return Likeness::Same;
    }
    let (shorter, longer) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if shorter.len() == 1 {
        return if longer.starts_with(shorter) { Likeness::Similar } else { Likeness::Other };
    }
    if longer.len() - shorter.len() > 2 {
        return Likeness::Other;
    }
    let most = match longer.len() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    if strsim::osa_distance(left, right) <= most {
        return Likeness::Similar;
    }
    let is_near = shorter.len() >= 5 && strsim::jaro_winkler(left, right) >= 0.94;
    if is_near { Likeness::Similar } else { Likeness::Other }
}

/// How alike two given names are.
pub(super) fn compare_given(left: &str, right: &str) -> Likeness {
    match compare(left, right) {
        Likeness::Same => Likeness::Same,
        _ if nicknames::are_of_one(left, right) => Likeness::Similar,
        Likeness::Similar if left.len() > 1 && right.len() > 1 && differ_by_ending(left, right) => Likeness::Unsure,
        likeness => likeness,
    }
}

/// `Jan` and `Jana`, `Mario` and `Maria`, `Alexander` and `Alexandra`.
fn differ_by_ending(left: &str, right: &str) -> bool {
    let common = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    let (left, right) = (&left[common..], &right[common..]);
    let is_ending = left.is_empty() || right.is_empty() || left.len() == right.len();
    is_ending && left.len().max(right.len()) <= 2 && [left, right].iter().any(|end| end.ends_with(['a', 'e', 'i', 'o']))
}

/// The sound of a word, roughly: its first letter and the consonants after it, those that are often confused as one.
pub(super) fn skeleton(word: &str) -> String {
    const LONGEST: usize = 6;
    let mut skeleton = String::new();
    for (index, letter) in word.replace("ph", "f").replace("ck", "k").chars().enumerate() {
        let sound = match letter {
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'j' if index == 0 => {
                if letter == 'j' {
                    'j'
                } else {
                    'a'
                }
            }
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h' | 'w' if index > 0 => continue,
            'c' | 'k' | 'q' | 'g' | 'x' => 'k',
            'z' | 's' => 's',
            'v' | 'f' | 'w' => 'f',
            'd' | 't' => 't',
            'b' | 'p' => 'p',
            'm' | 'n' => 'n',
            other => other,
        };
        if !skeleton.ends_with(sound) {
            skeleton.push(sound);
        }
        if skeleton.len() == LONGEST {
            break;
        }
    }
    skeleton
}

#[cfg(test)]
mod tests {
    use super::{Likeness, compare, compare_given, skeleton, words};

    #[test]
    fn words_are_compared_in_latin_letters() {
        for (left, right) in [("Müller", "Mueller"), ("Петров", "Petrov"), ("Strauß", "Strauss"), ("Søren", "Soeren")]
        {
            assert_eq!(words(left), words(right), "{left} {right}");
        }
        assert_eq!(words("Anne-Marie  O'Neill"), ["anne", "marie", "oneill"]);
    }

    #[test]
    fn typing_mistakes_are_similar_and_endings_are_unsure() {
        assert_eq!(compare("schmidt", "schmitd"), Likeness::Similar);
        assert_eq!(compare("lee", "lea"), Likeness::Other);
        assert_eq!(compare_given("robert", "bob"), Likeness::Similar);
        assert_eq!(compare_given("j", "john"), Likeness::Similar);
        assert_eq!(compare_given("j", "paul"), Likeness::Other);
        for (left, right) in [("jana", "jan"), ("maria", "mario"), ("alexander", "alexandra"), ("daniel", "daniela")] {
            assert!(compare_given(left, right) <= Likeness::Unsure, "{left} {right}");
        }
        assert_eq!(compare_given("johannes", "johanes"), Likeness::Similar);
    }

    #[test]
    fn vowels_and_confused_consonants_have_one_sound() {
        for (left, right) in [("schmidt", "schmitt"), ("philip", "filipp"), ("becker", "beker"), ("thomas", "tomas")] {
            assert_eq!(skeleton(left), skeleton(right), "{left} {right}");
        }
    }
}
