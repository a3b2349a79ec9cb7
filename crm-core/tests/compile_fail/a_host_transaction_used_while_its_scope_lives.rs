//! The host writes before and after the CRM does, not in the middle of it.

use crm_core::Crm;
use crm_core::actor::Actor;
use crm_core::customers::NewCustomer;
use crm_core::sea_orm::DatabaseTransaction;

async fn host(crm: &Crm, actor: Actor, mut tx: DatabaseTransaction) -> crm_core::Result<()> {
    let mut scope = crm.within(actor, &mut tx);
    tx.commit().await?; //~ E0505
    scope.customers().create(NewCustomer::organization("Lee & Co")).await?;
    Ok(())
}

fn main() {}
