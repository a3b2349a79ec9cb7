//! The web console at the root of the program.

use anyhow::Context;
use crm_console::accounts::{RemoteAccounts, RemoteAccountsOptions};
use crm_console::login::{PasswordLogin, PasswordLoginOptions};
use crm_console::{Console, migrations};
use crm_http::config::Config;
use crm_http::server::{Server, connect_for_migrations};

/// Mounts the console, which logs users in at, and manages them in, the user-management service of this address.
pub(crate) async fn mount(
    server: Server,
    config: &Config,
    user_management: &str,
    adapt: impl Fn(Console) -> Console,
) -> anyhow::Result<Server> {
    if config.database.migrate_on_start {
        let database = connect_for_migrations(&config.database).await?;
        migrations::up(&database).await.context("cannot migrate the tables of the console")?;
        database.close().await?;
    }
    let login = PasswordLogin::new(PasswordLoginOptions::new(user_management))?;
    let accounts = RemoteAccounts::new(RemoteAccountsOptions::new(user_management))?;
    let console = Console::new((**server.service()).clone()).with_login(login, config.auth.console_key());
    let console = console.with_accounts(accounts);
    let console = adapt(console);
    Ok(server.with_pages(move |service, app| {
        crm_console::configure(console.clone().with_service((**service).clone()))(app);
    }))
}
