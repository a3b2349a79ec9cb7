//! Who works on a task besides its assignee, the deal it is for, and the task it is part of.

use sea_orm_migration::prelude::*;

use crate::columns::{index, json, optional, reference, table, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TASKS: &str = "crm_tasks";
const COLLABORATORS: &str = "crm_task_collaborators";
const DEAL: &str = "crm_tasks_deal_idx";
const PARENT: &str = "crm_tasks_parent_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [json("collaborators"), uuid("deal_id"), uuid("parent_task_id")] {
            manager.alter_table(Table::alter().table(TASKS).add_column(optional(column)).to_owned()).await?;
        }
        manager.create_table(collaborators()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(COLLABORATORS).to_owned()).await?;
        for name in [DEAL, PARENT] {
            manager.drop_index(Index::drop().name(name).to_owned()).await?;
        }
        for name in ["parent_task_id", "deal_id", "collaborators"] {
            manager.alter_table(Table::alter().table(TASKS).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

/// The users by which tasks are found; a task is read with the list in its own row.
fn collaborators() -> TableCreateStatement {
    table(
        COLLABORATORS,
        &["company_id", "task_id", "user_id"],
        vec![uuid("company_id"), uuid("task_id"), uuid("user_id")],
    )
    .foreign_key(&mut reference(
        "crm_task_collaborators_task_fkey",
        (COLLABORATORS, &["company_id", "task_id"]),
        (TASKS, &["company_id", "id"]),
        ForeignKeyAction::Cascade,
    ))
    .foreign_key(&mut reference(
        "crm_task_collaborators_user_fkey",
        (COLLABORATORS, &["company_id", "user_id"]),
        ("crm_users", &["company_id", "id"]),
        ForeignKeyAction::Cascade,
    ))
    .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let of = |name: &'static str, column: &'static str| {
        let mut index = index(name, TASKS, &["company_id", column, "due_key", "id"]);
        index.and_where(Expr::col(column).is_not_null()).to_owned()
    };
    vec![
        // Include the trash: references to what is purged are looked for there as well.
        of(DEAL, "deal_id"),
        of(PARENT, "parent_task_id"),
        index("crm_task_collaborators_user_idx", COLLABORATORS, &["company_id", "user_id", "task_id"]),
    ]
}
