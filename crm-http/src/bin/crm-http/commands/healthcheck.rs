//! `crm-http healthcheck`

use std::path::Path;

use crm_http::config::load_http;
use crm_http::server::expect_ready;

/// Fails unless the local service is ready.
pub(crate) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    Ok(expect_ready(&load_http(file)?).await?)
}
