//! E-mail addresses in their stored form.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use validator::ValidateEmail;

/// An e-mail address in its stored form: trimmed, NFC, in lower case, with a readable domain (`müller.example`, not
/// `xn--mller-kva.example`), so that both spellings are one address.
#[must_use]
pub fn email(text: &str) -> String {
    let text = text.trim().nfc().collect::<String>().to_lowercase();
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", unicode_domain(domain)),
        None => text,
    }
}

/// Whether a text is an e-mail address. Letters of any script may stand before the `@` (RFC 6531).
#[must_use]
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_letter = |letter: char| letter.is_alphanumeric() || unicode_normalization::char::is_combining_mark(letter);
    let plain: String =
        local.chars().map(|letter| if !letter.is_ascii() && is_letter(letter) { 'a' } else { letter }).collect();
    format!("{plain}@{domain}").validate_email()
}

/// A domain in its readable form (UTS 46); other text is unchanged.
pub(crate) fn unicode_domain(domain: &str) -> Cow<'_, str> {
    // Such a domain has no other form.
    if domain.is_ascii() && !domain.contains("xn--") {
        return Cow::Borrowed(domain);
    }
    match idna::domain_to_unicode(domain) {
        (readable, Ok(())) => Cow::Owned(readable),
        (_, Err(_)) => Cow::Borrowed(domain),
    }
}

#[cfg(test)]
mod tests {
    use super::{email, is_email};

    #[test]
    fn addresses_have_letters_of_any_script() {
        for text in [
            "ann@example.com",
            "пример@яндекс.example",
            "straße@example.com",
            "用户@例子.example",
            "o'neil@example.com",
        ] {
            assert!(is_email(text), "{text}");
        }
        for text in
            ["no address", "a b@example.com", "😀@example.com", "@example.com", "ann@", "a@b@", "ann@exa mple.com"]
        {
            assert!(!is_email(text), "{text}");
        }
    }

    #[test]
    fn two_spellings_of_a_domain_are_one() {
        for text in
            ["info@müller.example", " Info@MÜLLER.example", "info@xn--mller-kva.example", "info@mu\u{308}ller.example"]
        {
            assert_eq!(email(text), "info@müller.example", "{text}");
        }
        assert_eq!(email("Ann.Lee@Example.com"), "ann.lee@example.com");
        assert_eq!(email("a@xn--a.example"), "a@xn--a.example");
        assert_eq!(email("no address"), "no address");
    }
}
