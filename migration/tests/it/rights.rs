//! For a role that may not create extensions the error contains the statement for an administrator.

use std::error::Error as _;

use sea_orm_migration::sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use testkit::{Suite, TestDatabase};
use url::Url;
use uuid::Uuid;

use crate::catalogue::tables;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty_postgres: [a_missing_right_is_answered_with_the_statement_to_run]);
}

async fn a_missing_right_is_answered_with_the_statement_to_run(database: TestDatabase) -> anyhow::Result<()> {
    let role = format!("crm_test_{}", Uuid::new_v4().simple());
    let outcome = as_role(&database, &role).await;
    // Roles belong to the server, which may outlive the test.
    database.connection.execute_unprepared(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await?;
    outcome
}

/// May make tables in the schema, but nothing in the database.
async fn as_role(database: &TestDatabase, role: &str) -> anyhow::Result<()> {
    let admin = &database.connection;
    let create = format!("CREATE ROLE {role} LOGIN PASSWORD '{role}'; GRANT ALL ON SCHEMA public TO {role}");
    admin.execute_unprepared(&create).await?;
    let limited = connect(database, role).await?;

    for missing in ["pg_trgm", "btree_gin"] {
        let error = migration::up(&limited).await.expect_err("it may not");
        let expected = format!(
            "the PostgreSQL extension {missing} is missing; let an administrator run: CREATE EXTENSION IF NOT EXISTS {missing};"
        );
        assert_eq!(error.to_string(), expected);
        let reason = error.source().map(ToString::to_string).unwrap_or_default();
        assert!(reason.contains("permission denied"), "{reason}");
        assert!(!tables(database).await?.contains_key("crm_customers"));
        admin.execute_unprepared(&format!("CREATE EXTENSION IF NOT EXISTS {missing}")).await?;
    }
    migration::up(&limited).await?;
    assert!(tables(database).await?.contains_key("crm_customers"));
    migration::down(&limited, None).await?;
    migration::up(&limited).await?;
    limited.close().await?;
    Ok(())
}

async fn connect(database: &TestDatabase, role: &str) -> anyhow::Result<DatabaseConnection> {
    let mut url = Url::parse(&database.url)?;
    url.set_username(role)
        .and_then(|()| url.set_password(Some(role)))
        .map_err(|()| anyhow::anyhow!("no user in the URL"))?;
    Ok(Database::connect(url.as_str()).await?)
}
