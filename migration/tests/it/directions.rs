//! Up, down, and up again.

use migration::Migrator;
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::sea_orm::ConnectionTrait;
use testkit::{Suite, TestDatabase};

use crate::catalogue::{schema, tables, texts};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        empty: [
            down_and_up_give_the_same_schema,
            every_single_step_can_be_taken_back,
            up_twice_changes_nothing,
            the_status_tells_what_has_run_and_changes_nothing,
            a_newer_database_is_left_alone,
            what_is_broken_stays_where_it_was,
        ];
        plain: [migrations_are_in_order_and_named_by_their_day]
    );
}

fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

async fn applied(database: &TestDatabase) -> anyhow::Result<Vec<bool>> {
    Ok(migration::status(&database.connection).await?.into_iter().map(|migration| migration.applied).collect())
}

async fn down_and_up_give_the_same_schema(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let first = schema(&database).await?;
    assert!(first.len() > 50);
    migration::down(&database.connection, None).await?;
    let left = tables(&database).await?;
    assert_eq!(left.keys().collect::<Vec<_>>(), ["crm_migrations"]);
    migration::up(&database.connection).await?;
    assert_eq!(schema(&database).await?, first);
    Ok(())
}

async fn every_single_step_can_be_taken_back(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let whole = schema(&database).await?;
    for steps in 1..=u32::try_from(names().len())? {
        migration::down(&database.connection, Some(steps)).await?;
        let still = names().len() - steps as usize;
        assert_eq!(applied(&database).await?, [vec![true; still], vec![false; steps as usize]].concat());
        migration::up(&database.connection).await?;
        assert_eq!(schema(&database).await?, whole, "after {steps} down and up");
    }
    Ok(())
}

async fn up_twice_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let first = schema(&database).await?;
    migration::up(&database.connection).await?;
    assert_eq!(schema(&database).await?, first);
    assert_eq!(applied(&database).await?, vec![true; names().len()]);
    Ok(())
}

async fn the_status_tells_what_has_run_and_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let untouched = schema(&database).await?;
    assert_eq!(applied(&database).await?, vec![false; names().len()]);
    assert_eq!(schema(&database).await?, untouched);
    migration::up(&database.connection).await?;
    let told: Vec<String> = migration::status(&database.connection).await?.into_iter().map(|told| told.name).collect();
    assert_eq!(told, names());
    Ok(())
}

/// An older program during a rollout, or after a rollback.
async fn a_newer_database_is_left_alone(database: TestDatabase) -> anyhow::Result<()> {
    migration::up(&database.connection).await?;
    let newer = "INSERT INTO crm_migrations (version, applied_at) VALUES ('m29991231_000001_later', 0)";
    database.connection.execute_unprepared(newer).await?;
    let before = schema(&database).await?;
    migration::up(&database.connection).await?;
    assert_eq!(schema(&database).await?, before);
    assert_eq!(texts(&database.connection, "SELECT version FROM crm_migrations").await?.len(), names().len() + 1);
    assert_eq!(applied(&database).await?, vec![true; names().len()]);
    Ok(())
}

/// A migration that fails leaves nothing of itself, and the next try goes on from there.
async fn what_is_broken_stays_where_it_was(database: TestDatabase) -> anyhow::Result<()> {
    // The host has a table that one of ours would have.
    database.connection.execute_unprepared("CREATE TABLE crm_customer_external_refs (id BIGINT)").await?;
    let error = migration::up(&database.connection).await.expect_err("the table is there");
    assert_eq!(error.to_string(), "the migration failed");
    assert_eq!(applied(&database).await?, (0..names().len()).map(|number| number < 2).collect::<Vec<_>>());
    assert!(!tables(&database).await?.contains_key("crm_customers"), "half of a migration is there");
    database.connection.execute_unprepared("DROP TABLE crm_customer_external_refs").await?;
    migration::up(&database.connection).await?;
    assert_eq!(applied(&database).await?, vec![true; names().len()]);
    Ok(())
}

fn migrations_are_in_order_and_named_by_their_day() {
    let names = names();
    assert!(names.is_sorted() && names.windows(2).all(|pair| pair[0] != pair[1]));
    for name in names {
        let (day, rest) = name.strip_prefix('m').and_then(|name| name.split_once('_')).expect("m<day>_<number>_<what>");
        assert!(day.len() == 8 && day.bytes().all(|digit| digit.is_ascii_digit()) && rest.len() > 7, "{name}");
    }
}
