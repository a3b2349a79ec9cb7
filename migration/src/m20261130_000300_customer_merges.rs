//! Merges of customers, the ids that they have left behind, and the records that they have moved.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, index, json, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CUSTOMERS: &str = "crm_customers";
const MERGES: &str = "crm_customer_merges";
const MERGED: &str = "crm_merged_customers";
const RECORDS: &str = "crm_customer_merge_records";
const MERGED_INTO: &str = "merged_into_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = optional(uuid(MERGED_INTO));
        manager.alter_table(Table::alter().table(CUSTOMERS).add_column(column).to_owned()).await?;
        for table in [merges(), merged(), records()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [RECORDS, MERGED, MERGES] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table(CUSTOMERS).drop_column(MERGED_INTO).to_owned()).await
    }
}

fn merges() -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        uuid("survivor_id"),
        json("loser_ids"),
        time("undoable_until"),
        optional(time("undone_at")),
        // The survivor before and after; NULL as soon as the merge cannot be undone any more.
        optional(json("before_image")),
        optional(json("after_image")),
    ];
    columns.extend(actor("created_by"));
    let company: (&str, &[&str]) = ("crm_companies", &["company_id"]);
    let key =
        reference("crm_customer_merges_company_fkey", (MERGES, &["company_id"]), company, ForeignKeyAction::Cascade);
    table(MERGES, &["company_id", "id"], columns).foreign_key(&mut key.to_owned()).to_owned()
}

/// Where the id of a customer who was merged leads. It outlives the customer's own row.
fn merged() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("customer_id"),
        uuid("merge_id"),
        uuid("survivor_id"),
        // The same, or the customer that the survivor has been merged into since.
        uuid("current_id"),
    ];
    table(MERGED, &["company_id", "customer_id"], columns)
        .foreign_key(&mut to_merge("crm_merged_customers_merge_fkey", MERGED))
        .to_owned()
}

fn records() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("merge_id"),
        // The table of the record.
        text("entity_table"),
        uuid("record_id"),
        // The customer that it belonged to.
        uuid("customer_id"),
        // The version that the merge left.
        number("version"),
    ];
    table(RECORDS, &["company_id", "merge_id", "entity_table", "record_id"], columns)
        .foreign_key(&mut to_merge("crm_customer_merge_records_merge_fkey", RECORDS))
        .to_owned()
}

fn to_merge(name: &'static str, from: &'static str) -> ForeignKeyCreateStatement {
    reference(name, (from, &["company_id", "merge_id"]), (MERGES, &["company_id", "id"]), ForeignKeyAction::Cascade)
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("crm_customer_merges_survivor_idx", MERGES, &["company_id", "survivor_id", "created_at", "id"]),
        // Read for all companies, by the housekeeping.
        index("crm_customer_merges_expiry_idx", MERGES, &["undoable_until"])
            .and_where(Expr::col("before_image").is_not_null())
            .to_owned(),
        index("crm_merged_customers_current_idx", MERGED, &["company_id", "current_id"]),
        index("crm_merged_customers_merge_idx", MERGED, &["company_id", "merge_id"]),
        index("crm_customer_merge_records_record_idx", RECORDS, &["company_id", "record_id"]),
    ]
}
