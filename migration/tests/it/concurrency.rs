//! Several processes that start at once.

use testkit::{Suite, TestDatabase};

use crate::catalogue::{schema, texts};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [six_migrators_at_once_all_succeed, a_lock_is_given_back]);
}

async fn six_migrators_at_once_all_succeed(database: TestDatabase) -> anyhow::Result<()> {
    let alone = testkit::empty(database.backend).await?;
    migration::up(&alone.connection).await?;
    for round in 0..3 {
        let mut migrators = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let db = database.connect(2).await?;
            migrators.spawn(async move { migration::up(&db).await });
        }
        for migrated in migrators.join_all().await {
            migrated?;
        }
        assert_eq!(schema(&database).await?, schema(&alone).await?, "round {round}");
        let versions = texts(&database.connection, "SELECT version FROM crm_migrations").await?;
        assert_eq!(versions.len(), migration::status(&database.connection).await?.len());
        migration::down(&database.connection, None).await?;
    }
    Ok(())
}

/// Also when a migration fails, and to a pool of one connection.
async fn a_lock_is_given_back(database: TestDatabase) -> anyhow::Result<()> {
    use sea_orm_migration::sea_orm::ConnectionTrait;
    let small = database.connect(1).await?;
    small.execute_unprepared("CREATE TABLE crm_customers (id BIGINT)").await?;
    for _ in 0..2 {
        migration::up(&small).await.expect_err("the table is there");
    }
    small.execute_unprepared("DROP TABLE crm_customers").await?;
    migration::up(&database.connection).await?;
    migration::down(&small, None).await?;
    migration::up(&small).await?;
    Ok(())
}
