//! Two scopes on one transaction of a host would share its stack of savepoints.

use crm_core::Crm;
use crm_core::actor::Actor;
use crm_core::customers::NewCustomer;
use crm_core::sea_orm::DatabaseTransaction;

async fn host(crm: &Crm, one: Actor, other: Actor, tx: &mut DatabaseTransaction) -> crm_core::Result<()> {
    let mut first = crm.within(one, tx);
    let mut second = crm.within(other, tx); //~ E0499
    first.customers().create(NewCustomer::organization("Lee & Co")).await?;
    second.customers().create(NewCustomer::organization("Lee & Co")).await?;
    Ok(())
}

fn main() {}
