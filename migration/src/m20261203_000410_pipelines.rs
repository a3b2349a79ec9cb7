//! Pipelines, and the stages that their deals pass.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const PIPELINES: &str = "crm_pipelines";
const STAGES: &str = "crm_pipeline_stages";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(pipelines(manager)).await?;
        manager.create_table(stages(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [STAGES, PIPELINES] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn pipelines(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        key_text(manager, "name_key"),
        optional(text("description")),
        // What no two pipelines of a company have; NULL for those that are not the default.
        optional(key_text(manager, "default_key")),
        number("position"),
        boolean("is_archived"),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(PIPELINES, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_pipelines_company_fkey",
            (PIPELINES, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn stages(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("pipeline_id"),
        key_text(manager, "code"),
        text("name"),
        text("kind"),
        number("probability"),
        number("position"),
        optional(number("rotten_days")),
        optional(text("color")),
        boolean("is_archived"),
    ];
    table(STAGES, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_pipeline_stages_pipeline_fkey",
            (STAGES, &["company_id", "pipeline_id"]),
            (PIPELINES, &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let of_pipelines = |name: &'static str, columns: &[&'static str]| index(name, PIPELINES, columns);
    vec![
        of_pipelines("crm_pipelines_name_key", &["company_id", "name_key"]).unique().to_owned(),
        of_pipelines("crm_pipelines_default_key", &["company_id", "default_key"]).unique().to_owned(),
        of_pipelines("crm_pipelines_name_idx", &["company_id", "name_key", "id"]),
        of_pipelines("crm_pipelines_position_idx", &["company_id", "position", "id"]),
        of_pipelines("crm_pipelines_created_idx", &["company_id", "created_at", "id"]),
        index("crm_pipeline_stages_code_key", STAGES, &["company_id", "pipeline_id", "code"]).unique().to_owned(),
        // What deals refer to: a stage of their pipeline.
        index("crm_pipeline_stages_pipeline_key", STAGES, &["company_id", "pipeline_id", "id"]).unique().to_owned(),
    ]
}
