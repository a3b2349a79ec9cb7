//! Forms of websites, and what was sent with them.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, json, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FORMS: &str = "crm_capture_forms";
const SUBMISSIONS: &str = "crm_capture_submissions";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(forms(manager)).await?;
        manager.create_table(submissions(manager)).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(SUBMISSIONS).to_owned()).await?;
        manager.drop_table(Table::drop().table(FORMS).to_owned()).await
    }
}

fn forms(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        key_text(manager, "name_key"),
        // Public: it stands in the pages that show the form.
        key_text(manager, "key"),
        // Signs the challenges of the form.
        text("secret"),
        json("fields"),
        json("origins"),
        optional(text("source")),
        optional(uuid("owner_id")),
        json("tags"),
        // The code of a status; one that is gone counts as none.
        optional(key_text(manager, "status")),
        optional(text("consent_text")),
        number("consent_version"),
        optional(text("redirect_url")),
        boolean("requires_challenge"),
        text("on_duplicate"),
        boolean("is_active"),
        number("submissions"),
        number("rejected"),
        optional(time("last_submitted_at")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    table(FORMS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_capture_forms_company_fkey",
            (FORMS, &["company_id"]),
            ("crm_companies", &["company_id"]),
            ForeignKeyAction::Cascade,
        ))
        .foreign_key(&mut reference(
            "crm_capture_forms_owner_fkey",
            (FORMS, &["company_id", "owner_id"]),
            ("crm_users", &["company_id", "id"]),
            ForeignKeyAction::NoAction,
        ))
        .to_owned()
}

/// They go with the lead, whose row among the customers they hang on. The form may be deleted before.
fn submissions(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let columns = vec![
        uuid("company_id"),
        uuid("id"),
        uuid("lead_id"),
        uuid("form_id"),
        text("form_name"),
        time("submitted_at"),
        key_text(manager, "outcome"),
        json("fields"),
        optional(text("consent_text")),
        optional(number("consent_version")),
        optional(text("landing_page")),
        optional(text("referrer")),
        // Of the challenge, so that none is used twice; NULL without one.
        optional(uuid("challenge")),
    ];
    table(SUBMISSIONS, &["company_id", "id"], columns)
        .foreign_key(&mut reference(
            "crm_capture_submissions_lead_fkey",
            (SUBMISSIONS, &["company_id", "lead_id"]),
            ("crm_customers", &["company_id", "id"]),
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 7] {
    let of_forms = |name: &'static str, columns: &[&'static str]| index(name, FORMS, columns);
    let of_submissions = |name: &'static str, columns: &[&'static str]| index(name, SUBMISSIONS, columns);
    [
        of_forms("crm_capture_forms_name_key", &["company_id", "name_key"]).unique().to_owned(),
        of_forms("crm_capture_forms_key_key", &["company_id", "key"]).unique().to_owned(),
        of_forms("crm_capture_forms_name_idx", &["company_id", "name_key", "id"]),
        of_forms("crm_capture_forms_created_idx", &["company_id", "created_at", "id"]),
        // For users who are removed from the mirror.
        of_forms("crm_capture_forms_owner_idx", &["company_id", "owner_id"]),
        of_submissions("crm_capture_submissions_lead_idx", &["company_id", "lead_id", "submitted_at", "id"]),
        of_submissions("crm_capture_submissions_challenge_key", &["company_id", "challenge"]).unique().to_owned(),
    ]
}
