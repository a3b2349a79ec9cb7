//! Calls of other services over HTTP: no redirects, answers of a limited size, and no secrets without encryption.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, Url};

/// Idle connections are closed before most servers close them.
const IDLE: Duration = Duration::from_secs(20);

/// Begins a client for a service at this URL. It follows no redirects: nothing that it sends goes to another place.
pub fn client(service: &Url, user_agent: &str, connect_within: Duration) -> ClientBuilder {
    let client = Client::builder()
        .user_agent(user_agent)
        .connect_timeout(connect_within)
        .pool_idle_timeout(IDLE)
        .redirect(Policy::none());
    // Services on this machine are not behind a proxy, whatever the environment says.
    if is_loopback(service) { client.no_proxy() } else { client }
}

/// Why the body of an answer cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than this number of bytes.
    #[error("it is larger than {0} bytes")]
    Large(usize),
    /// It broke off. Without the URL, which may contain secrets.
    #[error(transparent)]
    Broken(reqwest::Error),
}

/// Reads the body of an answer, of at most `limit` bytes.
///
/// # Errors
/// [`BodyError`].
pub async fn read_body(answer: &mut Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| BodyError::Broken(error.without_url()))? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::Large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause of an error is the useful one: refused, no such host, a certificate.
#[must_use]
pub fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The URL of a path below that of a service.
#[must_use]
pub fn below(service: &Url, path: &str) -> Url {
    let mut url = service.clone();
    url.set_path(&format!("{}{path}", service.path().trim_end_matches('/')));
    url
}

/// Whether secrets may be sent to a URL: with TLS, or on this machine, or anywhere over HTTP with `plain_http`, which says
/// that something else encrypts.
#[must_use]
pub fn is_safe(url: &Url, plain_http: bool) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && (plain_http || is_loopback(url))
}

/// Whether a URL is on this machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{below, is_safe};

    #[test]
    fn secrets_go_over_tls_or_stay_on_the_machine() {
        let safe = |url: &str, plain_http| is_safe(&url.parse().unwrap(), plain_http);
        for url in ["https://a.example", "http://localhost:1", "http://127.0.0.1", "http://[::1]:80"] {
            assert!(safe(url, false), "{url}");
        }
        for url in ["http://a.example", "http://localhost.example", "http://10.0.0.1"] {
            assert!(!safe(url, false) && safe(url, true), "{url}");
        }
        assert!(!safe("ftp://localhost", true));
    }

    #[test]
    fn a_path_is_below_that_of_the_service() {
        for service in ["https://a.example/v1", "https://a.example/v1/"] {
            assert_eq!(below(&service.parse().unwrap(), "/keys").as_str(), "https://a.example/v1/keys");
        }
    }
}
