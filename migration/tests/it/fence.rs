//! The schema fence: what belongs to a company is keyed, unique and referenced by company, in the database itself.

use sea_orm_migration::sea_orm::ConnectionTrait;
use testkit::{Backend, Suite, TestDatabase};

use crate::catalogue::{Table, Tables, tables, texts};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        every_table_is_keyed_by_company,
        the_fence_sees_every_breach,
        there_are_no_triggers_on_postgres,
    ]; empty_postgres: [texts_that_are_sorted_by_are_in_byte_order]);
}

/// Tables that are no company's, with the reason.
const OUTSIDE: &[(&str, &str)] = &[("crm_migrations", "which migrations have run is a fact of the database")];

/// The same, of SQLite alone.
const OUTSIDE_ON_SQLITE: &[(&str, &str)] = &[
    ("crm_customer_search", "a virtual table: FTS5 has no other columns than text, and is asked through its documents"),
    ("crm_customer_search_data", "made by FTS5 for itself"),
    ("crm_customer_search_idx", "made by FTS5 for itself"),
    ("crm_customer_search_docsize", "made by FTS5 for itself"),
    ("crm_customer_search_config", "made by FTS5 for itself"),
];

/// Tables with another primary key, with it and the reason.
const OTHER_KEY_ON_SQLITE: &[(&str, &str, &str)] =
    &[("crm_customer_search_documents", "document_id", "FTS5 knows its documents by an integer")];

/// Indexes, none of them unique, that serve all companies at once, with the reason.
const OF_ALL_COMPANIES: &[(&str, &str)] = &[
    ("crm_bulk_actions_expiry_idx", "the housekeeping removes old bulk actions, whose ever they are"),
    ("crm_customer_merges_expiry_idx", "the housekeeping removes what old merges keep, whose ever they are"),
    ("crm_idempotency_keys_expiry_idx", "the housekeeping removes what has expired, whose ever it is"),
    ("crm_jobs_due_idx", "workers find the companies that have due jobs, without a look at the others"),
    ("crm_jobs_expiry_idx", "the housekeeping removes old jobs, whose ever they are"),
    ("crm_import_parts_expiry_idx", "the housekeeping removes old files, whose ever they are"),
    ("crm_imports_expiry_idx", "the housekeeping removes old files, whose ever they are"),
    ("crm_job_schedules_due_idx", "workers find the companies that have due schedules"),
    ("crm_task_reminders_due_idx", "workers find the companies in which tasks have reminders that are due"),
    ("crm_notifications_mail_idx", "workers find the companies whose users are to be told by mail"),
    ("crm_leads_response_due_idx", "workers find the companies whose leads were not answered in time"),
    ("crm_preferences_digest_idx", "workers find the companies whose users want their digest"),
    ("crm_event_heads_moved_idx", "the relay finds the companies that have new events, without a look at the others"),
];

/// What breaks the rules.
fn breaches(tables: &Tables, backend: Backend) -> Vec<String> {
    let of_sqlite = |list: &'static [(&str, &str)]| if backend == Backend::Sqlite { list } else { &[] };
    let outside = |name: &str| OUTSIDE.iter().chain(of_sqlite(OUTSIDE_ON_SQLITE)).any(|(table, _)| *table == name);
    let mut breaches = Vec::new();
    for (name, table) in tables.iter().filter(|(name, _)| !outside(name)) {
        let Table { columns, primary_key, indexes, references } = table;
        let mut breach = |what: String| breaches.push(format!("{name}: {what}"));
        if columns.get("company_id") != Some(&true) {
            breach("company_id is missing or may be NULL".to_owned());
        }
        let other_key = OTHER_KEY_ON_SQLITE.iter().find(|(table, ..)| table == name && backend == Backend::Sqlite);
        match other_key {
            Some((_, key, _)) if primary_key == &[*key] => {
                let by_company = |(_, columns, unique): &(String, Vec<String>, bool)| *unique && leads(columns);
                if !indexes.iter().any(by_company) {
                    breach("no unique index by company stands for the primary key".to_owned());
                }
            }
            _ if !leads(primary_key) => breach(format!("the primary key is {primary_key:?}")),
            _ => {}
        }
        for (index, columns, unique) in indexes.iter().filter(|(_, columns, _)| !leads(columns)) {
            if !unique && OF_ALL_COMPANIES.iter().any(|(name, _)| name == index) {
                continue;
            }
            breach(format!("index {index} is on {columns:?}"));
        }
        for (columns, other, targets) in references {
            if !leads(columns) || !leads(targets) || outside(other) {
                breach(format!("a foreign key leads from {columns:?} to {targets:?} of {other}"));
            }
        }
        if name != "crm_companies" && references.is_empty() {
            breach("no foreign key leads to its company".to_owned());
        }
    }
    breaches
}

