//! The chain of hashes that seals the audit trail, and the address that a request came from.

use sea_orm_migration::prelude::*;

use crate::columns::{index, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const AUDIT: &str = "crm_audit";
const ADDRESS: &str = "address";
const CHAIN: &str = "crm_audit_chain";
const SEALS: &str = "crm_audit_seals";
const HEADS: &str = "crm_audit_heads";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut address = optional(text(ADDRESS));
        manager.alter_table(Table::alter().table(AUDIT).add_column(&mut address).to_owned()).await?;
        for table in [chain(), seals(), heads()] {
            manager.create_table(table).await?;
        }
        let place = index("crm_audit_seals_place_key", SEALS, &["company_id", "batch", "position"]).unique().to_owned();
        manager.create_index(place).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [HEADS, SEALS, CHAIN] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table(AUDIT).drop_column(ADDRESS).to_owned()).await
    }
}

/// One row a batch. The rows of batches whose entries were pruned stay.
fn chain() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        number("number"),
        number("first_position"),
        number("last_position"),
        uuid("first_entry"),
        uuid("last_entry"),
        number("entries"),
        text("entries_hash"),
        text("previous_hash"),
        text("hash"),
        // The time of the newest entry.
        time("latest_at"),
        // Everything of an earlier time was sealed by then, but for what committed late.
        time("reached_at"),
        time("sealed_at"),
    ];
    table(CHAIN, &["company_id", "number"], columns)
        .foreign_key(&mut company("crm_audit_chain_company_fkey", CHAIN))
        .to_owned()
}

/// Which entry is sealed where. Beside the entries, so that those are only ever inserted.
fn seals() -> TableCreateStatement {
    let columns = vec![uuid("company_id"), uuid("entry_id"), number("batch"), number("position"), text("digest")];
    table(SEALS, &["company_id", "entry_id"], columns)
        .foreign_key(&mut company("crm_audit_seals_company_fkey", SEALS))
        .to_owned()
}

/// Where each company's chain ends, and where to look for entries that are not sealed.
fn heads() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        number("number"),
        number("entries"),
        text("hash"),
        time("sealed_at"),
        time("reached_at"),
        time("look_from"),
        // Late commits are looked for until this time, now and then.
        time("swept_at"),
        time("sweep_until"),
        // The entries of batches up to this one were pruned.
        number("pruned"),
        optional(time("verified_at")),
        optional(number("verified_number")),
        optional(number("verified_faults")),
    ];
    table(HEADS, &["company_id"], columns).foreign_key(&mut company("crm_audit_heads_company_fkey", HEADS)).to_owned()
}

fn company(name: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    reference(name, (table, &["company_id"]), ("crm_companies", &["company_id"]), ForeignKeyAction::Cascade)
}
