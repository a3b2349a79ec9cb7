//! Capture forms: the list, what pages paste, and what is done with a form as a whole.

mod form;
mod snippet;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::capture_forms::{CaptureForm, CaptureFormPatch, CaptureFormQuery};
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::patch::Patch;

use super::Around;
use crate::customers::parsed;
use crate::web::{ConfirmPage, Form, Frame, PageResult, Visit, html, see_other};

/// The path of the list.
const LIST: &str = "settings/capture-forms";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/capture-forms", web::get().to(list))
        .route("/settings/capture-forms", web::post().to(form::create))
        .route("/settings/capture-forms/new", web::get().to(form::add))
        .route("/settings/capture-forms/{id}", web::get().to(form::show))
        .route("/settings/capture-forms/{id}", web::post().to(form::save))
        .route("/settings/capture-forms/{id}/preview", web::get().to(snippet::preview))
        .route("/settings/capture-forms/{id}/active", web::post().to(activate))
        .route("/settings/capture-forms/{id}/key", web::post().to(rotate))
        .route("/settings/capture-forms/{id}/delete", web::get().to(ask))
        .route("/settings/capture-forms/{id}/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "settings/capture_forms.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    may_add: bool,
}

struct Row {
    url: String,
    name: String,
    origins: String,
    submissions: i64,
    rejected: i64,
    is_active: bool,
}

async fn list(visit: Visit) -> PageResult {
    visit.authorize(Resource::CaptureForms, Action::Read, None)?;
    // A company has no more than come at once.
    let request = PageRequest::default().limit(MAX_PAGE);
    let page = visit.scope().capture_forms().list(&CaptureFormQuery::default(), &request).await?;
    let around = Around::of(&visit, "capture-forms");
    let frame = around.frame.clone();
    let page = ListPage {
        rows: page.data.into_iter().map(|form| row(&frame, form)).collect(),
        may_add: visit.may(Resource::CaptureForms, Action::Create, None),
        around,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn row(frame: &Frame, form: CaptureForm) -> Row {
    Row {
        url: frame.url(&format!("{LIST}/{}", form.id)),
        name: form.name,
        origins: form.origins.join(", "),
        submissions: form.submissions,
        rejected: form.rejected,
        is_active: form.is_active,
    }
}

/// Lets a form take submissions, or none.
async fn activate(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let is_active = form.0.text("active") == "true";
    let patch = CaptureFormPatch { is_active: Patch::Set(is_active), ..CaptureFormPatch::default() };
    let version = form.version()?;
    visit.scope().capture_forms().update(parsed(&id)?, patch, Some(version)).await?;
    let done = if is_active { "capture-form-on" } else { "capture-form-off" };
    Ok(see_other(visit.frame.url(&format!("{LIST}?done={done}"))))
}

async fn rotate(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.version()?;
    let form = visit.scope().capture_forms().rotate_key(parsed(&id)?, Some(version)).await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}/{}?done=capture-form-key", form.id))))
}

async fn ask(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::CaptureForms, Action::Delete, None)?;
    let form = visit.scope().capture_forms().get(parsed(&id)?).await?;
    let frame = visit.frame.clone().within("settings");
    let page = ConfirmPage {
        action: frame.url(&format!("{LIST}/{}/delete", form.id)),
        back: frame.url(&format!("{LIST}/{}", form.id)),
        title: frame.w("capture-delete-this", &form.name),
        text: frame.t("capture-delete-text"),
        label: frame.t("delete"),
        version: form.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.version()?;
    visit.scope().capture_forms().delete(parsed(&id)?, Some(version)).await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=capture-form-deleted"))))
}
