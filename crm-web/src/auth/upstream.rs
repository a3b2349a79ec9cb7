//! Calls the user-management service, with limits of time, concurrency and size.

use std::fmt;
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, StatusCode, Url};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::metrics;
use crate::outbound::{self, BodyError, read_body, root_cause};

/// The limits of calls to the user-management service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpstreamOptions {
    /// The timeout of an answer, from connecting to the last byte.
    pub timeout: Duration,
    /// The maximum number of concurrent requests.
    pub concurrency: usize,
}

impl Default for UpstreamOptions {
    /// Two seconds, and 32 concurrent requests.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(2), concurrency: 32 }
    }
}

/// The client cannot be created, for example because the machine has no trusted certificates.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a client for the user-management service")]
pub struct UpstreamError(#[source] reqwest::Error);

/// The reason of a failed call, for the log. Without the URL, which may contain secrets.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("there are too many concurrent requests")]
    Busy,
    #[error("it does not answer in time")]
    Slow,
    #[error("it cannot be reached: {}", root_cause(.0))]
    Away(reqwest::Error),
    #[error("it answers with status {0}")]
    Status(StatusCode),
    #[error("its answer is larger than {0} bytes")]
    Large(usize),
    #[error("its answer is not valid: {0}")]
    Garbled(&'static str),
}

impl CallError {
    /// Whether the service is failing, and not only this request.
    pub(super) fn is_of_the_service(&self) -> bool {
        match self {
            Self::Slow | Self::Away(_) => true,
            Self::Status(status) => matches!(status.as_u16(), 401 | 403 | 429 | 502..=504),
            Self::Busy | Self::Large(_) | Self::Garbled(_) => false,
        }
    }
}

/// A client for the user-management service.
pub(super) struct Upstream {
    client: Client,
    permits: Semaphore,
    timeout: Duration,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Upstream {
    /// A client for URLs of the service.
    pub(super) fn new(url: &Url, options: UpstreamOptions) -> Result<Self, UpstreamError> {
        let UpstreamOptions { timeout, concurrency } = options;
        // Half of the time is left for the answer.
        let client = outbound::client(url, concat!("crm-http/", env!("CARGO_PKG_VERSION")), timeout / 2)
            .pool_max_idle_per_host(concurrency);
        let permits = Semaphore::new(concurrency.max(1));
        Ok(Self { client: client.build().map_err(UpstreamError)?, permits, timeout })
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Sends an idempotent request, and reads its answer of at most `limit` bytes.
    pub(super) async fn ask(
        &self,
        purpose: &'static str,
        request: RequestBuilder,
        limit: usize,
    ) -> Result<(StatusCode, Vec<u8>), CallError> {
        let waiting = timeout(self.timeout, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = waiting else {
            return Err(CallError::Busy);
        };
        let began = Instant::now();
        let answer = timeout(self.timeout, exchange(request, limit)).await.unwrap_or(Err(CallError::Slow));
        metrics::asked(purpose, answer.is_ok(), began.elapsed());
        answer
    }
}

async fn exchange(request: RequestBuilder, limit: usize) -> Result<(StatusCode, Vec<u8>), CallError> {
    let again = request.try_clone();
    let answer = match (request.send().await, again) {
        // A server may close an idle connection just when it is used again, so try once more.
        (Err(error), Some(again)) if error.is_request() && !error.is_connect() && !error.is_timeout() => {
            again.send().await
        }
        (answer, _) => answer,
    };
    let mut answer = answer.map_err(away)?;
    let body = read_body(&mut answer, limit).await.map_err(|error| match error {
        BodyError::Large(limit) => CallError::Large(limit),
        BodyError::Broken(error) => away(error),
    })?;
    Ok((answer.status(), body))
}

fn away(error: reqwest::Error) -> CallError {
    if error.is_timeout() { CallError::Slow } else { CallError::Away(error.without_url()) }
}
