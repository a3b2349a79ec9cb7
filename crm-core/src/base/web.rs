//! Web addresses.

use url::{Host, Url};
use validator::ValidationError;

use crate::base::validation::invalid;

/// A web address with its scheme: `http` or `https`, and a valid host.
pub(crate) fn address(text: &str) -> Result<(), ValidationError> {
    let lower = text.to_ascii_lowercase();
    let is_web = lower.starts_with("https://") || lower.starts_with("http://");
    if is_web && url(text).is_some() { Ok(()) } else { Err(fault()) }
}

/// A web address, or what users type for one: `host[:port][/path]` with a dot in the host. Placeholders (`-`, `n/a`,
/// `none`) are not accepted.
pub(crate) fn site(text: &str) -> Result<(), ValidationError> {
    if text.contains("://") {
        return address(text);
    }
    let is_site = url(&format!("https://{text}")).is_some_and(|url| match url.host() {
        // A port follows a host; this excludes `mailto:` and `javascript:`.
        Some(Host::Domain(domain)) => domain.contains('.'),
        Some(Host::Ipv4(_)) => text.contains('.'),
        Some(Host::Ipv6(_)) => true,
        None => false,
    });
    if is_site { Ok(()) } else { Err(fault()) }
}

fn fault() -> ValidationError {
    invalid("website_invalid", "expected a web address such as https://example.com, or example.com/about")
}

/// The parsed address, unless it has blanks, a user name or password, or invalid labels.
fn url(text: &str) -> Option<Url> {
    let after_scheme = text.split_once("://")?.1;
    // The parser skips slashes and backslashes before the host.
    if after_scheme.starts_with(['/', '\\']) || text.contains(char::is_whitespace) {
        return None;
    }
    let url = Url::parse(text).ok().filter(|url| url.username().is_empty() && url.password().is_none())?;
    match url.host()? {
        Host::Domain(domain) => domain.strip_suffix('.').unwrap_or(domain).split('.').all(is_label).then_some(url),
        Host::Ipv4(_) | Host::Ipv6(_) => Some(url),
    }
}

fn is_label(label: &str) -> bool {
    let is_sign = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (1..=63).contains(&label.len()) && label.chars().all(is_sign) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::{address, site};

    #[test]
    fn a_site_is_an_address_or_what_people_type_of_it() {
        for text in [
            "https://example.com",
            "HTTP://Example.com/a?b=c#d",
            "https://müller.example/größe",
            "https://intranet/wiki",
            "http://127.0.0.1:8080",
            "example.com",
            "example.com:8080",
            "www.example.com:8080/shop?x=1",
            "例え.テスト",
            "[2001:db8::1]:8080",
        ] {
            assert!(site(text).is_ok(), "{text}");
        }
        for text in [
            "-",
            "--",
            "n/a",
            "none",
            ".",
            "?",
            "www",
            "//x.example",
            "///x.example",
            "http://",
            "https://-",
            "http:///x.example",
            "ftp://example.com",
            "mailto:ann@example.com",
            "javascript:alert(1)",
            "ann@example.com",
            "https://a:b@example.com",
            "https://exa mple.com",
            "-.example",
            "a..b",
            "1",
            "example",
            "https://example .com",
            "https:example.com",
        ] {
            assert!(site(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_has_its_scheme() {
        assert!(address("https://meet.example.com/lee").is_ok());
        for text in ["meet.example.com/lee", "//meet.example.com", "https:/meet.example.com", "ftp://meet.example.com"]
        {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
