//! A customer goes to the trash, and comes back.

use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::ids::CustomerId;
use crm_core::{Conflict, Error};

use super::{customer_path, parsed};
use crate::web::{Form, PageResult, Visit};

pub(super) async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: CustomerId = parsed(&id)?;
    visit.scope().customers().delete(id, None).await?;
    let may_undo = visit.actor().reach(Resource::Customers, Action::Restore).is_some();
    let undo = may_undo.then(|| customer_path(id));
    Ok(visit.done(&visit.back(&form.0, "customers"), "customer-deleted", undo.as_deref()))
}

/// What another customer has by now is told where the restoring was asked for.
pub(super) async fn restore(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: CustomerId = parsed(&id)?;
    let outcome = visit.scope().customers().restore(id).await;
    let back = visit.back(&form.0, &customer_path(id));
    let notice = match outcome {
        Ok(_) => "customer-restored",
        Err(Error::Conflict(Conflict::CustomerEmailTaken)) => "email-taken",
        Err(Error::Conflict(Conflict::ExternalRefTaken)) => "reference-taken",
        Err(error) => return Err(error.into()),
    };
    Ok(visit.done(&back, notice, None))
}
