//! Next to the tables of a host: none of them is changed, and a separate schema is possible.

use crm_core::Crm;
use crm_core::actor::Actor;
use crm_core::customers::{CustomerQuery, CustomerSearch, ExternalRef, NewCustomer};
use crm_core::ids::CompanyId;
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager};
use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use crate::catalogue::{schema, texts};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, empty: [
        the_tables_of_a_host_are_left_alone,
        a_hosts_migrator_takes_our_migrations_along,
    ]; empty_postgres: [the_crm_lives_in_a_schema_of_its_own, extensions_are_found_wherever_they_are]);
}

/// A host with a table that is called as one might call ours, and with migrations of its own that we know nothing of.
const HOST: [&str; 5] = [
    "CREATE TABLE customers (id BIGINT PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE UNIQUE INDEX customers_name_key ON customers (name)",
    "INSERT INTO customers VALUES (4711, 'Lee & Co')",
    "CREATE TABLE seaql_migrations (version VARCHAR NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)",
    "INSERT INTO seaql_migrations VALUES ('m20200101_000001_customers', 1577836800)",
];

async fn host(db: &DatabaseConnection) -> anyhow::Result<()> {
    for sql in HOST {
        db.execute_unprepared(sql).await?;
    }
    Ok(())
}

async fn content(db: &DatabaseConnection, prefix: &str) -> anyhow::Result<Vec<String>> {
    let customers = format!("SELECT id || ' ' || name FROM {prefix}customers");
    let versions = format!("SELECT version || ' ' || applied_at FROM {prefix}seaql_migrations");
    Ok([texts(db, &customers).await?, texts(db, &versions).await?].concat())
}

async fn the_tables_of_a_host_are_left_alone(database: TestDatabase) -> anyhow::Result<()> {
    let db = &database.connection;
    host(db).await?;
    let (tables, rows) = (schema(&database).await?, content(db, "").await?);
    migration::up(db).await?;
    let with_crm = schema(&database).await?;
    assert!(tables.iter().all(|line| with_crm.contains(line)));
    let added: Vec<&String> = with_crm.iter().filter(|line| !tables.contains(line)).collect();
    assert!(!added.is_empty() && added.iter().all(|line| line.contains("crm_")), "{added:?}");
    assert_eq!(content(db, "").await?, rows);
    use_it(db).await?;
    migration::down(db, None).await?;
    let left = schema(&database).await?;
    assert_eq!(
        left.iter().filter(|line| !line.contains("crm_migrations")).collect::<Vec<_>>(),
        tables.iter().collect::<Vec<_>>()
    );
    assert_eq!(content(db, "").await?, rows);
    Ok(())
}

/// Another pool, whose tables are in this schema.
async fn in_schema(database: &TestDatabase, schema: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(&database.url);
    options.set_schema_search_path(schema).max_connections(4).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// A little of everything.
async fn use_it(db: &DatabaseConnection) -> anyhow::Result<()> {
    let (crm, company) = (Crm::default(), CompanyId(Uuid::new_v4()));
    let mut scope = crm.on(Actor::system(company), db);
    let new = NewCustomer {
        email: Some("lee@example.com".into()),
        external_refs: Some(vec![ExternalRef::new("erp", "4711")]),
        ..NewCustomer::organization("Lee & Co")
    };
    let customer = scope.customers().create(new.clone()).await?;
    scope.customers().create(new).await.expect_err("the address is taken");
    let search = CustomerSearch { text: "lee".into(), query: CustomerQuery::default() };
    assert_eq!(scope.customers().search(&search, &Default::default()).await?.data.len(), 1);
    assert_eq!(scope.customers().by_external("erp", "4711").await?, customer);
    assert_eq!(
        scope.customers().list(&CustomerQuery::default(), &Default::default()).await?.data,
        std::slice::from_ref(&customer)
    );
    let pending = crm.pending_events(db, "host", 10).await?;
    assert_eq!(pending.events.iter().filter(|event| event.companyid == company).count(), 1);
    crm.acknowledge(db, "host", &pending.cursor).await?;
    scope.customers().purge(customer.id, None).await?;
    Ok(())
}

async fn the_crm_lives_in_a_schema_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    host(&database.connection).await?;
    let rows = content(&database.connection, "public.").await?;
    for schema in ["crm", "another"] {
        database.connection.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await?;
        let db = in_schema(&database, schema).await?;
        migration::up(&db).await?;
        migration::up(&db).await?;
        use_it(&db).await?;
    }
    let places = "SELECT DISTINCT schemaname::text FROM pg_tables WHERE tablename LIKE 'crm\\_%' ORDER BY 1";
    assert_eq!(texts(&database.connection, places).await?, ["another", "crm"]);
    let db = in_schema(&database, "crm").await?;
    migration::down(&db, None).await?;
    use_it(&in_schema(&database, "another").await?).await?;
    assert_eq!(content(&database.connection, "public.").await?, rows);
    Ok(())
}

/// A host that has a migrator of its own, and puts our migrations behind its own.
async fn a_hosts_migrator_takes_our_migrations_along(database: TestDatabase) -> anyhow::Result<()> {
    #![expect(elided_lifetimes_in_paths, reason = "`MigrationTrait` is declared that way")]
    struct Own;
    impl MigrationName for Own {
        fn name(&self) -> &str {
            "m20200101_000001_customers"
        }
    }
    #[async_trait::async_trait]
    impl MigrationTrait for Own {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            manager.get_connection().execute_unprepared(HOST[0]).await.map(drop)
        }
    }
    struct Host;
    impl MigratorTrait for Host {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            let own: Vec<Box<dyn MigrationTrait>> = vec![Box::new(Own)];
            own.into_iter().chain(migration::Migrator::migrations()).collect()
        }
    }
    Host::up(&database.connection, None).await?;
    use_it(&database.connection).await?;
    assert_eq!(
        texts(&database.connection, "SELECT version FROM seaql_migrations").await?.len(),
        1 + migration::Migrator::migrations().len()
    );
    Ok(())
}

/// An administrator may put them anywhere; our own search path does not lead there.
async fn extensions_are_found_wherever_they_are(database: TestDatabase) -> anyhow::Result<()> {
    let administer = "CREATE SCHEMA \"Exten sions\"; CREATE SCHEMA crm; \
         CREATE EXTENSION pg_trgm SCHEMA \"Exten sions\"; CREATE EXTENSION btree_gin SCHEMA public";
    database.connection.execute_unprepared(administer).await?;
    let db = in_schema(&database, "crm").await?;
    migration::up(&db).await?;
    use_it(&db).await?;
    let index = "SELECT indexdef FROM pg_indexes WHERE indexname = 'crm_customers_search_idx'";
    let index = texts(&database.connection, index).await?;
    assert!(index.len() == 1 && index[0].contains("gin_trgm_ops"), "{index:?}");
    Ok(())
}
