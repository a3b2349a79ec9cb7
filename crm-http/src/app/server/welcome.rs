//! The root page: links to the documentation.

use actix_web::HttpResponse;

use crate::app::docs::{DOCUMENT, PAGES};

pub(super) async fn welcome() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "name": "crm-http", "docs": PAGES, "openapi": DOCUMENT }))
}
