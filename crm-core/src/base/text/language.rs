//! Names of languages.

/// The maximum length of a language tag, in bytes.
const MAX_LANGUAGE_LENGTH: usize = 35;

/// A language tag (BCP 47) in its usual form, `zh-Hant-TW`, if the text has the form of one.
pub(crate) fn language_tag(text: &str) -> Option<String> {
    let subtags: Vec<&str> = text.split(['-', '_']).collect();
    let (language, others) = subtags.split_first()?;
    let is_language = matches!(language.len(), 2..=8) && language.bytes().all(|letter| letter.is_ascii_alphabetic());
    let is_subtag =
        |subtag: &&str| matches!(subtag.len(), 1..=8) && subtag.bytes().all(|letter| letter.is_ascii_alphanumeric());
    if text.len() > MAX_LANGUAGE_LENGTH || !is_language || !others.iter().all(is_subtag) {
        return None;
    }
    let usual = others.iter().map(|subtag| match subtag.len() {
        2 => subtag.to_ascii_uppercase(),
        4 if subtag.starts_with(|letter: char| letter.is_ascii_alphabetic()) => {
            let (first, rest) = subtag.split_at(1);
            first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
        }
        _ => subtag.to_ascii_lowercase(),
    });
    Some([language.to_ascii_lowercase()].into_iter().chain(usual).collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::language_tag;

    #[test]
    fn language_tags_have_their_usual_form() {
        for (text, tag) in
            [("EN", "en"), ("de_at", "de-AT"), ("ZH-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("tlh", "tlh")]
        {
            assert_eq!(language_tag(text).as_deref(), Some(tag), "{text}");
        }
        for text in ["", "e", "-", "en-", "en--GB", "german language", "de-toolongsub", "1a", "ä", &"en-GB".repeat(8)]
        {
            assert_eq!(language_tag(text), None, "{text}");
        }
    }
}
