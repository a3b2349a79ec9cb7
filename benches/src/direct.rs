//! The same statements through plain sqlx.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use crm_core::sea_orm::{Statement, Value, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use crate::cpu;
use crate::statements::Operation;

/// A pool as large as the number of clients.
pub(crate) struct Direct {
    pool: PgPool,
    postmaster: u32,
}

impl Direct {
    pub async fn connect(url: &str, clients: usize) -> Result<Self> {
        let connections = u32::try_from(clients)?;
        let pool = PgPoolOptions::new().max_connections(connections).test_before_acquire(false).connect(url).await?;
        let backend: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&pool).await?;
        Ok(Self { postmaster: cpu::parent(u32::try_from(backend)?)?, pool })
    }

    pub const fn postmaster(&self) -> u32 {
        self.postmaster
    }

    /// Sends the statements from many clients for some time; gives how often.
    pub async fn run(&self, operation: Operation, sql: &[Statement], clients: usize, time: Duration) -> Result<u64> {
        let (sent, end) = (Arc::new(AtomicU64::new(0)), Instant::now() + time);
        let mut tasks = tokio::task::JoinSet::new();
        for client in 0..clients {
            let (pool, sent, statements) = (self.pool.clone(), sent.clone(), sql.to_vec());
            tasks.spawn(async move {
                let mut turn = client;
                while Instant::now() < end {
                    send(&pool, operation, &statements, turn).await?;
                    sent.fetch_add(1, Ordering::Relaxed);
                    turn += 1;
                }
                Ok::<_, anyhow::Error>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        Ok(sent.load(Ordering::Relaxed))
    }
}

async fn send(pool: &PgPool, operation: Operation, statements: &[Statement], turn: usize) -> Result<()> {
    if operation != Operation::Create {
        let statement = &statements[turn % statements.len()];
        let values = SqlxValues(statement.values.clone().unwrap_or(Values(Vec::new())));
        pool.fetch_all(sqlx::query_with(AssertSqlSafe(statement.sql.clone()), values)).await?;
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    let mut ids = std::collections::HashMap::new();
    for statement in statements {
        let values = fresh(statement, &mut ids, statements);
        transaction.execute(sqlx::query_with(AssertSqlSafe(statement.sql.clone()), SqlxValues(values))).await?;
    }
    Ok(transaction.commit().await?)
}

/// The same values with new ids for the rows; the company and the user stay.
fn fresh(statement: &Statement, ids: &mut std::collections::HashMap<Uuid, Uuid>, all: &[Statement]) -> Values {
    let kept = version_four(all);
    let values = statement.values.iter().flat_map(|values| &values.0).map(|value| match value {
        Value::Uuid(Some(id)) if !kept.contains(id) => Value::Uuid(Some(*ids.entry(*id).or_insert_with(Uuid::new_v4))),
        other => other.clone(),
    });
    Values(values.collect())
}

/// The ids that the benchmark chose itself: company and user.
pub(crate) fn version_four(statements: &[Statement]) -> Vec<Uuid> {
    let values = statements.iter().filter_map(|statement| statement.values.as_ref()).flat_map(|values| &values.0);
    values
        .filter_map(|value| match value {
            Value::Uuid(Some(id)) if id.get_version_num() == 4 => Some(*id),
            _ => None,
        })
        .collect()
}
