//! What pages paste, and how visitors see it.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::capture_forms::{CaptureField, CaptureForm};
use crm_core::ids::CaptureFormId;
use crm_web::problem::ApiError;

use super::super::Around;
use super::LIST;
use crate::customers::parsed;
use crate::web::{Frame, PageResult, Visit, html};

/// Where the CRM is, where it does not know that itself.
const SOMEWHERE: &str = "https://crm.example.com";

/// The form as HTML, to be pasted into a page.
#[derive(Template)]
#[template(path = "settings/capture_snippet.html")]
struct Snippet<'f> {
    url: String,
    fields: Vec<Shown<'f>>,
    consent: Option<&'f str>,
    send: String,
    done: String,
    failed: String,
    has_script: bool,
}

/// A field as visitors see it.
struct Shown<'f> {
    key: &'f str,
    label: &'f str,
    kind: &'static str,
    is_required: bool,
}

impl<'f> From<&'f CaptureField> for Shown<'f> {
    fn from(field: &'f CaptureField) -> Self {
        let kind = match field.key.as_str() {
            "description" => "lines",
            "email" => "email",
            "phone" => "tel",
            _ => "text",
        };
        Self { key: &field.key, label: &field.label, kind, is_required: field.is_required }
    }
}

/// What pages paste: with a script, and without one.
pub(super) fn both(frame: &Frame, form: &CaptureForm) -> Result<(String, String), ApiError> {
    Ok((one(frame, form, true)?, one(frame, form, false)?))
}

fn one(frame: &Frame, form: &CaptureForm, has_script: bool) -> Result<String, ApiError> {
    let base = frame.console.service.crm().public_url().unwrap_or(SOMEWHERE);
    let snippet = Snippet {
        url: format!("{base}/api/capture/{}", form.key),
        fields: form.fields.iter().map(Shown::from).collect(),
        consent: form.consent_text.as_deref(),
        send: frame.t("capture-send"),
        done: frame.t("capture-thanks"),
        failed: frame.t("capture-failed"),
        has_script,
    };
    snippet.render().map_err(ApiError::internal)
}

#[derive(Template)]
#[template(path = "settings/capture_preview.html")]
struct PreviewPage<'f> {
    around: Around,
    frame: Frame,
    back: String,
    name: &'f str,
    fields: Vec<Shown<'f>>,
    consent: Option<&'f str>,
}

/// The form as visitors see it. It sends nothing.
pub(super) async fn preview(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::CaptureForms, Action::Read, None)?;
    let form = visit.scope().capture_forms().get(parsed::<CaptureFormId>(&id)?).await?;
    let around = Around::of(&visit, "capture-forms");
    let frame = around.frame.clone();
    let page = PreviewPage {
        back: frame.url(&format!("{LIST}/{}", form.id)),
        name: &form.name,
        fields: form.fields.iter().map(Shown::from).collect(),
        consent: form.consent_text.as_deref(),
        around,
        frame,
    };
    html(StatusCode::OK, &page)
}
