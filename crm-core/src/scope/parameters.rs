//! The values of a statement that is written by hand.

use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};

use crate::base::error::Result;
use crate::scope::CompanyScope;

/// What a statement takes, by number: the first is `$1`.
pub(crate) struct Parameters(Vec<Value>);

impl Parameters {
    /// Those that have their numbers from the start.
    pub(crate) fn new(values: impl IntoIterator<Item = Value>) -> Self {
        Self(values.into_iter().collect())
    }

    /// Adds one, and gives its name.
    pub(crate) fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    /// The rows of the statement that has been written with these. It binds the company itself.
    pub(crate) async fn rows(self, scope: &CompanyScope<'_>, sql: &str) -> Result<Vec<QueryResult>> {
        let database = scope.database();
        let statement = Statement::from_sql_and_values(database.get_database_backend(), sql, self.0);
        Ok(database.query_all_raw(statement).await?)
    }
}
