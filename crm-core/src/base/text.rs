//! Text as it is stored, and text as it is compared.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Text of one line as it is stored: NFC, without blanks around it; `None` if nothing is left.
///
/// # Errors
/// [`Unprintable`] if it has control characters.
pub(crate) fn line(text: &str) -> Result<Option<String>, Unprintable> {
    let text: String = text.trim().nfc().collect();
    if text.chars().any(char::is_control) {
        return Err(Unprintable);
    }
    Ok((!text.is_empty()).then_some(text))
}

/// Text of several lines as it is stored: NFC, lines ended by a line feed, without blanks and empty lines at its end and
/// empty lines at its beginning; `None` if nothing is left.
///
/// # Errors
/// [`Unprintable`] if it has control characters other than tabs and ends of lines.
pub(crate) fn block(text: &str) -> Result<Option<String>, Unprintable> {
    let text: String = text.replace("\r\n", "\n").replace('\r', "\n").nfc().collect();
    if text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\t')) {
        return Err(Unprintable);
    }
    let text = text.trim_end();
    // The blanks before the first letter stay: they may make it a block of code.
    let start = text.find(|character: char| !character.is_whitespace()).map(|first| text[..first].rfind('\n'));
    let text = start.flatten().map_or(text, |end| &text[end + 1..]);
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A text has control characters, NUL among them, which no name has and which PostgreSQL partly refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unprintable;

/// Text that others have written, as it is shown: NFC, with single blanks for blanks and control characters; `None` if
/// nothing is left.
pub(crate) fn tidy(text: &str) -> Option<String> {
    let text: String = text.nfc().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Text as it is compared, sorted and searched: lower case, without accents, blanks collapsed to single ones.
///
/// Done here and not by the databases, whose ideas of case and accents differ.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    fold_indexed(text).into_iter().map(|(character, _)| character).collect()
}

/// The same for the texts that are most frequent, and a small part of the work.
fn fold_ascii(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split(|character: char| character == ' ' || character.is_ascii_control()) {
        if !word.is_empty() {
            if !folded.is_empty() {
                folded.push(' ');
            }
            folded.push_str(word);
        }
    }
    folded.make_ascii_lowercase();
    folded
}

/// An e-mail address as it is stored and compared: trimmed, NFC, in lower case.
pub(crate) fn lower(text: &str) -> String {
    text.trim().nfc().collect::<String>().to_lowercase()
}

/// [`fold`], with the index (in characters) of what each folded character comes from.
pub(crate) fn fold_indexed(text: &str) -> Vec<(char, usize)> {
    let mut folded: Vec<(char, usize)> = Vec::with_capacity(text.len());
    let mut blank = None;
    for (index, original) in text.chars().enumerate() {
        for character in original.nfkd().flat_map(char::to_lowercase) {
            if is_combining_mark(character) {
                continue;
            }
            if character.is_whitespace() || character.is_control() {
                blank = blank.or(Some(index));
                continue;
            }
            if let Some(at) = blank.take().filter(|_| !folded.is_empty()) {
                folded.push((' ', at));
            }
            match letter(character) {
                Some(letters) => folded.extend(letters.chars().map(|letter| (letter, index))),
                None => folded.push((character, index)),
            }
        }
    }
    folded
}

/// Letters that have no decomposition, but that people type without their stroke or as two; and the sigma that has
/// another form at the end of a word, but no capital of its own.
const fn letter(character: char) -> Option<&'static str> {
    Some(match character {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ŧ' => "t",
        'þ' => "th",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// True if a text or name in it has U+0000, which PostgreSQL stores in neither text nor JSON.
pub(crate) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// Makes a text match only itself in `LIKE … ESCAPE '\'`.
pub(crate) fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{block, fold, line};

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
    fn blocks_keep_their_lines() {
        assert_eq!(block("\r\n \n    code\r\n\tx \n\n"), Ok(Some("    code\n\tx".to_owned())));
        assert_eq!(block(" Cafe\u{301}"), Ok(Some(" Café".to_owned())));
        assert_eq!(block(" \n\t "), Ok(None));
        assert!(block("a\0b").is_err());
        assert!(block("a\u{1b}[31m").is_err());
    }

    #[test]
    fn lines_are_trimmed_and_composed() {
        assert_eq!(line(" Cafe\u{301} "), Ok(Some("Café".to_owned())));
        assert_eq!(line(" \t "), Ok(None));
        assert!(line("a\0b").is_err());
    }
}
