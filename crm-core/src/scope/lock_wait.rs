//! Timeouts of statements and of lock waits.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::CompanyTx;
use crate::base::error::Result;

impl CompanyTx<'_> {
    /// Sets the timeout of writes of many rows for the following statements. Inside a host's transaction the host's
    /// limits apply.
    pub(crate) async fn expect_many_rows(&mut self) -> Result<()> {
        let Some(limit) = self.crm().0.bulk_statement_time.filter(|_| self.is_postgres() && !self.is_hosted()) else {
            return Ok(());
        };
        self.tx.execute_unprepared(&format!("SET LOCAL statement_timeout = {}", limit.as_millis())).await?;
        Ok(())
    }

    /// Limits lock waits of the following statements to a second. Returns the previous limit.
    pub(crate) async fn limit_lock_wait(&mut self) -> Result<String> {
        let mut before = "DEFAULT".to_owned();
        if !self.is_postgres() {
            return Ok(before);
        }
        // A host may have set its own limit in its transaction.
        if self.is_hosted() {
            let show = Statement::from_string(DbBackend::Postgres, "SHOW lock_timeout");
            if let Some(row) = self.tx.query_one_raw(show).await? {
                before = format!("'{}'", row.try_get_by_index::<String>(0)?);
            }
        }
        self.tx.execute_unprepared("SET LOCAL lock_timeout = '1s'").await?;
        Ok(before)
    }

    /// Restores the previous limit of lock waits.
    pub(crate) async fn restore_lock_wait(&mut self, before: &str) -> Result<()> {
        if self.is_postgres() {
            self.tx.execute_unprepared(&format!("SET LOCAL lock_timeout = {before}")).await?;
        }
        Ok(())
    }
}
