//! Reads that are already filtered to the company.

use sea_orm::sea_query::{Condition, Expr, Func, IntoCondition, LockType, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, QueryFilter, QuerySelect, QueryTrait, Select, Statement, Value, Values,
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
    /// None until something other than all columns is selected.
    select: Option<Select<E>>,
    /// What rows must meet besides belonging to the company.
    conditions: Condition,
}

impl<'s, E: CompanyOwned> Find<'s, E> {
    pub(crate) fn new(db: Database<'s>, company: CompanyId) -> Self {
        Self { db, company, select: None, conditions: Condition::all() }
    }

    fn of_company(company: CompanyId, select: Select<E>) -> Select<E> {
        select.filter(E::company_column().eq(company.0))
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
    pub(crate) fn select(mut self, list: &'static SelectList) -> Self {
        let bare = Self::bare(self.company, self.select);
        self.select = Some(bare.expr(Expr::cust(list.sql.as_str())));
        self
    }

    /// Without columns. An entity has many, and each costs allocations.
    fn bare(company: CompanyId, select: Option<Select<E>>) -> Select<E> {
        select.map_or_else(|| Self::of_company(company, E::without_columns()), QuerySelect::select_only)
    }

    /// Adds columns, order and joins. The condition on the company stays, whatever is added.
    pub(crate) fn map(mut self, change: impl FnOnce(Select<E>) -> Select<E>) -> Self {
        let select = self.select.unwrap_or_else(|| Self::of_company(self.company, E::find()));
        self.select = Some(change(select));
        self
    }

    /// Keeps others from changing the rows until the transaction ends, but not from adding rows that refer to them. SQLite has
    /// one writer and needs no lock.
    pub(crate) fn for_no_key_update(self) -> Self {
        self.lock(LockType::NoKeyUpdate)
    }

    /// Keeps others from adding rows that refer to these as well, and waits for those who do.
    pub(crate) fn for_update(self) -> Self {
        self.lock(LockType::Update)
    }

    /// Keeps others from removing the rows and from changing their keys until the transaction ends, and from nothing else.
    pub(crate) fn for_key_share(self) -> Self {
        self.lock(LockType::KeyShare)
    }

    /// The same for those rows that no other transaction holds; the others are left out.
    pub(crate) fn skip_locked(self) -> Self {
        let postgres = self.db.get_database_backend() == DbBackend::Postgres;
        self.map(|mut select| {
            dialect::skip_locked(QuerySelect::query(&mut select), postgres);
            select
        })
    }

    fn lock(self, kind: LockType) -> Self {
        match self.db.get_database_backend() {
            DbBackend::Postgres => self.map(|select| select.lock(kind)),
            _ => self,
        }
    }

    fn selected(self) -> (Database<'s>, Select<E>) {
        let Self { db, company, select, conditions } = self;
        let select = select.unwrap_or_else(|| Self::of_company(company, E::find()));
        (db, if conditions.is_empty() { select } else { select.filter(conditions) })
    }

    /// The rows, without columns.
    fn rows(self) -> Select<E> {
        let select = Self::bare(self.company, self.select);
        if self.conditions.is_empty() { select } else { select.filter(self.conditions) }
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
        let company = self.company;
        let (db, select) = self.selected();
        let mut statement = db.get_database_backend().build(&select.limit(limit).into_query());
        bind_company(&mut statement, company);
        write_limits_out(&mut statement);
        (db, statement)
    }

    /// Each row with the number of all of them, which `total` selects, as its last column.
    pub(crate) fn with_total(self, total: SelectStatement) -> Self {
        self.map(|select| select.expr_as(Expr::from(total), "total"))
    }

    /// A select of the ids of at most `limit` rows after the first `offset`.
    pub(crate) fn ids(self, id: Expr, offset: u64, limit: u64) -> SelectStatement {
        self.rows().expr(id).offset(offset).limit(limit).into_query()
    }

    /// A select of nothing but these expressions, by name.
    pub(crate) fn expressions<const N: usize>(self, expressions: [(Expr, &'static str); N]) -> SelectStatement {
        let select = self.rows();
        expressions.into_iter().fold(select, |select, (sql, name)| select.expr_as(sql, name)).into_query()
    }

    /// A select of how many rows there are, counting no further than `bound`.
    pub(crate) fn total(self, bound: Option<u64>) -> SelectStatement {
        let mut rows = self.rows().expr(Expr::cust("1"));
        if let Some(bound) = bound {
            rows = rows.limit(bound);
        }
        let count = Func::count(Expr::cust("*"));
        Query::select().expr_as(count, "count").from_subquery(rows.into_query(), "counted").to_owned()
    }

    /// How many rows there are, counting no further than `bound`.
    pub(crate) async fn count(self, bound: Option<u64>) -> Result<u64> {
        let (db, company) = (self.db, self.company);
        let mut statement = db.get_database_backend().build(&self.total(bound));
        bind_company(&mut statement, company);
        write_limits_out(&mut statement);
        let row = db.query_one_raw(statement).await?;
        let count: i64 = row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }
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

/// Writes `LIMIT 21` for `LIMIT $7`. PostgreSQL keeps its plan for a number that is written out; of a parameter it assumes a
/// tenth of the table, and plans anew each time.
fn write_limits_out(statement: &mut Statement) {
    const LIMIT: &str = " LIMIT $";
    let Some(Values(values)) = statement.values.as_ref().filter(|_| statement.db_backend == DbBackend::Postgres) else {
        return;
    };
    let mut parts = statement.sql.split(LIMIT);
    let mut sql = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_at(part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len()));
        match number.parse().ok().and_then(|number: usize| values.get(number.checked_sub(1)?)) {
            Some(Value::BigUnsigned(Some(limit))) => sql.push_str(&format!(" LIMIT {limit}")),
            _ => sql.extend([LIMIT, number]),
        }
        sql.push_str(rest);
    }
    statement.sql = sql;
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, Statement, Value};

    use super::write_limits_out;

    #[test]
    fn limits_are_part_of_the_statement() {
        let values: Vec<Value> = vec!["a".into(), 5_u64.into(), 21_u64.into()];
        let sql = "SELECT (SELECT 1 LIMIT $2) WHERE x = $1 ORDER BY y LIMIT $3 FOR UPDATE";
        let mut statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        write_limits_out(&mut statement);
        assert_eq!(statement.sql, "SELECT (SELECT 1 LIMIT 5) WHERE x = $1 ORDER BY y LIMIT 21 FOR UPDATE");
    }
}