fn leads(columns: &[String]) -> bool {
    columns.first().is_some_and(|column| column == "company_id")
}

async fn every_table_is_keyed_by_company(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let tables = tables(&database).await?;
    for table in [
        "crm_companies",
        "crm_users",
        "crm_customers",
        "crm_customer_external_refs",
        "crm_changes",
        "crm_audit",
        "crm_outbox",
    ] {
        assert!(tables.contains_key(table), "{table} is missing");
    }
    assert_eq!(breaches(&tables, database.backend), Vec::<String>::new());
    // An exception that is none any more goes.
    let exceptions = OUTSIDE.iter().chain(OUTSIDE_ON_SQLITE.iter().filter(|_| database.backend == Backend::Sqlite));
    for (table, _) in exceptions {
        assert!(tables.contains_key(*table), "{table} is no exception, it does not exist");
    }
    Ok(())
}

/// Each rule, broken once on purpose.
async fn the_fence_sees_every_breach(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let breaking = [
        (
            "crm_a (company_id BIGINT, id BIGINT NOT NULL, PRIMARY KEY (id))",
            &["may be NULL", "primary key is [\"id\"]", "no foreign key"][..],
        ),
        ("crm_b (id BIGINT NOT NULL PRIMARY KEY)", &["company_id is missing", "primary key", "no foreign key"]),
        (
            "crm_c (company_id BIGINT NOT NULL, id BIGINT NOT NULL, code BIGINT UNIQUE, PRIMARY KEY (company_id, id))",
            &["index", "no foreign key"],
        ),
        (
            "crm_d (company_id BIGINT NOT NULL, id BIGINT NOT NULL, c BIGINT REFERENCES crm_c (code), PRIMARY KEY (company_id, id))",
            &["foreign key leads from [\"c\"] to [\"code\"]"],
        ),
    ];
    for (table, _) in &breaking {
        database.connection.execute_unprepared(&format!("CREATE TABLE {table}")).await?;
    }
    database.connection.execute_unprepared("CREATE INDEX crm_e ON crm_users (email)").await?;
    let found = breaches(&tables(&database).await?, database.backend);
    let mut expected = 1;
    for (table, rules) in breaking {
        let name = table.split_once(' ').expect("a name").0;
        for rule in rules {
            assert!(
                found.iter().any(|breach| breach.starts_with(name) && breach.contains(rule)),
                "{name}: {rule} in {found:?}"
            );
        }
        expected += rules.len();
    }
    assert!(found.contains(&"crm_users: index crm_e is on [\"email\"]".to_owned()), "{found:?}");
    assert_eq!(found.len(), expected, "{found:?}");
    Ok(())
}

/// A distributed table can have none.
async fn there_are_no_triggers_on_postgres(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let triggers = match database.backend {
        Backend::Postgres => "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal",
        // Here they keep the full-text index in step, and do nothing else.
        Backend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE 'crm_customer%_search%'"
        }
    };
    assert_eq!(texts(&database.connection, triggers).await?, Vec::<String>::new());
    Ok(())
}

/// A cursor compares as the list is sorted, on every server alike.
async fn texts_that_are_sorted_by_are_in_byte_order(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let others = "SELECT format('%s.%s', c.relname, a.attname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         JOIN pg_collation k ON k.oid = a.attcollation \
         WHERE c.relname LIKE 'crm\\_%' AND c.relkind = 'r' AND a.attname LIKE '%\\_key' AND k.collname <> 'C'";
    assert_eq!(texts(&database.connection, others).await?, Vec::<String>::new());
    Ok(())
}
