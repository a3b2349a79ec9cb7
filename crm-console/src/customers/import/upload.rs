//! The file.

use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use askama::Template;
use crm_core::Error;
use crm_core::customers::{ImportFormat, MAX_IMPORT_FILE, StoredImport};
use crm_core::import_mappings::{ImportMapping, ImportMappingQuery};
use crm_core::page::{Count, PageRequest};
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
    mappings: Vec<Saved>,
}

/// A saved mapping.
struct Saved {
    name: String,
    columns: String,
    changed: Shown,
    remove: String,
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
    let format = upload.media_type.as_deref().and_then(ImportFormat::of_media_type);
    match visit.scope().imports().add_as(&name, format, upload.file).await {
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
    let mappings = mappings(visit).await?.into_iter().map(|mapping| saved(&frame, mapping)).collect();
    html(status, &UploadPage { steps: STEPS, step: 0, fault, limit: limit(request), files, mappings, frame })
}

/// All saved mappings, by name.
async fn mappings(visit: &Visit) -> crm_core::Result<Vec<ImportMapping>> {
    let (mut scope, mut all) = (visit.scope(), Vec::new());
    let mut request = PageRequest::default().limit(100).count(Count::None);
    loop {
        let page = scope.import_mappings().list(&ImportMappingQuery::default(), &request).await?;
        all.extend(page.data);
        match page.next_cursor {
            Some(cursor) => request = PageRequest::after(cursor).limit(100),
            None => return Ok(all),
        }
    }
}

fn saved(frame: &Frame, mapping: ImportMapping) -> Saved {
    Saved {
        columns: frame.n("import-mapping-columns", &mapping.columns.len()),
        changed: frame.calendar.relative(mapping.updated_at),
        remove: frame.url(&format!("{PATH}/mappings/{}/remove", mapping.id)),
        name: mapping.name,
    }
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
