//! Text in its stored form, and in its compared form.

mod address;
mod fold;
mod invisible;
mod language;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

pub use address::email;
pub(crate) use address::is_email;
pub(crate) use address::unicode_domain;
pub use fold::{fold, word_key};
pub(crate) use fold::{fold_indexed, fold_words, is_apostrophe, is_unspaced};
pub(crate) use language::language_tag;

/// A text of one line in its stored form: NFC, without invisible characters and surrounding blanks; `None` if empty.
///
/// # Errors
/// [`Unprintable`] if it has control characters.
pub fn line(text: &str) -> Result<Option<String>, Unprintable> {
    let text: String = invisible::without(text.trim()).nfc().collect();
    if text.chars().any(char::is_control) {
        return Err(Unprintable);
    }
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A text of several lines in its stored form: NFC, with line feeds as line ends, without trailing blanks, and without
/// empty lines at the start and the end; `None` if nothing visible is left.
///
/// # Errors
/// [`Unprintable`] if it has control characters other than tabs and line ends.
pub(crate) fn block(text: &str) -> Result<Option<String>, Unprintable> {
    let text: String = text.replace("\r\n", "\n").replace('\r', "\n").nfc().collect();
    if !is_block(&text) {
        return Err(Unprintable);
    }
    if invisible::is_blank(&text) {
        return Ok(None);
    }
    let text = text.trim_end();
    // Blanks before the first letter stay: they may mark a block of code.
    let start = text.find(|character: char| !character.is_whitespace()).map(|first| text[..first].rfind('\n'));
    let text = start.flatten().map_or(text, |end| &text[end + 1..]);
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Whether the text has no control characters other than tabs and line ends.
pub(crate) fn is_block(text: &str) -> bool {
    !text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

/// A text has control characters such as NUL, which no valid text has and which PostgreSQL partly refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text must not have control characters")]
pub struct Unprintable;

/// A text from other systems in its displayed form: NFC, without invisible characters, with single blanks for blanks
/// and control characters; `None` if empty.
#[must_use]
pub fn tidy(text: &str) -> Option<String> {
    let text: String =
        invisible::without(text).nfc().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Whether a text or name in it has U+0000, which PostgreSQL stores neither in text nor in JSON.
pub(crate) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// Escapes a text to match only itself in `LIKE … ESCAPE '\'`.
#[must_use]
pub fn escape_like(text: &str) -> String {
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
    use super::{block, line};

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
