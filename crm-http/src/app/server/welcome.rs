//! The root page: links to the documentation.

use actix_web::HttpResponse;

use crm_web::docs::{DOCUMENT, PAGES};

pub(super) async fn welcome() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "name": "crm-http", "docs": PAGES, "openapi": DOCUMENT }))
}
