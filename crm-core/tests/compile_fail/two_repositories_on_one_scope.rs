//! Each repository has the scope to itself, since each of its writes is a transaction.

use crm_core::CompanyScope;
use crm_core::customers::NewCustomer;
use crm_core::page::PageRequest;

async fn both(scope: &mut CompanyScope<'_>) -> crm_core::Result<()> {
    let mut customers = scope.customers();
    let users = scope.users(); //~ E0499
    customers.create(NewCustomer::organization("Lee & Co")).await?;
    users.list(&PageRequest::default()).await?;
    Ok(())
}

fn main() {}
