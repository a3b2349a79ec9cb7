//! A tag is deleted for good, after a question: it cannot be undone.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::ids::TagId;

use crate::customers::parsed;
use crate::web::{ConfirmPage, Form, PageResult, Visit, html};

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::Tags, Action::Delete, None)?;
    let tag = visit.scope().tags().get(parsed::<TagId>(&id)?).await?;
    let frame = visit.frame.clone().within("tags");
    let page = ConfirmPage {
        action: frame.url(&format!("tags/{}/delete", tag.id)),
        back: visit.back(&visit.query, "tags"),
        title: frame.w("tags-delete-this", &tag.name),
        text: frame.n("tags-delete-text", &usize::try_from(tag.usage_count).unwrap_or(usize::MAX)),
        label: frame.t("delete"),
        version: tag.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.0.version();
    visit.scope().tags().delete(parsed::<TagId>(&id)?, version).await?;
    Ok(visit.done(&visit.back(&form.0, "tags"), "tag-deleted", None))
}
