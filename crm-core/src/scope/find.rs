//! Reads that are already filtered to the company.

use sea_orm::sea_query::{Alias, Condition, Expr, Func, IntoCondition, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use super::CompanyOwned;
use super::executor::Database;
use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::query::dialect;

/// A select over one company's rows. It cannot be executed anywhere else, and has no unbounded `all`.
pub(crate) struct Find<'s, E: CompanyOwned> {
    db: Database<'s>,
    select: Select<E>,
    /// What rows must meet besides belonging to the company.
    conditions: Condition,
}

impl<'s, E: CompanyOwned> Find<'s, E> {
    pub(crate) fn new(db: Database<'s>, company: CompanyId) -> Self {
        let select = E::find().filter(E::company_column().eq(company.0));
        Self { db, select, conditions: Condition::all() }
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

    /// Adds columns, order and joins. The condition on the company stays, whatever is added.
    pub(crate) fn map(mut self, change: impl FnOnce(Select<E>) -> Select<E>) -> Self {
        self.select = change(self.select);
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

    fn lock(self, kind: LockType) -> Self {
        match self.db.get_database_backend() {
            DbBackend::Postgres => self.map(|select| select.lock(kind)),
            _ => self,
        }
    }

    /// Keeps others from removing the rows and from changing their keys until the transaction ends, and from nothing else.
    pub(crate) fn for_key_share(self) -> Self {
        self.lock(LockType::KeyShare)
    }

    fn selected(self) -> (Database<'s>, Select<E>) {
        let Self { db, select, conditions } = self;
        (db, if conditions.is_empty() { select } else { select.filter(conditions) })
    }

    /// The first row.
    pub(crate) async fn one<M: FromQueryResult>(self) -> Result<Option<M>> {
        let (db, select) = self.selected();
        let row = db.query_one(&select.limit(1).into_query()).await?;
        Ok(row.map(|row| M::from_query_result(&row, "")).transpose()?)
    }

    /// At most `limit` rows.
    pub(crate) async fn fetch_up_to<M: FromQueryResult>(self, limit: u64) -> Result<Vec<M>> {
        let (db, select) = self.selected();
        let rows = db.query_all(&select.limit(limit).into_query()).await?;
        rows.iter().map(|row| Ok(M::from_query_result(row, "")?)).collect()
    }

    /// A select of the ids of at most `limit` rows after the first `offset`.
    pub(crate) fn ids(self, id: Expr, offset: u64, limit: u64) -> SelectStatement {
        self.selected().1.select_only().expr(id).offset(offset).limit(limit).into_query()
    }

    /// How many rows there are, counting no further than `bound`.
    pub(crate) async fn count(self, bound: Option<u64>) -> Result<u64> {
        let (db, select) = self.selected();
        let mut rows = select.select_only().expr(Expr::val(1));
        if let Some(bound) = bound {
            rows = rows.limit(bound);
        }
        count(db, rows.into_query()).await
    }
}

/// Counts the rows of a select.
async fn count(db: Database<'_>, rows: SelectStatement) -> Result<u64> {
    let query = Query::select()
        .expr_as(Func::count(Expr::cust("*")), "count")
        .from_subquery(rows, Alias::new("counted"))
        .to_owned();
    let row = db.query_one(&query).await?;
    let count: i64 = row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or_default())
}
