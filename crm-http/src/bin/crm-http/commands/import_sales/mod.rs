//! `crm-http import-sales`

mod accounts;
mod deals;
mod files;
mod people;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use crm_core::Crm;
use crm_core::actor::Actor;
use crm_core::money::Currency;
use crm_http::config::{AuthConfig, load_database};
use crm_http::server::{connect_for_migrations, expect_schema};

use super::import::{expect_company, parsed};
use crate::clock::SetClock;
use deals::Deals;
use files::{Paths, Sales};
use people::People;

/// The system of the external references, by which another run finds what is there.
const SYSTEM: &str = "sales-pipeline";
/// The number of faults that are printed.
const SHOWN: usize = 20;

/// What to load, and where to.
#[derive(Debug, Args)]
#[command(after_help = "Example:
      crm-http import-sales --company acme --new-company --accounts accounts.csv --products products.csv \\
          --pipeline sales_pipeline.csv --teams sales_teams.csv

  It can be run again: what is there is found by its reference, and deals that were closed since are moved.
  docs/sales-data.md says what becomes of the columns, and how to compare the numbers.")]
pub(crate) struct Options {
    /// The company, as tokens name it: a UUID or a key
    #[arg(long)]
    company: String,
    /// Import into a company that nobody has used yet
    #[arg(long)]
    new_company: bool,
    /// Accounts: account, sector, year_established, revenue, employees, office_location, subsidiary_of
    #[arg(long, value_name = "FILE")]
    accounts: PathBuf,
    /// Products: product, series, sales_price
    #[arg(long, value_name = "FILE")]
    products: PathBuf,
    /// Opportunities: opportunity_id, sales_agent, product, account, deal_stage, engage_date, close_date, close_value
    #[arg(long, value_name = "FILE")]
    pipeline: PathBuf,
    /// Sales agents: sales_agent, manager, regional_office
    #[arg(long, value_name = "FILE")]
    teams: PathBuf,
    /// The currency of prices and values
    #[arg(long, default_value = "USD", value_name = "CODE", value_parser = parsed::<Currency>)]
    currency: Currency,
    /// The pipeline; it is added with its stages if there is none of this name
    #[arg(long, default_value = "Sales", value_name = "NAME")]
    into: String,
    /// Why deals were lost, which the file does not say
    #[arg(long, default_value = "unknown", value_name = "WORD")]
    lost_reason: String,
    /// Only read the files and tell what is in them
    #[arg(long)]
    dry_run: bool,
}

/// Loads the files without the service. Reads the settings of the database and of identities.
pub(crate) async fn run(file: Option<&Path>, options: Options) -> anyhow::Result<()> {
    let Options { accounts, products, pipeline, teams, currency, .. } = &options;
    let sales = Sales::read(&Paths { accounts, products, pipeline, teams }, *currency)?;
    tell_files(&sales);
    if options.dry_run {
        return Ok(());
    }
    let people = People { auth: AuthConfig::load(file)?, company: options.company.clone() };
    let system = Actor::system(people.actor("system")?.company());
    let config = load_database(file)?;
    let database = connect_for_migrations(&config).await.context("cannot connect to the database")?;
    expect_schema(&database, &config).await?;
    let clock = SetClock::at(sales.first_day);
    let crm = Crm::builder().clock(clock.clone()).build();
    expect_company(&crm, &database, system.company(), options.new_company).await?;
    let company = system.company();
    let mut scope = crm.on(system, &database);
    people.mirror(&mut scope, &sales).await?;
    people.mirror_teams(&crm, &database, company, &sales).await?;
    let organizations = accounts::import(&mut scope, &sales).await?;
    let deals = Deals::prepare(&mut scope, &options.into, &sales, &organizations).await?;
    let done = deals.import(&crm, &database, (&clock, &people), &options.lost_reason).await?;
    tell_deals(&done);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report is what the user asked for")]
fn tell_files(sales: &Sales) {
    let Sales { accounts, products, agents, opportunities, faults, mended, .. } = sales;
    println!(
        "{} accounts, {} products, {} sales agents, {} opportunities, {} with errors",
        accounts.len(),
        products.len(),
        agents.len(),
        opportunities.len(),
        faults.len()
    );
    for ((what, from, to), count) in mended {
        println!("  {what} {from} is taken for {to}: {count} rows");
    }
    for (row, fault) in faults.iter().take(SHOWN) {
        println!("  row {row}: {fault}");
    }
    if faults.len() > SHOWN {
        println!("  and {} more errors", faults.len() - SHOWN);
    }
}

#[expect(clippy::print_stdout, reason = "the report is what the user asked for")]
fn tell_deals(done: &deals::Done) {
    let deals::Done { added, moved, unchanged, trashed } = done;
    println!("deals: {added} added, {moved} moved, {unchanged} unchanged, {trashed} in the trash");
}
