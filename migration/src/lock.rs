//! One migrator at a time.

use std::time::Duration;

use sea_orm_migration::sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

/// Any number that no other program uses: `crm-migr` read as bytes.
const KEY: i64 = i64::from_be_bytes(*b"crm-migr");

/// Holds the lock until dropped; its connection is then closed, which releases the lock in any case.
#[derive(Debug)]
pub(crate) struct Lock {
    #[cfg(feature = "postgres")]
    _connection: Option<sea_orm_migration::sea_orm::sqlx::PgConnection>,
}

/// Begins a transaction that holds SQLite's write lock from the start.
pub(crate) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    db.begin_with_options(TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    })
    .await
}

/// Waits for other migrators. On SQLite they wait for the write lock: [`begin`].
pub(crate) async fn acquire(db: &DatabaseConnection) -> Result<Lock, DbErr> {
    #[cfg(feature = "postgres")]
    if db.get_database_backend() == DbBackend::Postgres {
        return postgres(db).await;
    }
    Ok(Lock {
        #[cfg(feature = "postgres")]
        _connection: None,
    })
}

/// Polls instead of waiting in the server: a waiting statement would hold a snapshot, and an index that another
/// migrator builds concurrently waits for all snapshots.
#[cfg(feature = "postgres")]
async fn postgres(db: &DatabaseConnection) -> Result<Lock, DbErr> {
    use sea_orm_migration::sea_orm::sqlx::{self, Connection};

    let pool = db.get_postgres_connection_pool();
    let failed = |error: sqlx::Error| DbErr::Conn(sea_orm_migration::sea_orm::RuntimeErr::SqlxError(error.into()));
    let mut connection = sqlx::PgConnection::connect_with(&pool.connect_options()).await.map_err(failed)?;
    loop {
        let locked: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(KEY)
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
        if locked {
            return Ok(Lock { _connection: Some(connection) });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
