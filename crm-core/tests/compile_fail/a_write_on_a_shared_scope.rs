//! A shared scope gives nothing that writes, and nothing that is audited for being read.

use crm_core::CompanyScope;
use crm_core::customers::NewCustomer;

async fn shared(scope: &CompanyScope<'_>) -> crm_core::Result<()> {
    scope.customers().create(NewCustomer::organization("Lee & Co")).await?; //~ E0596
    Ok(())
}

fn main() {}
