//! The mirror of teams: who leads them, what they are part of, and who is in them.

use sea_orm_migration::prelude::*;

use crate::columns::{index, optional, reference, table, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TEAMS: &str = "crm_teams";
const MEMBERS: &str = "crm_team_members";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(teams()).await?;
        manager.create_table(members()).await?;
        for index in [
            index("crm_teams_manager_idx", TEAMS, &["company_id", "manager_id", "id"]),
            index("crm_teams_parent_idx", TEAMS, &["company_id", "parent_id", "id"]),
            index("crm_team_members_team_idx", MEMBERS, &["company_id", "team_id", "user_id"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [MEMBERS, TEAMS] {
            manager.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn teams() -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("id"),
        optional(uuid("parent_id")),
        optional(uuid("manager_id")),
        time("created_at"),
        time("updated_at"),
    ];
    table(TEAMS, &["company_id", "id"], columns).foreign_key(&mut company(TEAMS, "crm_teams_company_fkey")).to_owned()
}

/// Without a reference to teams and users: the directory may tell of a member before it tells of the team.
fn members() -> TableCreateStatement {
    let columns = vec![uuid("company_id"), uuid("user_id"), uuid("team_id")];
    table(MEMBERS, &["company_id", "user_id", "team_id"], columns)
        .foreign_key(&mut company(MEMBERS, "crm_team_members_company_fkey"))
        .to_owned()
}

fn company(table: &'static str, name: &'static str) -> ForeignKeyCreateStatement {
    reference(name, (table, &["company_id"]), ("crm_companies", &["company_id"]), ForeignKeyAction::Cascade)
}
