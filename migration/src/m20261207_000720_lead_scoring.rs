//! The scores of leads: the score itself, the rules of a company, and what it has learned from its own leads.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, json, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LEADS: &str = "crm_leads";
const RULES: &str = "crm_lead_scoring_rules";
const MODELS: &str = "crm_lead_scoring_models";
const WEIGHTS: &str = "crm_lead_scoring_weights";

const SCORE: &str = "score";
const SCORES: &str = "crm_leads_score_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A company without rules and without a model has no other score.
        let score = number(SCORE).default(0).take();
        manager.alter_table(Table::alter().table(LEADS).add_column(score).to_owned()).await?;
        let scores =
            index(SCORES, LEADS, &["company_id", SCORE, "id"]).and_where(Expr::col("deleted_at").is_null()).to_owned();
        manager.create_index(scores).await?;
        for table in [rules(manager), models(), weights(manager)] {
            manager.create_table(table).await?;
        }
        for (name, column) in [
            ("crm_lead_scoring_rules_position_idx", "position"),
            ("crm_lead_scoring_rules_name_idx", "name_key"),
            ("crm_lead_scoring_rules_created_idx", "created_at"),
        ] {
            manager.create_index(index(name, RULES, &["company_id", column, "id"])).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [WEIGHTS, MODELS, RULES] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        manager.drop_index(Index::drop().name(SCORES).to_owned()).await?;
        manager.alter_table(Table::alter().table(LEADS).drop_column(SCORE).to_owned()).await
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
        // A filter over the fields of a lead.
        json("condition"),
        number("points"),
        // After so many days without activity nothing is left of the points.
        optional(number("decay_days")),
        boolean("is_active"),
        number("position"),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(RULES, &["company_id", "id"], columns)
        .foreign_key(&mut company("crm_lead_scoring_rules_company_fkey", RULES))
        .to_owned()
}

/// At most one a company: the newest.
fn models() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        number("version"),
        time("built_at"),
        // Whether there were enough leads to learn from, so that it counts.
        boolean("is_ready"),
        number("won"),
        number("lost"),
        json("quality"),
    ];
    table(MODELS, &["company_id", "version"], columns)
        .foreign_key(&mut company("crm_lead_scoring_models_company_fkey", MODELS))
        .to_owned()
}

fn weights(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        number("version"),
        key_text(manager, "feature"),
        key_text(manager, "value"),
        number("weight"),
        number("won"),
        number("lost"),
    ];
    table(WEIGHTS, &["company_id", "version", "feature", "value"], columns)
        .foreign_key(&mut reference(
            "crm_lead_scoring_weights_model_fkey",
            (WEIGHTS, &["company_id", "version"]),
            (MODELS, &["company_id", "version"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn company(name: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    reference(name, (table, &["company_id"]), ("crm_companies", &["company_id"]), ForeignKeyAction::Cascade)
}
