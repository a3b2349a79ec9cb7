//! Serves the console on a small SQLite database with two companies: `cargo run -p crm-console --example serve`.
//!
//! Log-in happens in this process: the tokens of [`people`] are the words that its authenticator knows.

mod model;
mod people;
mod seed;

use std::sync::Arc;

use actix_web::{App, HttpServer};
use anyhow::{Context, Result};
use crm_console::Console;
use crm_core::Crm;
use crm_core::jobs::JobOptions;
use crm_core::sea_orm::{ConnectOptions, Database};
use crm_web::Service;
use crm_web::seal::SealKey;
use model::Rules;
use people::{COMPANIES, Demo};

#[actix_web::main]
#[expect(clippy::print_stdout, reason = "the address is what the user asked for")]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();
    let port = std::env::var("PORT").map_or(Ok(8090), |port| port.parse()).context("PORT is no port")?;
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".to_owned());
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let database = Database::connect(options).await?;
    migration::up(&database).await?;
    crm_console::migrations::up(&database).await?;
    seed::fill(&database).await?;

    let crm = Crm::builder().language_model(Arc::new(Rules)).build();
    let service = Service::new(crm.clone(), database.clone(), Demo);
    let console = Console::new(service)
        .with_login(Demo, SealKey::random())
        .with_demo_users(people::buttons())
        .with_company_names(|id| {
            COMPANIES.iter().find(|company| company.id() == id).map(|company| company.name.to_owned())
        });
    let server = HttpServer::new(move || App::new().configure(crm_console::configure(console.clone())));
    let server = server.workers(2).bind(("127.0.0.1", port))?;
    println!("http://127.0.0.1:{port}/");
    // Imports and summaries are jobs.
    let options = JobOptions::default();
    let work = crm.run_jobs(&database, &options, std::future::pending());
    tokio::select! {
        served = server.run() => Ok(served?),
        () = work => Ok(()),
    }
}
