//! Reads behind the API.

use crm_core::sea_orm::ConnectionTrait;
use crm_core::sea_orm::sea_query::{Expr, ExprTrait, Func, Query};

use super::api::Api;

impl Api {
    /// How many rows of the company a table has.
    pub async fn count(&self, table: &'static str) -> i64 {
        self.count_where(table, Expr::val(true)).await
    }

    async fn count_where(&self, table: &'static str, condition: Expr) -> i64 {
        let query = Query::select()
            .expr_as(Func::count(Expr::val(1)), "count")
            .from(table)
            .and_where(Expr::col("company_id").eq(self.company.0))
            .and_where(condition)
            .to_owned();
        let row = self.database.connection.query_one(&query).await.expect("a count").expect("a row");
        row.try_get("", "count").expect("a number")
    }

    /// How many rows the three records have: changes, audit, outbox.
    pub async fn records(&self) -> [i64; 3] {
        [self.count("crm_changes").await, self.count("crm_audit").await, self.count("crm_outbox").await]
    }

    /// The same without those of jobs: where a language model summarizes, writing an interaction enqueues one.
    pub async fn records_beside_jobs(&self) -> [i64; 3] {
        let is_other = || Expr::col("entity").ne("job");
        let counts = ["crm_changes", "crm_audit", "crm_outbox"].map(|table| self.count_where(table, is_other()));
        let [changes, audit, outbox] = counts;
        [changes.await, audit.await, outbox.await]
    }

    /// Sets the state of the company behind the CRM's back; its mirror must be there.
    pub async fn set_state(&self, state: &str) {
        let update = Query::update()
            .table("crm_companies")
            .value("state", state)
            .and_where(Expr::col("company_id").eq(self.company.0))
            .to_owned();
        let updated = self.database.connection.execute(&update).await.expect("an update");
        assert_eq!(updated.rows_affected(), 1, "the company has no mirror");
    }
}
