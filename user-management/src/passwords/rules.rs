//! The rules for new passwords (NIST SP 800-63B, section 3.1.1.2): long, not well known, and nothing else.

use std::collections::HashSet;
use std::sync::LazyLock;

use crm_core::Violations;
use crm_core::text::fold;
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

/// The bounds of the length, in characters.
const SHORTEST: usize = 12;
const LONGEST: usize = 200;

/// Frequent passwords, in the form of [`reduced`].
static FREQUENT: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("frequent.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.flat_map(|line| [reduced(line), core(&reduced(line)).to_owned()]).filter(|text| !text.is_empty()).collect()
});

/// Checks a new password. Adds the codes `password_too_short`, `password_too_long` and `password_frequent`.
pub(crate) fn check(password: &SecretString, pointer: &str, violations: &mut Violations) {
    check_personal(password, &[], pointer, violations);
}

/// Checks a new password of a user with these names and addresses, which are frequent too.
pub(crate) fn check_personal(password: &SecretString, personal: &[&str], pointer: &str, violations: &mut Violations) {
    let password: String = password.expose_secret().nfc().collect();
    let length = password.chars().count();
    if length < SHORTEST {
        let detail = format!("a password has at least {SHORTEST} characters");
        return violations.add(pointer, "password_too_short", detail);
    }
    if length > LONGEST {
        let detail = format!("a password has at most {LONGEST} characters");
        return violations.add(pointer, "password_too_long", detail);
    }
    if is_frequent(&password) || is_personal(&password, personal) {
        let detail = "this password is easy to guess: it is well known, a pattern, or the user's own name or address";
        violations.add(pointer, "password_frequent", detail);
    }
}

fn is_frequent(password: &str) -> bool {
    let reduced = reduced(password);
    let distinct = reduced.chars().collect::<HashSet<_>>().len();
    distinct <= 2
        || is_repeated(&reduced)
        || is_run(&reduced)
        || FREQUENT.contains(&reduced)
        || FREQUENT.contains(core(&reduced))
}

/// A name or address, also with digits and signs around it.
fn is_personal(password: &str, personal: &[&str]) -> bool {
    let password = reduced(password);
    let parts = personal.iter().flat_map(|text| [Some(*text), text.split_once('@').map(|(local, _)| local)]);
    let mut parts = parts.flatten().map(reduced).filter(|part| !part.is_empty());
    parts.any(|part| part == password || (!core(&part).is_empty() && core(&part) == core(&password)))
}

/// Without case, accents and blanks, and with letters for the signs that look like them.
fn reduced(text: &str) -> String {
    let letter = |character: char| match character {
        '@' => 'a',
        '$' => 's',
        other => other,
    };
    fold(text).chars().filter(|character| !character.is_whitespace()).map(letter).collect()
}

/// What is left without the digits and signs at both ends: `password` of `1password1234#`.
fn core(reduced: &str) -> &str {
    reduced.trim_matches(|character: char| !character.is_alphabetic())
}

/// A text of up to six characters, again and again.
fn is_repeated(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=6).any(|period| letters.iter().skip(period).zip(&letters).all(|(later, earlier)| later == earlier))
}

/// The alphabet or the digits, forwards or backwards.
fn is_run(text: &str) -> bool {
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    let step = |by: i64| codes.windows(2).all(|pair| i64::from(pair[1]) - i64::from(pair[0]) == by);
    step(1) || step(-1)
}

#[cfg(test)]
mod tests {
    use super::{FREQUENT, check_personal};
    use crm_core::Violations;

    fn codes(password: &str, personal: &[&str]) -> Vec<String> {
        let mut violations = Violations::default();
        check_personal(&password.into(), personal, "/password", &mut violations);
        violations.0.into_iter().map(|violation| violation.code).collect()
    }

    #[test]
    fn length_counts_characters_in_normal_form() {
        assert_eq!(codes("short", &[]), ["password_too_short"]);
        assert_eq!(codes("elevenchars", &[]), ["password_too_short"]);
        assert_eq!(codes("zw\u{f6}lfboxer\u{f6}\u{e4}e", &[]), [""; 0]);
        assert_eq!(codes("o\u{308}a\u{308}u\u{308}kdiwm", &[]), ["password_too_short"]);
        assert_eq!(codes(&"abc dwz fgh ".repeat(17), &[]), ["password_too_long"]);
        assert_eq!(codes("the sea was calm today", &[]), [""; 0]);
    }

    #[test]
    fn frequent_ones_are_refused_in_every_spelling() {
        assert!(FREQUENT.len() > 200);
        for bad in [
            "password1234",
            "P@$$word1234",
            "Password 2026!",
            "qwertyuiop12",
            "aaaaaaaaaaaa",
            "abababababab",
            "abcdefghijkl",
            "123456789012",
            "210987654321",
            "  123456 123456  ",
            "correcthorsebatterystaple",
            "Letmein!!!!!!",
            "1q2w3e4r5t6y",
        ] {
            assert_eq!(codes(bad, &[]), ["password_frequent"], "{bad}");
        }
    }

    #[test]
    fn own_names_and_addresses_are_refused() {
        let personal = ["ann.lee@example.com", "Annabelle Leeward"];
        for bad in ["ann.lee@example.com", "Ann.Lee123456", "annabelle leeward", "AnnabelleLeeward99!"] {
            assert_eq!(codes(bad, &personal), ["password_frequent"], "{bad}");
        }
        assert_eq!(codes("annabelle likes tea", &personal), [""; 0]);
    }
}
