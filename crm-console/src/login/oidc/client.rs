//! Requests to the provider: no redirects, limits of time and size, and no address or body in the log.

use std::time::Duration;

use crm_web::outbound::{self, BodyError, read_body, root_cause};
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{RequestBuilder, StatusCode, Url};

use crate::login::{ClientError, LoginError};

/// The maximum size of an answer, in bytes.
const MAX_ANSWER: usize = 256 * 1024;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A client for the provider.
pub(super) struct Client(reqwest::Client);

impl Client {
    pub(super) fn new(issuer: &Url, timeout: Duration) -> Result<Self, ClientError> {
        let agent = concat!("crm-console/", env!("CARGO_PKG_VERSION"));
        let client = outbound::client(issuer, agent, timeout / 2).timeout(timeout);
        client.build().map(Self).map_err(ClientError)
    }

    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.0.get(url).header(ACCEPT, JSON)
    }

    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.0.post(url).header(ACCEPT, JSON)
    }
}

/// The status and the body of an answer.
pub(super) async fn ask(what: &'static str, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), LoginError> {
    exchange(request).await.map_err(|reason| {
        tracing::warn!(what, reason, "the provider of log-ins cannot be asked");
        LoginError::Unavailable
    })
}

async fn exchange(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), String> {
    let mut answer = request.send().await.map_err(told)?;
    let body = read_body(&mut answer, MAX_ANSWER).await.map_err(|error| match error {
        BodyError::Large(_) => "its answer is too large".to_owned(),
        BodyError::Broken(error) => told(error),
    })?;
    Ok((answer.status(), body))
}

fn told(error: reqwest::Error) -> String {
    if error.is_timeout() { "it does not answer in time".to_owned() } else { root_cause(&error.without_url()) }
}
