//! What PostgreSQL needs for searches within texts: two extensions.

use sea_orm_migration::SchemaManager;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::Error;

/// Creates `pg_trgm` and `btree_gin` unless they are there. Does nothing on SQLite.
///
/// # Errors
/// [`Error::Extension`] with the statement for an administrator, if the role may not create them.
pub async fn require(db: &impl ConnectionTrait) -> Result<(), Error> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for name in ["pg_trgm", "btree_gin"] {
        db.execute_unprepared(&format!("CREATE EXTENSION IF NOT EXISTS {name}"))
            .await
            .map_err(|source| Error::Extension { name, source })?;
    }
    Ok(())
}

/// The schema of `pg_trgm`, quoted; it need not be on the search path.
///
/// # Errors
/// If the extension is not there.
pub async fn schema(db: &impl ConnectionTrait) -> Result<String, DbErr> {
    let schema = "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace \
                  WHERE extname = 'pg_trgm'";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, schema)).await?;
    row.ok_or_else(|| DbErr::Migration("pg_trgm has gone".to_owned()))?.try_get_by_index(0)
}

/// Creates the index by which words are found in a folded text of rows that are not in the trash. SQLite reads the rows of
/// the company instead.
pub(crate) async fn index(manager: &SchemaManager<'_>, name: &str, table: &str, column: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let db = manager.get_connection();
    let schema = schema(db).await?;
    let index = format!(
        "CREATE INDEX {name} ON {table} USING gin (company_id, {column} {schema}.gin_trgm_ops) WHERE deleted_at IS NULL"
    );
    db.execute_unprepared(&index).await.map(drop)
}
