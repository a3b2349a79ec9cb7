//! Jobs, and their schedules.

use sea_orm_migration::prelude::*;

use crate::columns::{actor, boolean, index, json, key_text, number, optional, reference, table, text, time, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const JOBS: &str = "crm_jobs";
const SCHEDULES: &str = "crm_job_schedules";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(jobs(manager)).await?;
        manager.create_table(schedules()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [SCHEDULES, JOBS] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn jobs(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("kind"),
        // Jobs of one record run one at a time, in the order of their ordinals.
        optional(text("record")),
        number("ordinal"),
        optional(key_text(manager, "unique_key")),
        json("payload"),
        text("state"),
        number("attempts"),
        number("max_attempts"),
        time("run_at"),
        // When a worker looks at it: its time while it waits, the end of its lease while it runs, then never.
        optional(time("due_at")),
        optional(uuid("lease_token")),
        optional(text("leased_by")),
        number("progress"),
        optional(text("message")),
        boolean("cancel_requested"),
        optional(text("last_error")),
        optional(json("result")),
        optional(uuid("schedule_id")),
        optional(time("started_at")),
        optional(time("finished_at")),
        optional(time("expires_at")),
    ];
    columns.extend(actor("created_by"));
    of_company(table(JOBS, &["company_id", "id"], columns), "crm_jobs_company_fkey", JOBS)
}

fn schedules() -> TableCreateStatement {
    let mut columns = vec![
        uuid("company_id"),
        uuid("id"),
        number("version"),
        time("created_at"),
        time("updated_at"),
        text("name"),
        text("cron"),
        text("kind"),
        json("payload"),
        // NULL while it is switched off.
        optional(time("next_run_at")),
    ];
    columns.extend(actor("created_by"));
    columns.extend(actor("updated_by"));
    of_company(table(SCHEDULES, &["company_id", "id"], columns), "crm_job_schedules_company_fkey", SCHEDULES)
}

fn of_company(mut table: TableCreateStatement, name: &'static str, from: &'static str) -> TableCreateStatement {
    let companies: (&str, &[&str]) = ("crm_companies", &["company_id"]);
    table.foreign_key(&mut reference(name, (from, &["company_id"]), companies, ForeignKeyAction::Cascade)).to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let unfinished = || Expr::col("due_at").is_not_null();
    vec![
        index("crm_jobs_unique_key", JOBS, &["company_id", "kind", "unique_key"])
            .unique()
            .and_where(Expr::col("unique_key").is_not_null())
            .and_where(unfinished())
            .to_owned(),
        index("crm_jobs_due_idx", JOBS, &["due_at", "company_id"]).and_where(unfinished()).to_owned(),
        index("crm_jobs_claim_idx", JOBS, &["company_id", "due_at", "id"]).and_where(unfinished()).to_owned(),
        index("crm_jobs_record_idx", JOBS, &["company_id", "record", "ordinal", "id"])
            .and_where(Expr::col("record").is_not_null())
            .and_where(unfinished())
            .to_owned(),
        // Those that run or wait for another attempt: few, however long the line behind them.
        index("crm_jobs_begun_idx", JOBS, &["company_id", "record"])
            .and_where(Expr::col("record").is_not_null())
            .and_where(unfinished())
            .and_where(Expr::cust("attempts > 0"))
            .to_owned(),
        index("crm_jobs_created_idx", JOBS, &["company_id", "created_at", "id"]),
        index("crm_jobs_state_idx", JOBS, &["company_id", "state", "created_at", "id"]),
        index("crm_jobs_kind_idx", JOBS, &["company_id", "kind", "created_at", "id"]),
        index("crm_jobs_creator_idx", JOBS, &["company_id", "created_by_id", "created_at", "id"]),
        index("crm_jobs_expiry_idx", JOBS, &["expires_at"]).and_where(Expr::col("expires_at").is_not_null()).to_owned(),
        index("crm_job_schedules_name_key", SCHEDULES, &["company_id", "name"]).unique().to_owned(),
        index("crm_job_schedules_due_idx", SCHEDULES, &["next_run_at", "company_id"])
            .and_where(Expr::col("next_run_at").is_not_null())
            .to_owned(),
    ]
}
