//! What is done with one click: a lead goes to the archive or to the trash, and comes back.

use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadId;
use crm_core::leads::LeadPatch;
use crm_core::patch::Patch;

use super::{SECTION, path};
use crate::customers::parsed;
use crate::web::{Form, PageResult, Visit};

pub(super) async fn archive(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: LeadId = parsed(&id)?;
    let is_archived = form.0.text("archived") == "true";
    let patch = LeadPatch { is_archived: Patch::Set(is_archived), ..LeadPatch::default() };
    visit.scope().leads().update(id, patch, None).await?;
    let notice = if is_archived { "lead-archived" } else { "lead-unarchived" };
    Ok(visit.done(&visit.back(&form.0, &path(id)), notice, None))
}

pub(super) async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: LeadId = parsed(&id)?;
    visit.scope().leads().delete(id, None).await?;
    let may_undo = visit.actor().reach(Resource::Leads, Action::Restore).is_some();
    let undo = may_undo.then(|| path(id));
    Ok(visit.done(&visit.back(&form.0, SECTION), "lead-deleted", undo.as_deref()))
}

pub(super) async fn restore(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: LeadId = parsed(&id)?;
    visit.scope().leads().restore(id).await?;
    Ok(visit.done(&visit.back(&form.0, &path(id)), "lead-restored", None))
}
