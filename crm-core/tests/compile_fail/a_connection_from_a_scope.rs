//! Features hold a company, never a connection: there is no way to its rows but through it.

use crm_core::CompanyScope;
use crm_core::sea_orm::ConnectionTrait;

async fn around(scope: &CompanyScope<'_>) -> crm_core::Result<()> {
    scope.database().execute_unprepared("DELETE FROM crm_customers").await?; //~ E0624
    Ok(())
}

fn main() {}
