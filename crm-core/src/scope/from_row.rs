//! Records read from rows, column by column in the order in which they are selected.
//!
//! A list has thousands of cells. By position each costs a fraction of what it costs by name.

use sea_orm::sqlx::{Column, ColumnIndex, Decode, Row, Type};
use sea_orm::{DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult, RuntimeErr};
use serde_json::{Map, Value};

use crate::base::error::{Error, Result};
use crate::base::ids::UserId;
use crate::base::money::{Currency, Money};
use crate::base::rights::{ActorKind, ActorRef};
pub(crate) use crate::query::dialect::COMPANY;

/// What a row, or the rest of one, is read as.
pub(crate) trait FromRow: Sized {
    /// Takes its columns.
    fn from_row(row: &mut RowReader<'_>) -> Result<Self>;
}

impl<M: FromQueryResult> FromRow for M {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(M::from_query_result(row.row, "")?)
    }
}

/// A value of one column, on each of the databases.
pub(crate) trait Cell: OnPostgres + OnSqlite {}
impl<T: OnPostgres + OnSqlite> Cell for T {}

macro_rules! on {
    ($trait:ident, $database:ident, $feature:literal) => {
        #[cfg(feature = $feature)]
        pub(crate) trait $trait:
            for<'r> Decode<'r, sea_orm::sqlx::$database> + Type<sea_orm::sqlx::$database>
        {
        }
        #[cfg(feature = $feature)]
        impl<T: for<'r> Decode<'r, sea_orm::sqlx::$database> + Type<sea_orm::sqlx::$database>> $trait for T {}
        #[cfg(not(feature = $feature))]
        pub(crate) trait $trait {}
        #[cfg(not(feature = $feature))]
        impl<T> $trait for T {}
    };
}

on!(OnPostgres, Postgres, "postgres");
on!(OnSqlite, Sqlite, "sqlite");

/// Gives the columns of a row one after the other.
pub(crate) struct RowReader<'r> {
    row: &'r QueryResult,
    next: usize,
}

impl<'r> RowReader<'r> {
    /// Begins at the first column.
    pub(crate) fn new(row: &'r QueryResult) -> Self {
        Self { row, next: 0 }
    }

    /// Passes over columns.
    pub(crate) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }

    /// The next column, which must have this name: builds for tests check it.
    pub(crate) fn take<T: Cell>(&mut self, column: &str) -> Result<T> {
        let at = self.next;
        self.next += 1;
        #[cfg(feature = "postgres")]
        if let Some(row) = self.row.try_as_pg_row() {
            return cell(row, at, column);
        }
        #[cfg(feature = "sqlite")]
        if let Some(row) = self.row.try_as_sqlite_row() {
            return cell(row, at, column);
        }
        Err(Error::internal(format!("{column} is in no row of a database")))
    }

    /// The last column, which must have this name.
    pub(crate) fn last<T: Cell>(&mut self, column: &str) -> Result<T> {
        self.next = self.width().saturating_sub(1);
        self.take(column)
    }

    fn width(&self) -> usize {
        #[cfg(feature = "postgres")]
        if let Some(row) = self.row.try_as_pg_row() {
            return row.len();
        }
        #[cfg(feature = "sqlite")]
        if let Some(row) = self.row.try_as_sqlite_row() {
            return row.len();
        }
        0
    }

    /// The next column, a JSON object.
    pub(crate) fn object(&mut self, column: &str) -> Result<Map<String, Value>> {
        match self.take(column)? {
            Value::Object(members) => Ok(members),
            _ => Err(Error::internal(format!("{column} is no JSON object"))),
        }
    }

    /// The next two columns, an amount and its currency.
    pub(crate) fn money(&mut self, [amount, currency]: [&str; 2]) -> Result<Option<Money>> {
        let amount: Option<i64> = self.take(amount)?;
        let currency: Option<Currency> = self.take(currency)?;
        Ok(amount.zip(currency).map(|(amount, currency)| Money { amount, currency }))
    }

    /// The next two columns, the kind and the id of an actor.
    pub(crate) fn actor(&mut self, [kind, id]: [&str; 2]) -> Result<ActorRef> {
        let kind: ActorKind = self.take(kind)?;
        let id: Option<UserId> = self.take(id)?;
        Ok(ActorRef { kind, id })
    }
}

fn cell<'r, R, T>(row: &'r R, at: usize, column: &str) -> Result<T>
where
    R: Row,
    usize: ColumnIndex<R>,
    T: Decode<'r, R::Database> + Type<R::Database>,
{
    debug_assert_eq!(row.columns().get(at).map(Column::name), Some(column), "columns come in the order of the select");
    row.try_get(at).map_err(|error| Error::from(DbErr::Query(RuntimeErr::SqlxError(error.into()))))
}

/// What is selected of a table, in the order in which [`FromRow`] takes it.
pub(crate) struct SelectList {
    pub sql: String,
    /// How many columns it has.
    pub columns: usize,
}

impl SelectList {
    /// The columns of the table but for some, then other expressions by name. An expression with the name of a column takes
    /// its place.
    pub(crate) fn new<E: EntityTrait>(but: &[E::Column], others: &[(&str, &str)]) -> Self {
        let table = E::default();
        let but: Vec<&str> = but.iter().map(IdenStatic::as_str).collect();
        let names: Vec<&str> =
            E::Column::iter().map(|column| column.as_str()).filter(|name| !but.contains(name)).collect();
        let mut list = Vec::new();
        for name in &names {
            list.push(match others.iter().find(|(other, _)| other == name) {
                Some((_, sql)) => format!("{sql} AS \"{name}\""),
                None => format!("\"{}\".\"{name}\"", table.table_name()),
            });
        }
        let others = others.iter().filter(|(other, _)| !names.contains(other));
        list.extend(others.map(|(name, sql)| format!("{sql} AS \"{name}\"")));
        Self { sql: list.join(", "), columns: list.len() }
    }
}
