//! Tables whose rows belong to customers: what a change of a customer does to them.

use sea_orm::Value;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query};
use uuid::Uuid;

use crate::base::ids::CustomerId;
use crate::journal::Deferred;

/// A table of rows that belong to customers.
pub(super) struct Table {
    pub name: &'static str,
    /// The columns after company and customer; the first ones tell the rows of a customer apart.
    pub columns: &'static [&'static str],
    /// How many these are.
    pub key: usize,
    /// Where the value stands that no two rows of a customer may have.
    pub unique: Option<usize>,
}

/// How many rows one statement adds: SQLite binds at most 32,766 values.
const MAX_ROWS: usize = 2_500;

/// The values of a row, in the order of the columns.
pub(super) type Row = Vec<Value>;

impl Table {
    /// Adds rows, in as many statements as they need.
    pub fn inserts(&self, company: Uuid, rows: &[(CustomerId, Row)]) -> impl Iterator<Item = InsertStatement> {
        rows.chunks(MAX_ROWS).map(move |some| self.insert(company, some))
    }

    /// Adds rows, or replaces those at their places, in as many statements as they need.
    pub fn puts(&self, company: Uuid, rows: &[(CustomerId, Row)]) -> impl Iterator<Item = InsertStatement> {
        rows.chunks(MAX_ROWS).map(move |some| self.put(company, some))
    }

    fn insert(&self, company: Uuid, rows: &[(CustomerId, Row)]) -> InsertStatement {
        let mut insert = Query::insert();
        let owner = ["company_id", "customer_id"];
        insert.into_table(self.name).columns(owner.into_iter().chain(self.columns.iter().copied()));
        for (customer, row) in rows {
            let owner = [Expr::val(company), Expr::val(customer.0)];
            insert.values_panic(owner.into_iter().chain(row.iter().cloned().map(Expr::val)));
        }
        insert
    }

    fn is_of(company: Uuid, customer: CustomerId) -> Expr {
        Expr::col("company_id").eq(company).and(Expr::col("customer_id").eq(customer.0))
    }

    fn is_at(&self, row: &Row) -> Expr {
        let key = self.columns.iter().zip(row).take(self.key);
        key.fold(Expr::val(true), |at, (column, value)| at.and(Expr::col(*column).eq(value.clone())))
    }

    fn delete(&self, company: Uuid, customer: CustomerId, rows: &[&Row]) -> DeleteStatement {
        let any = rows.iter().fold(Expr::val(false), |any, row| any.or(self.is_at(row)));
        Query::delete().from_table(self.name).and_where(Self::is_of(company, customer)).and_where(any).to_owned()
    }

    /// Adds rows, or replaces those at their places.
    fn put(&self, company: Uuid, rows: &[(CustomerId, Row)]) -> InsertStatement {
        let key = ["company_id", "customer_id"].into_iter().chain(self.columns.iter().copied().take(self.key));
        let values = self.columns.iter().copied().skip(self.key);
        let mut insert = self.insert(company, rows);
        insert.on_conflict(OnConflict::columns(key).update_columns(values).to_owned());
        insert
    }

    /// What makes the rows `before` those `after`.
    pub fn changes(&self, company: Uuid, customer: CustomerId, before: &[Row], after: &[Row]) -> Changes {
        let is_at_place_of = |row: &Row, other: &Row| row[..self.key] == other[..self.key];
        let gone: Vec<&Row> = before.iter().filter(|row| !after.contains(row)).collect();
        let new: Vec<(CustomerId, Row)> =
            after.iter().filter(|row| !before.contains(row)).map(|row| (customer, row.clone())).collect();
        // Of two places that exchange their values, one has to be free first.
        let moves = |row: &Row| {
            self.unique.is_some_and(|at| gone.iter().any(|other| other[at] == row[at] && !is_at_place_of(row, other)))
        };
        let in_turn = new.iter().any(|(_, row)| moves(row));
        let left = |row: &&&Row| in_turn || !new.iter().any(|(_, other)| is_at_place_of(row, other));
        let gone: Vec<&Row> = gone.iter().filter(left).copied().collect();
        let delete = (!gone.is_empty()).then(|| Deferred::Delete(self.delete(company, customer, &gone)));
        let put = (!new.is_empty()).then(|| Deferred::Insert(self.put(company, &new)));
        Changes { statements: delete.into_iter().chain(put).collect(), in_turn }
    }
}

/// Statements that change the rows of a customer.
pub(super) struct Changes {
    pub statements: Vec<Deferred>,
    /// Whether each needs those before it to be done.
    pub in_turn: bool,
}
