//! All tables of user management.

use migration::columns::{json, key_text, number, optional, reference, table, text, time, uuid};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables(manager) {
            manager.create_table(table).await?;
        }
        for (name, table, columns, is_unique) in INDEXES {
            let mut index = Index::create().name(*name).table(*table).to_owned();
            for column in *columns {
                index.col(*column);
            }
            if *is_unique {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables(manager).iter().rev() {
            let name =
                table.get_table_name().cloned().ok_or_else(|| DbErr::Migration("a table has a name".to_owned()))?;
            manager.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        Ok(())
    }
}

/// The name, the table, the columns, and whether it is unique.
type IndexOf = (&'static str, &'static str, &'static [&'static str], bool);

const INDEXES: &[IndexOf] = &[
    ("um_companies_name_key", "um_companies", &["name_key", "id"], false),
    ("um_users_email_key", "um_users", &["email"], true),
    ("um_memberships_user_idx", "um_memberships", &["user_id", "company_id"], false),
    ("um_memberships_created_idx", "um_memberships", &["company_id", "created_at", "user_id"], false),
    ("um_memberships_name_idx", "um_memberships", &["company_id", "name_key", "user_id"], false),
    // The feed of changes goes over all companies.
    ("um_memberships_updated_idx", "um_memberships", &["updated_at", "company_id", "user_id"], false),
    ("um_teams_name_key", "um_teams", &["company_id", "name_key"], true),
    ("um_team_members_user_idx", "um_team_members", &["company_id", "user_id", "team_id"], false),
    ("um_sessions_user_idx", "um_sessions", &["user_id", "created_at", "id"], false),
    ("um_sessions_expires_idx", "um_sessions", &["expires_at"], false),
    ("um_refresh_tokens_session_idx", "um_refresh_tokens", &["session_id"], false),
    ("um_refresh_tokens_expires_idx", "um_refresh_tokens", &["expires_at"], false),
    ("um_links_user_idx", "um_links", &["user_id", "kind"], false),
    ("um_links_expires_idx", "um_links", &["expires_at"], false),
    ("um_sign_ins_company_idx", "um_sign_ins", &["company_id", "at", "id"], false),
    ("um_sign_ins_user_idx", "um_sign_ins", &["user_id", "at", "id"], false),
    ("um_sign_ins_at_idx", "um_sign_ins", &["at"], false),
    ("um_audit_entries_company_idx", "um_audit_entries", &["company_id", "at", "id"], false),
    ("um_api_keys_hash_key", "um_api_keys", &["hash"], true),
    ("um_api_keys_created_idx", "um_api_keys", &["company_id", "created_at", "id"], false),
    ("um_attempts_window_idx", "um_attempts", &["window_start"], false),
];

/// The tables, those that others refer to first.
fn tables(manager: &SchemaManager<'_>) -> Vec<TableCreateStatement> {
    vec![
        companies(manager),
        users(manager),
        memberships(manager),
        teams(manager),
        team_members(manager),
        sessions(manager),
        refresh_tokens(manager),
        signing_keys(manager),
        links(manager),
        recovery_codes(manager),
        sign_ins(manager),
        audit_entries(manager),
        api_keys(manager),
        attempts(manager),
    ]
}

fn companies(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        key_text(manager, "name_key"),
        text("status"),
    ];
    table("um_companies", &["id"], columns)
}

fn users(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        key_text(manager, "email"),
        optional(text("name")),
        optional(text("locale")),
        optional(text("time_zone")),
        optional(text("password_hash")),
        optional(time("password_changed_at")),
        optional(text("totp_secret")),
        optional(time("totp_confirmed_at")),
        optional(number("totp_last_step")),
        optional(time("last_sign_in_at")),
    ];
    table("um_users", &["id"], columns)
}

