//! `crm-http reindex`

use std::path::Path;

use anyhow::Context;
use crm_core::Crm;
use crm_http::config::load_database;
use crm_http::server::{connect_for_migrations, expect_schema};

/// Recomputes search texts and keys. Reads the database settings only, like migrations.
#[expect(clippy::print_stdout, reason = "what was done is what the user asked for")]
pub(crate) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = load_database(file)?;
    let database = connect_for_migrations(&config).await.context("cannot connect to the database")?;
    expect_schema(&database, &config).await?;
    let done = Crm::default().reindex(&database).await.context("not all records were reindexed")?;
    println!("{} records written", done.written);
    for (kind, id) in &done.conflicts {
        println!("{kind} {id} now has the same key as another: merge or change it, and run this again");
    }
    Ok(())
}
