//! Log-in at a provider of OpenID Connect, which is on another origin, as all providers are.

use std::net::TcpListener;
use std::thread;

use actix_web::{App, HttpServer, rt};
use anyhow::{Result, ensure};
use crm_console::Console;
use crm_console::login::{OidcLogin, OidcLoginOptions};
use crm_core::Crm;
use crm_web::Service;
use crm_web::auth::{Jwks, JwksOptions, KeySource, TokenRules};
use crm_web::seal::SealKey;
use serde_json::json;
use testkit::{Backend, OpenIdFault, OpenIdProvider, Suite, TestDatabase};

use crate::browser::{Browser, Kind, alone};
use crate::pages::axe;

const CLIENT: &str = "console";

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [a_person_logs_in_and_out, works_without_scripts]);
}

/// A console of its own, and its provider.
async fn start() -> Result<(String, OpenIdProvider)> {
    let database = testkit::own(Backend::Sqlite).await?;
    crm_console::migrations::up(&database.connection).await?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let origin = format!("http://{}", listener.local_addr()?);
    let provider = OpenIdProvider::start(CLIENT, None, &format!("{origin}/log-in/callback")).await?;
    provider.know(&json!({ "sub": "ann", "companyId": "acme", "role": "admin", "name": "Ann Lee" }));
    let (address, issuer) = (origin.clone(), provider.url());
    thread::spawn(move || rt::System::new().block_on(serve(listener, database, address, issuer)));
    Ok((origin, provider))
}

/// Serves until the process ends. Connections belong to the runtime that opened them, so the pool is opened here.
async fn serve(listener: TcpListener, database: TestDatabase, address: String, issuer: String) -> Result<()> {
    let rules = TokenRules { issuer: Some(issuer.clone()), audience: Some("crm".to_owned()) };
    let source = KeySource::Of { service: issuer.parse()?, issuer: Some(issuer.clone()), plain_http: false };
    let keys = Jwks::start(JwksOptions::new(source, rules)).await?;
    let service = Service::new(Crm::default(), database.connect(2).await?, keys);
    let name = "Acme ID".to_owned();
    let login = OidcLogin::new(OidcLoginOptions { name, ..OidcLoginOptions::new(issuer, CLIENT, address) })?;
    let console = Console::new(service).with_login(login, SealKey::random());
    let server = HttpServer::new(move || App::new().configure(crm_console::configure(console.clone())));
    Ok(server.workers(1).disable_signals().listen(listener)?.run().await?)
}

async fn a_person_logs_in_and_out() -> Result<()> {
    alone(Kind::default(), async |browser| {
        let (origin, provider) = start().await?;
        there_and_back(browser, &origin, &provider).await?;
        let mut faults = axe(browser, "log-in at a provider").await?;
        provider.fail(OpenIdFault::Denied("access_denied"));
        browser.provokes(403);
        browser.click_on("Log in with Acme ID").await?;
        browser.sees("The log-in was cancelled or refused.").await?;
        faults.extend(axe(browser, "a log-in that was declined").await?);
        ensure!(faults.is_empty(), "{faults:#?}");
        provider.work();
        browser.click_on("Log in with another account").await?;
        browser.sees("Latest activity").await
    })
    .await
}

async fn works_without_scripts() -> Result<()> {
    alone(Kind { has_scripts: false, ..Kind::default() }, async |browser| {
        let (origin, provider) = start().await?;
        there_and_back(browser, &origin, &provider).await
    })
    .await
}

/// From a page to the provider and back to it, and out again.
async fn there_and_back(browser: &Browser, origin: &str, provider: &OpenIdProvider) -> Result<()> {
    browser.goes_to(origin);
    browser.goes_to(&provider.url());
    browser.open_elsewhere(&format!("{origin}/customers?q=lee")).await?;
    let wanted = "return location.pathname + location.search === '/customers?q=lee'";
    browser.until("the wanted page", wanted, &[]).await?;
    browser.click("[data-menu] > summary").await?;
    browser.sees("Ann Lee").await?;
    browser.click_on("Log out").await?;
    browser.sees("Log in with Acme ID").await?;
    ensure!(provider.ended().len() == 1, "the session at the provider goes on");
    browser.open_elsewhere(&format!("{origin}/log-in")).await?;
    browser.sees("Log in with Acme ID").await
}
