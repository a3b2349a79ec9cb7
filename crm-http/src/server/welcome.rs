//! What is at the root: where to go from here.

use actix_web::HttpResponse;

use crate::docs::{DOCUMENT, PAGES};

pub(super) async fn welcome() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "name": "crm-http", "docs": PAGES, "openapi": DOCUMENT }))
}
