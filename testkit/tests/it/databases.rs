//! Databases answer, and do not see each other.

use sea_orm::{ConnectionTrait, Statement};
use testkit::{Backend, Suite, TestDatabase};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [answers, is_shared]; empty: [is_isolated, has_several_connections, enforces_foreign_keys];
        own: [is_migrated_and_isolated]; postgres: [is_postgres]; own_postgres: [is_postgres_too]; empty_postgres: [is_empty]);
}

async fn number(database: &impl ConnectionTrait, sql: &str) -> anyhow::Result<i32> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await?.ok_or_else(|| anyhow::anyhow!("no row"))?;
    Ok(row.try_get_by_index(0)?)
}

async fn answers(database: TestDatabase) -> anyhow::Result<()> {
    assert_eq!(number(&database.connection, "SELECT 1").await?, 1);
    Ok(())
}

async fn is_shared(database: TestDatabase) -> anyhow::Result<()> {
    assert_eq!(testkit::migrated(database.backend).await?.url, database.url);
    Ok(())
}

const CUSTOMERS: &str = "SELECT CAST(count(*) AS INTEGER) FROM crm_customers \
     WHERE company_id = '00000000-0000-0000-0000-000000000000'";

async fn is_migrated_and_isolated(database: TestDatabase) -> anyhow::Result<()> {
    let other = testkit::own(database.backend).await?;
    assert_ne!(other.url, database.url);
    database.connection.execute_unprepared("CREATE TABLE here (id INTEGER)").await?;
    assert!(number(&other.connection, "SELECT id FROM here").await.is_err());
    assert_eq!((number(&database.connection, CUSTOMERS).await?, number(&other.connection, CUSTOMERS).await?), (0, 0));
    Ok(())
}

async fn is_postgres(database: TestDatabase) {
    assert_eq!(database.backend, Backend::Postgres);
    assert_eq!(testkit::migrated(Backend::Postgres).await.map(|shared| shared.url).ok(), Some(database.url));
}

async fn is_postgres_too(database: TestDatabase) -> anyhow::Result<()> {
    assert_eq!((database.backend, number(&database.connection, CUSTOMERS).await?), (Backend::Postgres, 0));
    Ok(())
}

async fn is_empty(database: TestDatabase) {
    assert_eq!(database.backend, Backend::Postgres);
    assert!(number(&database.connection, CUSTOMERS).await.is_err());
}

async fn is_isolated(database: TestDatabase) -> anyhow::Result<()> {
    let other = testkit::empty(database.backend).await?;
    database.connection.execute_unprepared("CREATE TABLE here (id INTEGER)").await?;
    database.connection.execute_unprepared("INSERT INTO here VALUES (7)").await?;
    assert!(number(&other.connection, "SELECT id FROM here").await.is_err());
    let again = database.connect(1).await?;
    assert_eq!(number(&again, "SELECT id FROM here").await?, 7);
    Ok(())
}

async fn has_several_connections(database: TestDatabase) -> anyhow::Result<()> {
    use sea_orm::TransactionTrait;
    database.connection.execute_unprepared("CREATE TABLE here (id INTEGER)").await?;
    let first = database.connection.begin().await?;
    first.execute_unprepared("INSERT INTO here VALUES (1)").await?;
    assert_eq!(number(&database.connection, "SELECT CAST(count(*) AS INTEGER) FROM here").await?, 0);
    first.commit().await?;
    assert_eq!(number(&database.connection, "SELECT CAST(count(*) AS INTEGER) FROM here").await?, 1);
    Ok(())
}

async fn enforces_foreign_keys(database: TestDatabase) -> anyhow::Result<()> {
    let connection = &database.connection;
    connection.execute_unprepared("CREATE TABLE parent (id INTEGER PRIMARY KEY)").await?;
    connection.execute_unprepared("CREATE TABLE child (parent INTEGER REFERENCES parent (id))").await?;
    assert!(connection.execute_unprepared("INSERT INTO child VALUES (1)").await.is_err());
    if database.backend == Backend::Postgres {
        assert_eq!(number(connection, "SELECT count(*)::int FROM pg_stat_user_tables").await?, 2);
    }
    Ok(())
}
