//! Reads that are already filtered to the company.

use sea_orm::sea_query::{Condition, Expr, IntoCondition, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, QueryFilter, QuerySelect, QueryTrait, Select, Statement, Values,
};
use uuid::Uuid;

use super::CompanyOwned;
use super::executor::Database;
use super::from_row::{COMPANY, FromRow, RowReader, SelectList};
use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::query::dialect;

/// A select over one company's rows. It cannot be executed anywhere else, and has no unbounded `all`.
pub(crate) struct Find<'s, E: CompanyOwned> {
    db: Database<'s>,
    company: CompanyId,
    select: Select<E>,
    /// What rows must meet besides belonging to the company.
    conditions: Condition,
    lock: &'static str,
}

impl<'s, E: CompanyOwned> Find<'s, E> {
    pub(crate) fn new(db: Database<'s>, company: CompanyId) -> Self {
        let select = E::find().filter(E::company_column().eq(company.0));
        Self { db, company, select, conditions: Condition::all(), lock: "" }
    }

    /// Only the row with this id.
    pub(crate) fn by_id(self, id: impl Into<Uuid>) -> Self {
        self.filter(E::id_column().eq(id.into()))
    }

    /// Only rows that meet the condition.
    pub(crate) fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.conditions = self.conditions.add(condition.into_condition());
        self
    }

    /// Only the rows that `ids` selects, which decides alone: all other conditions are dropped. With them, a planner that
    /// knows too little of the table would read all rows that meet them, to look for the few among those.
    pub(crate) fn only(mut self, id: Expr, ids: SelectStatement) -> Self {
        let is_postgres = self.db.get_database_backend() == DbBackend::Postgres;
        self.conditions = Condition::all().add(dialect::selected_by(id, ids, is_postgres));
        self
    }

    /// Only what is on the list, in its order.
    pub(crate) fn select(self, list: &'static SelectList) -> Self {
        self.map(|select| select.select_only().expr(Expr::cust(list.sql.as_str())))
    }

    /// Adds columns, order and joins. The condition on the company stays, whatever is added.
    pub(crate) fn map(mut self, change: impl FnOnce(Select<E>) -> Select<E>) -> Self {
        self.select = change(self.select);
        self
    }

    /// Keeps others from changing the rows until the transaction ends, but not from adding rows that refer to them. SQLite has
    /// one writer and needs no lock.
    pub(crate) fn for_no_key_update(self) -> Self {
        self.lock(" FOR NO KEY UPDATE")
    }

    /// Keeps others from adding rows that refer to these as well, and waits for those who do.
    pub(crate) fn for_update(self) -> Self {
        self.lock(" FOR UPDATE")
    }

    /// Keeps others from removing the rows and from changing their keys until the transaction ends, and from nothing else.
    pub(crate) fn for_key_share(self) -> Self {
        self.lock(" FOR KEY SHARE")
    }

    fn lock(mut self, lock: &'static str) -> Self {
        if self.db.get_database_backend() == DbBackend::Postgres {
            self.lock = lock;
        }
        self
    }

    fn selected(self) -> (Database<'s>, Select<E>) {
        let Self { db, select, conditions, .. } = self;
        (db, if conditions.is_empty() { select } else { select.filter(conditions) })
    }

    /// The first row.
    pub(crate) async fn one<M: FromRow>(self) -> Result<Option<M>> {
        let (db, statement) = self.statement(1);
        let row = db.query_one_raw(statement).await?;
        row.map(|row| M::from_row(&mut RowReader::new(&row))).transpose()
    }

    /// At most `limit` rows.
    pub(crate) async fn fetch_up_to<M: FromRow>(self, limit: u64) -> Result<Vec<M>> {
        let (db, statement) = self.statement(limit);
        let rows = db.query_all_raw(statement).await?;
        rows.iter().map(|row| M::from_row(&mut RowReader::new(row))).collect()
    }

    fn statement(self, limit: u64) -> (Database<'s>, Statement) {
        let (lock, company) = (self.lock, self.company);
        let (db, select) = self.selected();
        let mut statement = limited(db, &select.into_query(), limit);
        statement.sql.push_str(lock);
        bind_company(&mut statement, company);
        (db, statement)
    }

    /// A select of the ids of at most `limit` rows after the first `offset`.
    pub(crate) fn ids(self, id: Expr, offset: u64, limit: u64) -> SelectStatement {
        self.selected().1.select_only().expr(id).offset(offset).limit(limit).into_query()
    }

    /// How many rows there are, counting no further than `bound`.
    pub(crate) async fn count(self, bound: Option<u64>) -> Result<u64> {
        let company = self.company;
        let (db, select) = self.selected();
        count(db, &select.select_only().expr(Expr::cust("1")).into_query(), company, bound).await
    }
}

/// Counts the rows of a select, no further than a bound.
async fn count(db: Database<'_>, rows: &SelectStatement, company: CompanyId, bound: Option<u64>) -> Result<u64> {
    let mut statement = match bound {
        Some(bound) => limited(db, rows, bound),
        None => db.get_database_backend().build(rows),
    };
    statement.sql = format!("SELECT COUNT(*) AS \"count\" FROM ({}) AS \"counted\"", statement.sql);
    bind_company(&mut statement, company);
    let row = db.query_one_raw(statement).await?;
    let count: i64 = row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or_default())
}

/// A select of at most `limit` rows. PostgreSQL keeps its plan for a number that is written out; of a parameter it assumes a
/// tenth of the table, and plans anew each time.
fn limited(db: Database<'_>, select: &SelectStatement, limit: u64) -> Statement {
    let mut statement = db.get_database_backend().build(select);
    statement.sql.push_str(&format!(" LIMIT {limit}"));
    statement
}

/// Gives [`COMPANY`] its value. SQLite numbers parameters as they come, so that there it is written out.
fn bind_company(statement: &mut Statement, company: CompanyId) {
    if !statement.sql.contains(COMPANY) {
        return;
    }
    let value = if statement.db_backend == DbBackend::Postgres {
        let values = &mut statement.values.get_or_insert_with(|| Values(Vec::new())).0;
        values.push(company.into());
        format!("${}", values.len())
    } else {
        format!("x'{}'", company.0.simple())
    };
    statement.sql = statement.sql.replace(COMPANY, &value);
}
