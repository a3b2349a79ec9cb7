//! The load of an import: the calling thread, and the planner of the database.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use crm_core::customers::{CustomerQuery, ImportOptions, MatchBy};
use crm_core::page::{Count, PageRequest, Position};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;
use testkit::{Backend, Suite, TestDatabase};

use super::{counts, create, upsert};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [no_batch_is_planned_on_the_thread_that_waits]; empty: [
        a_table_that_was_filled_is_analysed,
        a_deep_page_of_a_table_without_statistics_reads_few_rows,
    ]);
}

fn rows(count: usize) -> String {
    (0..count).map(|number| format!("Customer {number},c{number}@example.com,+49 30 {number}\n")).collect()
}

async fn no_batch_is_planned_on_the_thread_that_waits(database: TestDatabase) -> anyhow::Result<()> {
    let mut pool = database.connect(3).await?;
    let threads: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let (seen, waiting) = (threads.clone(), thread::current().id());
    // Called by whichever thread has built the statement.
    pool.set_metric_callback(move |query| {
        let is_write = query.statement.sql.contains("INTO \"crm_customers\"");
        if is_write && let Ok(mut seen) = seen.lock() {
            seen.insert(name(thread::current().id(), waiting).to_owned());
        }
    });
    let crm = TestCrm { db: pool, ..TestCrm::new(&database) };
    let file = format!("Name,Email,Phone\n{}", rows(1_200));
    assert_eq!(counts(&crm.import(file, &upsert(MatchBy::Email)).await?), [1_200, 0, 0, 0]);
    let threads = threads.lock().map(|threads| threads.clone()).unwrap_or_default();
    assert_eq!(threads.into_iter().collect::<Vec<_>>(), ["another"]);
    Ok(())
}

fn name(thread: ThreadId, waiting: ThreadId) -> &'static str {
    if thread == waiting { "the one that waits" } else { "another" }
}

async fn never_analysed(database: &TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    if database.backend == Backend::Postgres {
        let off = "ALTER TABLE crm_customers SET (autovacuum_enabled = false)";
        database.connection.execute_unprepared(off).await?;
    }
    Ok(())
}

async fn a_table_that_was_filled_is_analysed(database: TestDatabase) -> anyhow::Result<()> {
    never_analysed(&database).await?;
    let crm = TestCrm::new(&database);
    let known = async || -> anyhow::Result<f32> {
        let sql = "SELECT reltuples FROM pg_class WHERE relname = 'crm_customers'";
        let row = crm.db.query_one_raw(Statement::from_string(crm.db.get_database_backend(), sql)).await?;
        Ok(row.map(|row| row.try_get("", "reltuples")).transpose()?.unwrap_or_default())
    };
    let file = format!("Name,Email,Phone\n{}", rows(1_000));
    let dry = ImportOptions { dry_run: true, ..create() };
    for (options, expected) in [(dry, -1.0), (create(), 1_000.0)] {
        crm.import(file.as_str(), &options).await?;
        if database.backend == Backend::Postgres {
            assert_eq!(known().await?, expected);
        }
    }
    assert_eq!(crm.all().await?.len(), 1_000);
    Ok(())
}

/// The largest number of rows that a step of a plan has touched.
fn touched(plan: &Value) -> u64 {
    let number = |name: &str| plan.get(name).and_then(Value::as_f64).unwrap_or_default();
    let rows = ["Actual Rows", "Rows Removed by Join Filter", "Rows Removed by Filter"].map(number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand at most")]
    let here = (rows.iter().sum::<f64>() * number("Actual Loops")) as u64;
    let below = plan.get("Plans").and_then(Value::as_array).into_iter().flatten().map(touched);
    below.fold(here, u64::max)
}

async fn a_deep_page_of_a_table_without_statistics_reads_few_rows(database: TestDatabase) -> anyhow::Result<()> {
    never_analysed(&database).await?;
    let mut pool = database.connect(1).await?;
    let statements: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let seen = statements.clone();
    pool.set_metric_callback(move |query| {
        if let Ok(mut seen) = seen.lock() {
            seen.push(query.statement.clone());
        }
    });
    let crm = TestCrm { db: pool, ..TestCrm::new(&database) };
    // Each below what is analysed.
    for _ in 0..3 {
        crm.import(
            format!("Name,Email,Phone\n{}", rows(900).replace("@", &format!("{}@", uuid::Uuid::new_v4()))),
            &create(),
        )
        .await?;
    }
    for (sort, page, limit) in [("-createdAt", 100, 20), ("name", 20, 100)] {
        statements.lock().map(|mut seen| seen.clear()).unwrap_or_default();
        let query = CustomerQuery { sort: sort.parse()?, ..CustomerQuery::default() };
        let request = PageRequest::new(Some(Position::Number(page)), Some(limit), Some(Count::None))?;
        let found = crm.admin().customers().list(&query, &request).await?;
        assert_eq!(found.data.len() as u64, limit);
        if database.backend == Backend::Sqlite {
            continue;
        }
        let read = statements.lock().ok().and_then(|seen| seen.last().cloned());
        let mut read = read.ok_or_else(|| anyhow::anyhow!("no statement"))?;
        read.sql.insert_str(0, "EXPLAIN (ANALYZE, FORMAT JSON) ");
        let row = crm.db.query_one_raw(read).await?.ok_or_else(|| anyhow::anyhow!("no plan"))?;
        let plan: Value = row.try_get_by_index(0)?;
        let touched = touched(&plan[0]["Plan"]);
        assert!(touched <= 2_700, "{touched} rows for page {page} by {sort}: {plan}");
    }
    Ok(())
}
