//! `crm-http recount`

use std::path::Path;

use anyhow::Context;
use crm_core::Crm;
use crm_http::config::load_database;
use crm_http::server::{connect_for_migrations, expect_schema};

/// Recomputes the stored statistics of customers. Reads the database settings only, like migrations.
#[expect(clippy::print_stdout, reason = "the number is what the user asked for")]
pub(crate) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = load_database(file)?;
    let database = connect_for_migrations(&config).await.context("cannot connect to the database")?;
    expect_schema(&database, &config).await?;
    let customers = Crm::default().recount_stats(&database).await.context("not all customers were recounted")?;
    println!("{customers} customers counted");
    Ok(())
}
