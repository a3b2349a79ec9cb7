//! The rules by which leads are assigned, and which of them has assigned a lead.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, json, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const RULES: &str = "crm_lead_assignment_rules";
const LEADS: &str = "crm_leads";
const RULE: &str = "assigned_by_rule_id";
const OPEN: &str = "crm_leads_open_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(rules(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let rule = optional(uuid(RULE));
        manager.alter_table(Table::alter().table(LEADS).add_column(rule).to_owned()).await?;
        manager.create_index(open()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(OPEN).table(LEADS).to_owned()).await?;
        manager.alter_table(Table::alter().table(LEADS).drop_column(RULE).to_owned()).await?;
        manager.drop_table(Table::drop().table(RULES).to_owned()).await
    }
}

fn rules(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        key_text(manager, "name_key"),
        optional(text("description")),
        // NULL for all leads.
        optional(json("condition")),
        key_text(manager, "strategy"),
        json("user_ids"),
        optional(text("field")),
        json("field_users"),
        optional(number("capacity")),
        boolean("working_hours_only"),
        number("position"),
        boolean("is_active"),
        // The user who has got a lead by this rule last, so that the next one is another's. No part of its version.
        optional(uuid("turn_user_id")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(RULES, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_lead_assignment_rules_company_fkey",
            (RULES, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    let index = |name: &'static str, columns: &[&'static str]| index(name, RULES, columns);
    [
        index("crm_lead_assignment_rules_position_idx", &["company_id", "position", "id"]),
        index("crm_lead_assignment_rules_name_idx", &["company_id", "name_key", "id"]),
        index("crm_lead_assignment_rules_created_idx", &["company_id", "created_at", "id"]),
    ]
}

/// How many open leads a user has.
fn open() -> IndexCreateStatement {
    let is_open = "deleted_at IS NULL AND converted_at IS NULL AND status_type IN ('open', 'ongoing', 'on_hold')";
    index(OPEN, LEADS, &["company_id", "owner_id", "id"]).and_where(Expr::cust(is_open)).to_owned()
}
