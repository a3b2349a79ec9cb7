//! The file.

use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use askama::Template;
use crm_core::Error;
use crm_core::customers::{MAX_IMPORT_FILE, StoredImport};
use crm_web::problem::Code;
use crm_web::request::Upload;

use super::{PATH, STEPS, expect_right, limits_of, page_of, words};
use crate::base::moment::Shown;
use crate::web::{Frame, PageResult, Visit, html, see_other};

#[derive(Template)]
#[template(path = "customers/import/upload.html")]
struct UploadPage {
    frame: Frame,
    steps: [&'static str; 4],
    step: usize,
    fault: Option<String>,
    limit: String,
    files: Vec<File>,
}

/// A file that was added before.
struct File {
    url: String,
    name: String,
    rows: String,
    added: Shown,
    remove: String,
    /// The name of its state in messages.
    state: &'static str,
}

pub(super) async fn show(visit: Visit, request: HttpRequest) -> PageResult {
    page(&visit, &request, StatusCode::OK, None).await
}

pub(super) async fn add(visit: Visit, request: HttpRequest, payload: web::Payload) -> PageResult {
    expect_right(&visit)?;
    let frame = &visit.frame;
    let upload = match Upload::from_request(&request, &mut payload.into_inner()).await {
        Ok(upload) => upload,
        Err(error) if error.code() == Code::PayloadTooLarge => {
            let fault = frame.w("import-too-large", &limit(&request));
            return page(&visit, &request, StatusCode::PAYLOAD_TOO_LARGE, Some(fault)).await;
        }
        Err(error) if error.code() == Code::MissingField => {
            return page(&visit, &request, StatusCode::UNPROCESSABLE_ENTITY, Some(frame.t("import-no-file"))).await;
        }
        Err(error) => return Err(error),
    };
    let name = upload.name.filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| frame.t("import-unnamed"));
    match visit.scope().imports().add(&name, upload.file).await {
        Ok(import) => Ok(see_other(frame.url(&page_of(import.id)))),
        Err(Error::Malformed(malformed)) => {
            let fault = words(frame, &malformed);
            page(&visit, &request, StatusCode::UNPROCESSABLE_ENTITY, Some(fault)).await
        }
        Err(error) => Err(error.into()),
    }
}

fn limit(request: &HttpRequest) -> String {
    let bytes = limits_of(request).import.min(MAX_IMPORT_FILE);
    format!("{} MB", (bytes / 1024 / 1024).max(1))
}

async fn page(visit: &Visit, request: &HttpRequest, status: StatusCode, fault: Option<String>) -> PageResult {
    let frame = visit.frame.clone().within("import");
    let files = visit.scope().imports().list().await?;
    let files = files.into_iter().map(|import| file(&frame, import)).collect();
    html(status, &UploadPage { steps: STEPS, step: 0, fault, limit: limit(request), files, frame })
}

fn file(frame: &Frame, import: StoredImport) -> File {
    let url = frame.url(&page_of(import.id));
    File {
        remove: format!("{url}/remove"),
        url,
        rows: frame.n("import-rows", &usize::try_from(import.rows).unwrap_or(usize::MAX)),
        added: frame.calendar.relative(import.created_at),
        state: if import.is_begun() { "begun" } else { "waits" },
        name: import.name,
    }
}

/// The list of files.
pub(super) fn list(frame: &Frame) -> String {
    frame.url(PATH)
}
