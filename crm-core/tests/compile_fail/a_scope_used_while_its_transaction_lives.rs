//! What is written through the scope would not be in the transaction, and on SQLite would wait for it for ever.

use crm_core::CompanyScope;
use crm_core::customers::NewCustomer;

async fn meanwhile(scope: &mut CompanyScope<'_>) -> crm_core::Result<()> {
    let tx = scope.begin().await?;
    scope.customers().create(NewCustomer::organization("Lee & Co")).await?; //~ E0499
    tx.commit().await
}

fn main() {}
