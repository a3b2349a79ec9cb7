//! Rules that several features share: texts, e-mail addresses, languages, time zones, extra rights.

use chrono_tz::TZ_VARIANTS;
use crm_core::actor::Permission;
use crm_core::text::{self, Unprintable};
use crm_core::{Malformed, Violations};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use validator::ValidateEmail;

/// The maximum length of a name, in characters.
pub(crate) const MAX_NAME: usize = 200;
/// The maximum length of an e-mail address, in characters (RFC 5321).
pub(crate) const MAX_EMAIL: usize = 254;
const MAX_LOCALE: usize = 35;
const MAX_PERMISSIONS: usize = 200;

/// A text of one line in its stored form.
pub(crate) fn line(text: Option<&str>, pointer: &str, violations: &mut Violations) -> Option<String> {
    let line = match text.map_or(Ok(None), text::line) {
        Ok(line) => line,
        Err(Unprintable) => {
            violations.add(pointer, "control_character", "text must not have control characters");
            return None;
        }
    };
    if line.as_ref().is_some_and(|line| line.chars().count() > MAX_NAME) {
        violations.add(pointer, "too_long", format!("at most {MAX_NAME} long"));
    }
    line
}

/// A text of one line that must not be empty.
pub(crate) fn required_line(text: Option<&str>, pointer: &str, violations: &mut Violations) -> String {
    let before = violations.0.len();
    let line = line(text, pointer, violations);
    if line.is_none() && violations.0.len() == before {
        violations.add(pointer, "required", "a value is required");
    }
    line.unwrap_or_default()
}

/// An e-mail address in its stored form.
pub(crate) fn email(text: Option<&str>, pointer: &str, violations: &mut Violations) -> String {
    let email = text.map(text::email).unwrap_or_default();
    if email.is_empty() {
        violations.add(pointer, "required", "a value is required");
    } else if email.chars().count() > MAX_EMAIL {
        violations.add(pointer, "too_long", format!("at most {MAX_EMAIL} long"));
    } else if email.chars().any(char::is_control) || !email.validate_email() {
        violations.add(pointer, "email_invalid", "expected an e-mail address such as ann@example.com");
    }
    email
}

/// A language tag (BCP 47), such as `de-AT`.
pub(crate) fn locale(text: Option<&str>, pointer: &str, violations: &mut Violations) -> Option<String> {
    let locale = text.map(str::trim).filter(|locale| !locale.is_empty())?.replace('_', "-");
    if !is_locale(&locale) {
        violations.add(pointer, "locale_invalid", "expected a language tag such as en or de-AT");
    }
    Some(locale)
}

fn is_locale(text: &str) -> bool {
    let mut subtags = text.split('-');
    let language = subtags.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|letter| letter.is_ascii_alphabetic());
    let is_subtag =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|letter| letter.is_ascii_alphanumeric());
    text.len() <= MAX_LOCALE && is_language && subtags.all(is_subtag)
}

/// The IANA name of a time zone.
pub(crate) fn time_zone(text: Option<&str>, pointer: &str, violations: &mut Violations) -> Option<String> {
    let name = text.map(str::trim).filter(|name| !name.is_empty())?;
    let zone = TZ_VARIANTS.into_iter().find(|zone| zone.name().eq_ignore_ascii_case(name));
    if zone.is_none() {
        violations.add(pointer, "time_zone_unknown", "expected an IANA zone such as Europe/Berlin");
    }
    zone.map(|zone| zone.name().to_owned())
}

/// Rights beside those of the role, sorted and each once.
pub(crate) fn permissions(texts: &[String], pointer: &str, violations: &mut Violations) -> Vec<String> {
    if texts.len() > MAX_PERMISSIONS {
        violations.add(pointer, "too_long", format!("at most {MAX_PERMISSIONS} rights"));
        return Vec::new();
    }
    let mut rights = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match text.parse::<Permission>() {
            Ok(right) => rights.push(right.to_string()),
            Err(error) => violations.add(format!("{pointer}/{index}"), "permission_unknown", error.to_string()),
        }
    }
    rights.sort_unstable();
    rights.dedup();
    rights
}

/// The text of a search, at most as long as a name.
pub(crate) fn search(text: Option<&str>) -> Result<Option<&str>, Malformed> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > MAX_EMAIL || text.contains('\0')) {
        let detail = format!("at most {MAX_EMAIL} printable characters");
        return Err(Malformed { code: "parameter_invalid", at: "q".to_owned(), detail });
    }
    Ok(text)
}

/// The column contains this text, as it is.
pub(crate) fn contains(column: Expr, needle: &str) -> Expr {
    let pattern = format!("%{}%", text::escape_like(needle));
    column.like(LikeExpr::new(pattern).escape('\\'))
}

#[cfg(test)]
mod tests {
    use crm_core::Violations;

    use super::{email, locale, permissions, time_zone};

    fn codes(violations: &Violations) -> Vec<(&str, &str)> {
        violations.0.iter().map(|violation| (violation.pointer.as_str(), violation.code.as_str())).collect()
    }

    #[test]
    fn rights_have_one_spelling() {
        let mut violations = Violations::default();
        let texts = ["notes:update:own", "Customers:Export", "customers:export:all"].map(str::to_owned);
        assert_eq!(permissions(&texts, "/p", &mut violations), ["customers:export", "notes:update:own"]);
        let texts = ["customers", "customers:fly", "customers:read:own:x", "notes:read"].map(str::to_owned);
        permissions(&texts, "/p", &mut violations);
        let unknown = "permission_unknown";
        assert_eq!(codes(&violations), [("/p/0", unknown), ("/p/1", unknown), ("/p/2", unknown)]);
    }

    #[test]
    fn addresses_languages_and_zones_are_checked() {
        let mut violations = Violations::default();
        assert_eq!(email(Some(" Ann@Example.COM "), "/e", &mut violations), "ann@example.com");
        assert_eq!(locale(Some("de_AT"), "/l", &mut violations).as_deref(), Some("de-AT"));
        assert_eq!(time_zone(Some("europe/berlin"), "/z", &mut violations).as_deref(), Some("Europe/Berlin"));
        assert_eq!(codes(&violations), []);
        email(Some("a@b\r\nBcc: c@d"), "/e", &mut violations);
        email(None, "/e", &mut violations);
        locale(Some("deutsch!"), "/l", &mut violations);
        time_zone(Some("Mars/Base"), "/z", &mut violations);
        let expected =
            [("/e", "email_invalid"), ("/e", "required"), ("/l", "locale_invalid"), ("/z", "time_zone_unknown")];
        assert_eq!(codes(&violations), expected);
    }
}