fn memberships(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("user_id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        key_text(manager, "name_key"),
        text("role"),
        text("status"),
        json("permissions"),
        number("generation"),
    ];
    let mut table = table("um_memberships", &["company_id", "user_id"], columns);
    table.foreign_key(&mut reference(
        "um_memberships_company_fkey",
        ("um_memberships", &["company_id"]),
        ("um_companies", &["id"]),
        ForeignKeyAction::Cascade,
    ));
    table.foreign_key(&mut reference(
        "um_memberships_user_fkey",
        ("um_memberships", &["user_id"]),
        ("um_users", &["id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn teams(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        key_text(manager, "name_key"),
        optional(uuid("manager_id")),
    ];
    let mut table = table("um_teams", &["company_id", "id"], columns);
    table.foreign_key(&mut reference(
        "um_teams_company_fkey",
        ("um_teams", &["company_id"]),
        ("um_companies", &["id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn team_members(_: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![uuid("company_id"), uuid("team_id"), uuid("user_id")];
    let mut table = table("um_team_members", &["company_id", "team_id", "user_id"], columns);
    table.foreign_key(&mut reference(
        "um_team_members_team_fkey",
        ("um_team_members", &["company_id", "team_id"]),
        ("um_teams", &["company_id", "id"]),
        ForeignKeyAction::Cascade,
    ));
    table.foreign_key(&mut reference(
        "um_team_members_user_fkey",
        ("um_team_members", &["company_id", "user_id"]),
        ("um_memberships", &["company_id", "user_id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn sessions(_: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("id"),
        uuid("user_id"),
        uuid("company_id"),
        time("created_at"),
        time("last_used_at"),
        time("expires_at"),
        optional(time("ended_at")),
        optional(text("end_reason")),
        optional(text("address")),
        optional(text("user_agent")),
    ];
    let mut table = table("um_sessions", &["id"], columns);
    table.foreign_key(&mut reference(
        "um_sessions_member_fkey",
        ("um_sessions", &["company_id", "user_id"]),
        ("um_memberships", &["company_id", "user_id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn refresh_tokens(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        key_text(manager, "hash"),
        uuid("session_id"),
        time("issued_at"),
        time("expires_at"),
        optional(time("used_at")),
    ];
    let mut table = table("um_refresh_tokens", &["hash"], columns);
    table.foreign_key(&mut reference(
        "um_refresh_tokens_session_fkey",
        ("um_refresh_tokens", &["session_id"]),
        ("um_sessions", &["id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn signing_keys(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        key_text(manager, "id"),
        text("algorithm"),
        json("public_key"),
        text("private_key"),
        time("created_at"),
        time("signs_from"),
        optional(time("signs_until")),
        optional(time("published_until")),
    ];
    table("um_signing_keys", &["id"], columns)
}

fn links(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        key_text(manager, "hash"),
        uuid("id"),
        text("kind"),
        uuid("user_id"),
        optional(uuid("company_id")),
        time("created_at"),
        time("expires_at"),
        optional(time("used_at")),
        optional(uuid("created_by")),
    ];
    let mut table = table("um_links", &["hash"], columns);
    table.foreign_key(&mut reference(
        "um_links_user_fkey",
        ("um_links", &["user_id"]),
        ("um_users", &["id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn recovery_codes(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![uuid("user_id"), key_text(manager, "hash"), optional(time("used_at"))];
    let mut table = table("um_recovery_codes", &["user_id", "hash"], columns);
    table.foreign_key(&mut reference(
        "um_recovery_codes_user_fkey",
        ("um_recovery_codes", &["user_id"]),
        ("um_users", &["id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn sign_ins(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("id"),
        time("at"),
        optional(uuid("company_id")),
        optional(uuid("user_id")),
        key_text(manager, "account"),
        text("method"),
        text("outcome"),
        optional(text("address")),
        optional(text("user_agent")),
        optional(text("request_id")),
    ];
    table("um_sign_ins", &["id"], columns)
}

fn audit_entries(_: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("id"),
        time("at"),
        uuid("company_id"),
        optional(uuid("actor_id")),
        text("action"),
        text("entity"),
        optional(uuid("entity_id")),
        json("changes"),
        optional(text("address")),
        optional(text("request_id")),
    ];
    let mut table = table("um_audit_entries", &["id"], columns);
    table.foreign_key(&mut reference(
        "um_audit_entries_company_fkey",
        ("um_audit_entries", &["company_id"]),
        ("um_companies", &["id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn api_keys(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        text("prefix"),
        key_text(manager, "hash"),
        text("role"),
        json("permissions"),
        optional(time("expires_at")),
        optional(time("last_used_at")),
        optional(time("revoked_at")),
        optional(uuid("created_by")),
    ];
    let mut table = table("um_api_keys", &["company_id", "id"], columns);
    table.foreign_key(&mut reference(
        "um_api_keys_company_fkey",
        ("um_api_keys", &["company_id"]),
        ("um_companies", &["id"]),
        ForeignKeyAction::Cascade,
    ));
    table
}

fn attempts(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![key_text(manager, "key"), time("window_start"), number("failures")];
    table("um_attempts", &["key"], columns)
}
