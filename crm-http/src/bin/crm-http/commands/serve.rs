//! `crm-http serve`

use std::path::Path;

use crm_http::auth::TokenRules;
use crm_http::config::Config;
use crm_http::server::{Server, init_logging};

/// Runs the service until it receives a signal.
pub(crate) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = Config::load(file)?;
    let _log = init_logging(&config.log);
    warn_insecure_settings(&config);
    let server = Server::start(&config).await?;
    #[cfg(feature = "console")]
    let server = match &config.console {
        Some(settings) => crate::console::mount(server, &config, settings, |console| console).await?,
        None => server,
    };
    Ok(server.run().await?)
}

/// Warns about settings that are allowed, but unusual in production.
fn warn_insecure_settings(config: &Config) {
    let TokenRules { issuer, audience } = config.auth.rules();
    if issuer.is_none() {
        tracing::warn!("JWT_ISSUER is not set: valid tokens of any issuer are accepted");
    }
    if audience.is_none() {
        tracing::warn!("JWT_AUDIENCE is not set: tokens for other services are accepted");
    }
}
