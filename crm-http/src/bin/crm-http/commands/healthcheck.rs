//! `crm-http healthcheck`

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use crm_http::config::{HttpConfig, load_http};

const PATIENCE: Duration = Duration::from_secs(3);

/// Fails unless the local service is ready.
pub(crate) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let HttpConfig { host, port, .. } = load_http(file)?;
    let url = format!("http://{}:{port}/health/ready", reachable(&host));
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let answer = client.get(&url).send().await.with_context(|| format!("no answer from {url}"))?;
    ensure!(answer.status().is_success(), "the service is not ready: {}", answer.status());
    Ok(())
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
