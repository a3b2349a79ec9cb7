//! Everything that the ERP passes to the CRM: the mapping of keys and rights, and its customers.

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{CustomerPatch, CustomerStatus, ExternalRef, NewCustomer};
use crm_core::ids::{CompanyId, UserId};
use crm_core::{CompanyScope, Error, Result};

use crate::{Right, tables::customer, tables::employee};

/// The name of the ERP in the CRM; its integers become UUIDs in the namespace below.
pub const SYSTEM: &str = "erp";
const NAMESPACE: uuid::Uuid = uuid::Uuid::from_u128(0x5f0c_1e2a_9c1d_4f57_8a53_0c3c_8e9d_2b17);

/// An employee with their rights in the ERP; the role is not used.
pub fn actor(employee: &employee::Model) -> Actor {
    let company = CompanyId::from_foreign(NAMESPACE, &employee.company_id.to_string());
    let user = UserId::from_foreign(NAMESPACE, &employee.id.to_string());
    let rights = employee.job.rights().iter().flat_map(|right| permissions(*right));
    let actor = Actor::user(company, user, Role::Viewer).with_permissions(rights);
    actor.with_profile(Some(employee.name.clone()), None)
}

fn permissions(right: Right) -> impl Iterator<Item = Permission> {
    let (resources, actions): (&[Resource], &[Action]) = match right {
        Right::Look => (&[Resource::Customers, Resource::Users, Resource::Settings], &[Action::Read]),
        Right::Book => (&[Resource::Customers], &[Action::Create, Action::Update]),
        Right::Rule => (Resource::ALL, Action::ALL),
    };
    resources.iter().flat_map(|resource| actions.iter().map(|action| Permission::all(*resource, *action)))
}

/// A recipient of an invoice is an active customer of the CRM.
pub async fn invoiced(mut crm: CompanyScope<'_>, customer: &customer::Model) -> Result<()> {
    let (id, status) = (customer.id.to_string(), Some(CustomerStatus::Active));
    match crm.customers().by_external(SYSTEM, &id).await {
        Err(Error::NotFound { .. }) => {
            let (email, external_refs) = (customer.email.clone(), Some(vec![ExternalRef::new(SYSTEM, id)]));
            let new = NewCustomer { email, external_refs, status, ..NewCustomer::organization(&customer.name) };
            crm.customers().create(new).await.map(drop)
        }
        known => {
            let active = CustomerPatch { status: status.into(), ..CustomerPatch::default() };
            crm.customers().update(known?.id, active, None).await.map(drop)
        }
    }
}
