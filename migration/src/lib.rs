//! The CRM's tables.
//!
//! Run them with [`up`] (or the `migration` binary, or `crm-http migrate up`) next to other tables in the database:
//! every table starts with `crm_`, and the bookkeeping has its own table, `crm_migrations`, so that a host's migrations
//! are not affected.
//!
//! ```no_run
//! # async fn host() -> Result<(), Box<dyn std::error::Error>> {
//! let db = sea_orm_migration::sea_orm::Database::connect("sqlite://erp.db?mode=rwc").await?;
//! migration::up(&db).await?;
//! # Ok(()) }
//! ```
//!
//! Several processes may start at once: on PostgreSQL they wait for an advisory lock, on SQLite for the write lock.
//! `fresh` is deliberately not available, because it drops a host's tables too.

#![expect(elided_lifetimes_in_paths, reason = "`MigrationTrait` is declared that way")]

pub mod columns;
mod lock;
mod m20261120_000001_companies;
mod m20261120_000002_records;
mod m20261120_000003_customers;
mod m20261121_000004_notes;
mod m20261121_000005_interactions;
mod m20261121_000006_tags;
mod m20261121_000007_timeline;
mod m20261126_000008_stats;
mod m20261128_000100_event_heads;
mod m20261128_000180_idempotency_records;
mod m20261128_000181_events_of_notes;
mod m20261128_000182_jobs;
mod m20261129_000190_last_contact;
mod m20261129_000200_bulk_actions;
mod m20261129_000210_imports;
mod m20261129_000215_saved_views;
mod m20261129_000216_preferences;
mod m20261129_000221_audit_filters;
mod m20261129_000230_ai;
mod m20261130_000240_customer_fields;
mod m20261130_000245_customer_filters;
mod m20261130_000250_contact_points;
mod m20261130_000260_custom_fields;
mod m20261130_000270_source_key;
mod m20261130_000280_links;
mod m20261130_000300_customer_merges;
mod m20261201_000290_duplicates;
mod m20261201_000310_merge_links;
mod m20261201_000320_field_values;
mod m20261201_000330_import_mappings;
mod m20261201_000340_import_reverts;
mod m20261201_000350_sorted_field_values;
mod m20261202_000400_tasks;
mod m20261203_000410_pipelines;
mod m20261203_000420_deals;
mod m20261204_000440_currency_rates;
mod m20261204_000450_deal_items;
mod m20261204_000460_deal_contacts;
mod m20261204_000470_deal_fields;
mod m20261204_000480_rotten_deals;
mod m20261204_000490_required_fields;
mod m20261205_000500_notifications;
mod m20261205_000510_reminders;
mod m20261205_000520_recurrence;
mod m20261205_000530_task_links;
mod m20261205_000540_calendar_feeds;
mod m20261206_000600_lead_statuses;
mod m20261206_000610_leads;
mod m20261207_000700_teams;
mod m20261207_000710_quotas;
mod m20261207_000711_deal_postponements;
mod m20261207_000712_sales_stats;
mod m20261207_000720_lead_scoring;
mod m20261207_000730_lead_assignment_rules;
mod m20261207_000731_lead_responses;
mod m20261207_000740_capture_forms;
mod m20261207_000750_lead_deals;
mod m20261207_000751_lead_references;
mod m20261207_000765_team_names;
mod m20261207_000766_lead_rule_teams;
mod m20261207_000770_audit_chain;
mod m20261207_000780_consents;
mod m20261207_000781_suppressions;
mod m20261207_000790_legal_holds;
pub mod runner;
pub mod trigrams;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, DbErr};

pub use runner::Applied;

