//! All that the ERP has to say to the CRM: whose keys are whose, who may do what, and who is a customer.

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{CustomerPatch, CustomerStatus, ExternalRef, NewCustomer};
use crm_core::ids::{CompanyId, UserId};
use crm_core::{CompanyScope, Error, Result};
use uuid::Uuid;

use crate::tables::{Job, customer, employee};

/// What the CRM calls the ERP; our integers become UUIDs in the namespace below.
pub const SYSTEM: &str = "erp";
const NAMESPACE: Uuid = Uuid::from_u128(0x5f0c_1e2a_9c1d_4f57_8a53_0c3c_8e9d_2b17);

/// A company of the ERP, as the CRM calls it.
pub fn company(id: i64) -> CompanyId {
    CompanyId::from_foreign(NAMESPACE, &id.to_string())
}

/// An employee, with the rights that his job gives him in the ERP.
pub fn actor(employee: &employee::Model) -> Actor {
    let user = UserId::from_foreign(NAMESPACE, &employee.id.to_string());
    let may = |action| Permission::all(Resource::Customers, action);
    let rights: Vec<Permission> = match employee.job {
        Job::Boss => Role::Admin.permissions().collect(),
        Job::Accountant => Role::Viewer.permissions().chain([may(Action::Create), may(Action::Update)]).collect(),
        Job::Clerk => Role::Viewer.permissions().collect(),
    };
    let actor = Actor::user(company(employee.company_id), user, Role::Viewer).with_permissions(rights);
    actor.with_profile(Some(employee.name.clone()), None)
}

/// Whoever gets an invoice is an active customer of the CRM.
pub async fn invoiced(mut crm: CompanyScope<'_>, customer: &customer::Model) -> Result<()> {
    let (id, status) = (customer.id.to_string(), CustomerStatus::Active);
    match crm.customers().by_external(SYSTEM, &id).await {
        Ok(known) => {
            let active = CustomerPatch { status: Some(status).into(), ..CustomerPatch::default() };
            crm.customers().update(known.id, active, None).await.map(drop)
        }
        Err(Error::NotFound { .. }) => {
            let (email, external_refs) = (customer.email.clone(), Some(vec![ExternalRef::new(SYSTEM, id)]));
            let new =
                NewCustomer { email, external_refs, status: Some(status), ..NewCustomer::organization(&customer.name) };
            crm.customers().create(new).await.map(drop)
        }
        Err(error) => Err(error),
    }
}
