//! The web console at the root of the program.

use anyhow::Context;
use crm_console::accounts::{RemoteAccounts, RemoteAccountsOptions};
use crm_console::login::{Bearer, OidcLogin, OidcLoginOptions, PasswordLogin, PasswordLoginOptions};
use crm_console::{Console, migrations};
use crm_http::config::{Config, ConsoleConfig, OidcConfig};
use crm_http::server::{Server, connect_for_migrations};

/// Mounts the console, whose users log in as these settings say.
pub(crate) async fn mount(
    server: Server,
    config: &Config,
    settings: &ConsoleConfig,
    adapt: impl Fn(Console) -> Console,
) -> anyhow::Result<Server> {
    if config.database.migrate_on_start {
        let database = connect_for_migrations(&config.database).await?;
        migrations::up(&database).await.context("cannot migrate the tables of the console")?;
        database.close().await?;
    }
    let (console, key) = (Console::new((**server.service()).clone()), config.auth.console_key());
    let console = match settings {
        ConsoleConfig::UserManagement(url) => {
            let login = PasswordLogin::new(PasswordLoginOptions::new(url))?;
            let accounts = RemoteAccounts::new(RemoteAccountsOptions::new(url))?;
            console.with_login(login, key).with_accounts(accounts)
        }
        ConsoleConfig::Oidc(oidc) => {
            let console = console.with_login(OidcLogin::new(options(oidc))?, key);
            // What browsers see decides, whatever the connection of a proxy is.
            if oidc.address.starts_with("https://") { console.with_secure_cookies(true) } else { console }
        }
    };
    // Log-ins count like all other requests of an address.
    let console = match server.service().rate_limits() {
        Some(limits) => console.with_rate_limits(limits.clone()),
        None => console,
    };
    let console = adapt(console);
    Ok(server.with_pages(move |service, app| {
        crm_console::configure(console.clone().with_service((**service).clone()))(app);
    }))
}

fn options(config: &OidcConfig) -> OidcLoginOptions {
    let OidcConfig { issuer, client_id, address, .. } = config;
    let options = OidcLoginOptions::new(issuer, client_id, address);
    OidcLoginOptions {
        client_secret: config.client_secret.clone(),
        name: config.name.clone().unwrap_or(options.name),
        scopes: config.scopes.clone(),
        parameters: config.parameters.clone(),
        bearer: if config.is_id_token { Bearer::IdToken } else { Bearer::AccessToken },
        id_token_hint: config.refuses_id_tokens,
        plain_http: config.plain_http,
        ..options
    }
}
