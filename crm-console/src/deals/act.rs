//! What is done with one click: a deal goes to the trash, and comes back.

use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::ids::DealId;

use super::BOARD;
use crate::customers::parsed;
use crate::web::{Form, PageResult, Visit};

pub(super) async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: DealId = parsed(&id)?;
    visit.scope().deals().delete(id, None).await?;
    let may_undo = visit.actor().reach(Resource::Deals, Action::Restore).is_some();
    let undo = may_undo.then(|| format!("deals/{id}"));
    Ok(visit.done(&visit.back(&form.0, BOARD), "deal-deleted", undo.as_deref()))
}

pub(super) async fn restore(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: DealId = parsed(&id)?;
    visit.scope().deals().restore(id).await?;
    Ok(visit.done(&visit.back(&form.0, &format!("deals/{id}")), "deal-restored", None))
}
