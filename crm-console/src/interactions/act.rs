//! What is done with one click: an interaction goes to the trash and comes back, a reminder is dismissed.

use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::ids::InteractionId;
use crm_core::interactions::InteractionPatch;
use crm_core::patch::Patch;

use crate::customers::parsed;
use crate::web::{Form, PageResult, Visit};

pub(super) async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    visit.scope().all_interactions().delete(id, None).await?;
    let may_undo = visit.actor().reach(Resource::Interactions, Action::Restore).is_some();
    let undo = may_undo.then(|| format!("interactions/{id}"));
    Ok(visit.done(&visit.back(&form.0, "interactions"), "interaction-deleted", undo.as_deref()))
}

pub(super) async fn restore(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    visit.scope().all_interactions().restore(id).await?;
    Ok(visit.done(&visit.back(&form.0, "interactions"), "interaction-restored", None))
}

pub(super) async fn dismiss(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: InteractionId = parsed(&id)?;
    let patch = InteractionPatch { follow_up_at: Patch::Clear, ..InteractionPatch::default() };
    visit.scope().all_interactions().update(id, patch, None).await?;
    Ok(visit.done(&visit.back(&form.0, "interactions"), "reminder-dismissed", None))
}
