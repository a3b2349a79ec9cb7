//! What a database says of its own tables.

use std::collections::BTreeMap;

use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Statement};
use testkit::{Backend, TestDatabase};

/// A table, as far as the fence looks at it.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The columns, and whether each must have a value.
    pub columns: BTreeMap<String, bool>,
    pub primary_key: Vec<String>,
    /// The indexes except the primary key: name, columns, whether unique.
    pub indexes: Vec<(String, Vec<String>, bool)>,
    /// The foreign keys: columns, the other table, its columns.
    pub references: Vec<(Vec<String>, String, Vec<String>)>,
}

pub type Tables = BTreeMap<String, Table>;

pub async fn rows(db: &DatabaseConnection, sql: &str) -> anyhow::Result<Vec<QueryResult>> {
    Ok(db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?)
}

/// The first column of all rows, as text.
pub async fn texts(db: &DatabaseConnection, sql: &str) -> anyhow::Result<Vec<String>> {
    rows(db, sql).await?.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Everything that makes the schema, one line each, in an order of its own: columns, indexes, constraints, triggers.
pub async fn schema(database: &TestDatabase) -> anyhow::Result<Vec<String>> {
    let sql = match database.backend {
        Backend::Sqlite => {
            "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || COALESCE(sql, '') AS line FROM sqlite_master ORDER BY 1"
        }
        Backend::Postgres => {
            "SELECT line FROM (\
             SELECT format('column %s.%s.%s %s %s %s %s', table_schema, table_name, column_name, data_type, is_nullable, \
                 collation_name, column_default) AS line FROM information_schema.columns \
             UNION ALL SELECT format('index %s.%s', schemaname, indexdef) FROM pg_indexes \
             UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint \
             UNION ALL SELECT format('trigger %s', tgname) FROM pg_trigger WHERE NOT tgisinternal \
             ) AS lines WHERE line NOT LIKE '%pg\\_catalog.%' AND line NOT LIKE '%information\\_schema.%' ORDER BY 1"
        }
    };
    texts(&database.connection, sql).await
}

/// The CRM's tables.
pub async fn tables(database: &TestDatabase) -> anyhow::Result<Tables> {
    match database.backend {
        Backend::Sqlite => sqlite(&database.connection).await,
        Backend::Postgres => postgres(&database.connection).await,
    }
}

async fn sqlite(db: &DatabaseConnection) -> anyhow::Result<Tables> {
    let mut tables = Tables::new();
    for name in
        texts(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'crm\\_%' ESCAPE '\\'").await?
    {
        let mut table = Table::default();
        let mut key = BTreeMap::new();
        for row in rows(db, &format!("SELECT name, \"notnull\", pk FROM pragma_table_info('{name}')")).await? {
            let (column, not_null, place) =
                (row.try_get::<String>("", "name")?, row.try_get::<i32>("", "notnull")?, row.try_get::<i32>("", "pk")?);
            if place > 0 {
                key.insert(place, column.clone());
            }
            table.columns.insert(column, not_null == 1);
        }
        table.primary_key = key.into_values().collect();
        for row in
            rows(db, &format!("SELECT name, \"unique\" FROM pragma_index_list('{name}') WHERE origin <> 'pk'")).await?
        {
            let (index, unique) = (row.try_get::<String>("", "name")?, row.try_get::<i32>("", "unique")?);
            let columns = texts(db, &format!("SELECT name FROM pragma_index_info('{index}') ORDER BY seqno")).await?;
            table.indexes.push((index, columns, unique == 1));
        }
        let mut references: BTreeMap<i32, (Vec<String>, String, Vec<String>)> = BTreeMap::new();
        for row in rows(
            db,
            &format!("SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list('{name}') ORDER BY id, seq"),
        )
        .await?
        {
            let reference = references.entry(row.try_get("", "id")?).or_default();
            reference.0.push(row.try_get("", "from")?);
            reference.1 = row.try_get("", "table")?;
            reference.2.push(row.try_get("", "to")?);
        }
        table.references = references.into_values().collect();
        tables.insert(name, table);
    }
    Ok(tables)
}

async fn postgres(db: &DatabaseConnection) -> anyhow::Result<Tables> {
    const COLUMNS: &str = "SELECT c.relname, a.attname, a.attnotnull FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE c.relkind IN ('r', 'p') AND c.relname LIKE 'crm\\_%' AND a.attnum > 0 AND NOT a.attisdropped";
    const INDEXES: &str = "SELECT c.relname, i.relname AS name, x.indisunique, x.indisprimary, ARRAY(\
         SELECT pg_get_indexdef(x.indexrelid, place, false) FROM generate_series(1, x.indnkeyatts) AS place ORDER BY place) AS columns \
         FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid WHERE c.relname LIKE 'crm\\_%'";
    const REFERENCES: &str = "SELECT c.relname, o.relname AS other, \
         ARRAY(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY AS n (number, place) JOIN pg_attribute ON attrelid = k.conrelid AND attnum = number ORDER BY place) AS columns, \
         ARRAY(SELECT attname::text FROM unnest(k.confkey) WITH ORDINALITY AS n (number, place) JOIN pg_attribute ON attrelid = k.confrelid AND attnum = number ORDER BY place) AS targets \
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid \
         WHERE k.contype = 'f' AND c.relname LIKE 'crm\\_%'";
    let mut tables = Tables::new();
    for row in rows(db, COLUMNS).await? {
        let table = tables.entry(row.try_get("", "relname")?).or_default();
        table.columns.insert(row.try_get("", "attname")?, row.try_get("", "attnotnull")?);
    }
    for row in rows(db, INDEXES).await? {
        let table = tables.entry(row.try_get("", "relname")?).or_default();
        let columns: Vec<String> = row.try_get("", "columns")?;
        if row.try_get("", "indisprimary")? {
            table.primary_key = columns;
        } else {
            table.indexes.push((row.try_get("", "name")?, columns, row.try_get("", "indisunique")?));
        }
    }
    for row in rows(db, REFERENCES).await? {
        let table = tables.entry(row.try_get("", "relname")?).or_default();
        table.references.push((row.try_get("", "columns")?, row.try_get("", "other")?, row.try_get("", "targets")?));
    }
    Ok(tables)
}
