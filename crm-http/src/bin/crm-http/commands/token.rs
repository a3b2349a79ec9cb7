//! `crm-http token`

use std::path::Path;

use anyhow::{Context, ensure};
use chrono::Utc;
use clap::Args;
use crm_http::auth::{CallerFacts, SharedSecret};
use crm_http::config::AuthConfig;

/// The contents of the token.
#[derive(Debug, Args)]
pub(crate) struct Facts {
    /// The company: a UUID, or any name, which always means the same company
    #[arg(long)]
    company: String,
    /// The user: a UUID, or any name, which always means the same user
    #[arg(long)]
    user: String,
    /// The role: admin, manager, sales_rep, support or viewer, or one of ROLE_MAP
    #[arg(long)]
    role: String,
    /// The user's name
    #[arg(long)]
    name: Option<String>,
    /// The user's e-mail address
    #[arg(long)]
    email: Option<String>,
    /// The lifetime of the token in seconds
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    ttl: u32,
}

/// Prints a token for a service with the same settings.
#[expect(clippy::print_stdout, reason = "the token is what the user asked for")]
pub(crate) fn run(file: Option<&Path>, facts: Facts) -> anyhow::Result<()> {
    let config = AuthConfig::load(file)?;
    let options = config.shared_secret().context("tokens come from the user-management service; see AUTH_MODE")?;
    let Facts { company, user, role, name, email, ttl } = facts;
    ensure!(options.claims.roles.role(&role).is_some(), "the role {role} is not known; see ROLE_MAP");
    let mut claims = options.claims.claims(&CallerFacts { company, user, role, name, email });
    let now = Utc::now().timestamp();
    claims.insert("iat".to_owned(), now.into());
    claims.insert("exp".to_owned(), (now + i64::from(ttl)).into());
    let secret = SharedSecret::new(options.clone());
    let token = secret.mint(claims).context("cannot sign the token")?;
    secret.actor(&token).context("the service would refuse this token")?;
    println!("{token}");
    Ok(())
}
