//! `crm-http serve`

use std::path::Path;

use crm_http::auth::TokenRules;
use crm_http::config::Config;
use crm_http::server::{Server, init_logging};

/// Runs the service until a signal comes.
pub(crate) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = Config::load(file)?;
    let _log = init_logging(&config.log);
    warn_insecure_settings(&config);
    Server::start(&config).await?.run().await?;
    Ok(())
}

/// What is allowed, but hardly meant in production.
fn warn_insecure_settings(config: &Config) {
    let TokenRules { issuer, audience } = config.auth.rules();
    if issuer.is_none() {
        tracing::warn!("JWT_ISSUER names nobody: tokens of any issuer are taken that are genuine");
    }
    if audience.is_none() {
        tracing::warn!("JWT_AUDIENCE names nobody: tokens that are meant for other services are taken");
    }
}