/// The migrations in their order. A host that has a migrator of its own can append [`Migrator::migrations`].
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_companies::Migration),
            Box::new(m20261120_000002_records::Migration),
            Box::new(m20261120_000003_customers::Migration),
            Box::new(m20261121_000004_notes::Migration),
            Box::new(m20261121_000005_interactions::Migration),
            Box::new(m20261121_000006_tags::Migration),
            Box::new(m20261121_000007_timeline::Migration),
            Box::new(m20261126_000008_stats::Migration),
            Box::new(m20261128_000100_event_heads::Migration),
            Box::new(m20261128_000180_idempotency_records::Migration),
            Box::new(m20261128_000181_events_of_notes::Migration),
            Box::new(m20261128_000182_jobs::Migration),
            Box::new(m20261129_000190_last_contact::Migration),
            Box::new(m20261129_000200_bulk_actions::Migration),
            Box::new(m20261129_000210_imports::Migration),
            Box::new(m20261129_000215_saved_views::Migration),
            Box::new(m20261129_000216_preferences::Migration),
            Box::new(m20261129_000221_audit_filters::Migration),
            Box::new(m20261129_000230_ai::Migration),
            Box::new(m20261130_000240_customer_fields::Migration),
            Box::new(m20261130_000245_customer_filters::Migration),
            Box::new(m20261130_000250_contact_points::Migration),
            Box::new(m20261130_000260_custom_fields::Migration),
            Box::new(m20261130_000270_source_key::Migration),
            Box::new(m20261130_000280_links::Migration),
            Box::new(m20261130_000300_customer_merges::Migration),
            Box::new(m20261201_000290_duplicates::Migration),
            Box::new(m20261201_000310_merge_links::Migration),
            Box::new(m20261201_000320_field_values::Migration),
            Box::new(m20261201_000330_import_mappings::Migration),
            Box::new(m20261201_000340_import_reverts::Migration),
            Box::new(m20261201_000350_sorted_field_values::Migration),
            Box::new(m20261202_000400_tasks::Migration),
            Box::new(m20261203_000410_pipelines::Migration),
            Box::new(m20261203_000420_deals::Migration),
            Box::new(m20261204_000440_currency_rates::Migration),
            Box::new(m20261204_000450_deal_items::Migration),
            Box::new(m20261204_000460_deal_contacts::Migration),
            Box::new(m20261204_000470_deal_fields::Migration),
            Box::new(m20261204_000480_rotten_deals::Migration),
            Box::new(m20261204_000490_required_fields::Migration),
            Box::new(m20261205_000500_notifications::Migration),
            Box::new(m20261205_000510_reminders::Migration),
            Box::new(m20261205_000520_recurrence::Migration),
            Box::new(m20261205_000530_task_links::Migration),
            Box::new(m20261205_000540_calendar_feeds::Migration),
            Box::new(m20261206_000600_lead_statuses::Migration),
            Box::new(m20261206_000610_leads::Migration),
            Box::new(m20261207_000700_teams::Migration),
            Box::new(m20261207_000710_quotas::Migration),
            Box::new(m20261207_000711_deal_postponements::Migration),
            Box::new(m20261207_000712_sales_stats::Migration),
            Box::new(m20261207_000720_lead_scoring::Migration),
            Box::new(m20261207_000730_lead_assignment_rules::Migration),
            Box::new(m20261207_000731_lead_responses::Migration),
            Box::new(m20261207_000740_capture_forms::Migration),
            Box::new(m20261207_000750_lead_deals::Migration),
            Box::new(m20261207_000751_lead_references::Migration),
            Box::new(m20261207_000765_team_names::Migration),
            Box::new(m20261207_000766_lead_rule_teams::Migration),
            Box::new(m20261207_000770_audit_chain::Migration),
            Box::new(m20261207_000780_consents::Migration),
            Box::new(m20261207_000781_suppressions::Migration),
            Box::new(m20261207_000790_legal_holds::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("crm_migrations").into_iden()
    }
}

/// The reason why migrations failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database returned an error.
    #[error("the migration failed")]
    Database(#[from] DbErr),
    /// An extension is missing and the role may not create it.
    #[error(
        "the PostgreSQL extension {name} is missing; let an administrator run: CREATE EXTENSION IF NOT EXISTS {name};"
    )]
    Extension {
        /// The name of the extension.
        name: &'static str,
        /// The error of the database.
        #[source]
        source: DbErr,
    },
}

/// Runs all pending migrations. A database that is newer than this program is not changed.
///
/// # Errors
/// [`Error::Extension`] where PostgreSQL lacks `pg_trgm` or `btree_gin` and the role may not create them;
/// [`Error::Database`] for everything else. Migrations before the error stay applied.
pub async fn up(db: &DatabaseConnection) -> Result<(), Error> {
    let _lock = lock::acquire(db).await?;
    if runner::is_newer::<Migrator>(db).await? {
        return Ok(());
    }
    trigrams::require(db).await?;
    Ok(runner::up_alone::<Migrator>(db).await?)
}

/// Reverts the last `steps` migrations, dropping their tables and data; all if `steps` is `None`.
///
/// # Errors
/// [`Error::Database`] if the database refuses.
pub async fn down(db: &DatabaseConnection, steps: Option<u32>) -> Result<(), Error> {
    Ok(runner::down::<Migrator>(db, steps).await?)
}

/// The migrations of this program and their status. Changes nothing.
///
/// # Errors
/// [`Error::Database`] if the database cannot be read.
pub async fn status(db: &DatabaseConnection) -> Result<Vec<Applied>, Error> {
    Ok(runner::status::<Migrator>(db).await?)
}
