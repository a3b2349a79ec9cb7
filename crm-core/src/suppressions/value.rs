//! Addresses, numbers and domains in the form in which they are compared.

use super::model::SuppressionKind;
use crate::base::places::phone_e164;
use crate::base::text;

/// The maximum length of an address or a domain, in characters.
const MAX_ADDRESS: usize = 254;

/// Why a text cannot be on the list: a code and a description.
pub(super) type Fault = (&'static str, &'static str);

/// What a text is that users type: an address has an `@` within it, and a number no letter.
pub(super) fn kind_of(typed: &str) -> SuppressionKind {
    match typed.trim().find('@') {
        Some(at) if at > 0 => SuppressionKind::Email,
        None if !typed.chars().any(char::is_alphabetic) => SuppressionKind::Phone,
        _ => SuppressionKind::Domain,
    }
}

/// The normalised form.
pub(super) fn normalised(kind: SuppressionKind, typed: &str, default_country: Option<&str>) -> Result<String, Fault> {
    match kind {
        SuppressionKind::Email => {
            email(typed).ok_or(("email_invalid", "expected an e-mail address such as ann@example.com"))
        }
        SuppressionKind::Domain => domain(typed).ok_or(("domain_invalid", "expected a domain such as example.com")),
        SuppressionKind::Phone => phone_e164(typed, default_country).ok_or((
            "phone_invalid",
            "expected a telephone number such as +1 212 555 2368; without a country code it needs the company's country",
        )),
    }
}

fn email(typed: &str) -> Option<String> {
    let address = text::email(typed);
    (address.chars().count() <= MAX_ADDRESS && text::is_email(&address)).then_some(address)
}

/// The domain as it stands in addresses at it.
fn domain(typed: &str) -> Option<String> {
    let bare = typed.trim().trim_start_matches('@').trim_end_matches('.');
    let address = email(&format!("a@{bare}"))?;
    let (_, domain) = address.rsplit_once('@')?;
    domain.contains('.').then(|| domain.to_owned())
}

/// What the list may have of an address: itself first, then its domain and those above it.
pub(crate) fn keys_of_email(address: &str) -> Vec<String> {
    let address = text::email(address);
    let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    let mut keys = vec![address];
    let mut rest = domain.as_deref();
    while let Some(domain) = rest {
        keys.push(domain.to_owned());
        rest = domain.split_once('.').map(|(_, above)| above);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::super::model::SuppressionKind as Kind;
    use super::{keys_of_email, kind_of, normalised};

    #[test]
    fn what_is_typed_is_told_apart() {
        for (typed, kind) in [
            ("ann@example.com", Kind::Email),
            ("@example.com", Kind::Domain),
            ("example.com", Kind::Domain),
            ("müller.example", Kind::Domain),
            ("+1 212 555 2368", Kind::Phone),
            ("(030) 901820", Kind::Phone),
        ] {
            assert_eq!(kind_of(typed), kind, "{typed}");
        }
    }

    #[test]
    fn values_are_normalised() {
        let stored = |typed: &str| normalised(kind_of(typed), typed, Some("DE")).ok();
        for (typed, value) in [
            (" Ann@XN--mller-kva.example ", Some("ann@müller.example")),
            ("@Example.com.", Some("example.com")),
            ("xn--mller-kva.example", Some("müller.example")),
            ("030 901820", Some("+4930901820")),
            ("+1 (212) 555-2368", Some("+12125552368")),
            ("com", None),
            ("exa mple.com", None),
            ("a@b@", None),
            ("+0", None),
            ("", None),
        ] {
            assert_eq!(stored(typed).as_deref(), value, "{typed}");
        }
    }

    #[test]
    fn an_address_is_looked_for_with_all_its_domains() {
        let keys = ["ann@mail.müller.example", "mail.müller.example", "müller.example", "example"];
        assert_eq!(keys_of_email("Ann@mail.xn--mller-kva.example"), keys);
        assert_eq!(keys_of_email("nobody"), ["nobody"]);
    }
}
