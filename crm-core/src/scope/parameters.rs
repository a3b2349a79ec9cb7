//! The parameters of a hand-written statement.

use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};

use crate::base::error::Result;
use crate::scope::CompanyScope;

/// The parameters by number: the first is `$1`.
pub(crate) struct Parameters(Vec<Value>);

impl Parameters {
    /// Starts with these parameters.
    pub(crate) fn new(values: impl IntoIterator<Item = Value>) -> Self {
        Self(values.into_iter().collect())
    }

    /// Adds a parameter, and returns its placeholder.
    pub(crate) fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    /// The values in their order, for a statement in a transaction.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.0
    }

    /// Runs the statement with these parameters. The statement binds the company itself.
    pub(crate) async fn rows(self, scope: &CompanyScope<'_>, sql: &str) -> Result<Vec<QueryResult>> {
        let database = scope.database();
        let statement = Statement::from_sql_and_values(database.get_database_backend(), sql, self.0);
        Ok(database.query_all_raw(statement).await?)
    }
}
