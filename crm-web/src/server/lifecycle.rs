//! The end of a service, and the question whether it is ready.

use std::net::IpAddr;
use std::time::Duration;

use crate::settings::HttpConfig;

/// How long a service may take to say whether it is ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// Waits for a signal to stop.
#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupt().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        () = interrupt() => {}
    }
}

/// Waits for a signal to stop.
#[cfg(not(unix))]
async fn signal() {
    interrupt().await;
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Signals are not available on this platform.
        std::future::pending::<()>().await;
    }
}

/// Longer than the idle timeout of load balancers, so that none uses a connection that is being closed.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Waits for a signal, turns readiness off with `stop`, and continues for `delay`, so that load balancers stop sending
/// requests before the service stops accepting them. A second signal ends the delay.
pub async fn stop_after(delay: Duration, stop: impl FnOnce()) {
    signal().await;
    stop();
    tracing::info!(seconds = delay.as_secs_f32(), "stopping; not ready any more");
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = signal() => {}
    }
}

/// Why a local service is not ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// It does not answer.
    #[error("no answer from {0}")]
    NoAnswer(String, #[source] reqwest::Error),
    /// It says so.
    #[error("the service is not ready: {0}")]
    Refused(reqwest::StatusCode),
}

/// Asks the service on this machine with these settings whether it is ready.
///
/// # Errors
/// [`NotReady`], if it is not.
pub async fn expect_ready(config: &HttpConfig) -> Result<(), NotReady> {
    let url = format!("http://{}:{}/health/ready", reachable(&config.host), config.port);
    let ask = async || reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?.get(&url).send().await;
    let answer = ask().await.map_err(|error| NotReady::NoAnswer(url.clone(), error))?;
    if answer.status().is_success() { Ok(()) } else { Err(NotReady::Refused(answer.status())) }
}

/// A service that listens on all addresses is reached on the loopback address.
fn reachable(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "[::1]".to_owned(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.to_owned(),
    }
}
