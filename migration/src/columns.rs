//! The columns that tables share. Each is `NOT NULL` unless it is [`optional`].

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A UUID.
#[must_use]
pub fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().take()
}

/// A text.
#[must_use]
pub fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

/// A point in time.
#[must_use]
pub fn time(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().not_null().take()
}

/// A whole number.
#[must_use]
pub fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

/// True or false.
#[must_use]
pub fn boolean(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

/// A JSON document.
#[must_use]
pub fn json(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json_binary().not_null().take()
}

/// Text in byte order on both databases: SQLite's default, `COLLATE "C"` on PostgreSQL.
#[must_use]
pub fn key_text(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = text(name);
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// The same column, but it may be empty.
#[must_use]
pub fn optional(mut column: ColumnDef) -> ColumnDef {
    column.null().take()
}

/// The columns of the actor who did something.
#[must_use]
pub fn actor(prefix: &str) -> [ColumnDef; 2] {
    [
        ColumnDef::new(Alias::new(format!("{prefix}_kind"))).text().not_null().take(),
        ColumnDef::new(Alias::new(format!("{prefix}_id"))).uuid().take(),
    ]
}

/// Creates a table whose primary key is the given columns, the company first.
#[must_use]
pub fn table(name: &'static str, key: &[&'static str], columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(name).to_owned();
    for column in columns {
        table.col(column);
    }
    let mut primary = Index::create().name(format!("{name}_pkey")).to_owned();
    for column in key {
        primary.col(*column);
    }
    table.primary_key(&mut primary).to_owned()
}

/// An index `name` of the columns of a table.
#[must_use]
pub fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}

/// A foreign key `name` from `columns` of `from` to the same company's row in `to`.
#[must_use]
pub fn reference(
    name: &'static str,
    (from, columns): (&'static str, &[&'static str]),
    (to, targets): (&'static str, &[&'static str]),
    on_delete: ForeignKeyAction,
) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create().name(name).on_delete(on_delete).to_owned();
    for column in columns {
        key.from(from, *column);
    }
    for column in targets {
        key.to(to, *column);
    }
    key
}
