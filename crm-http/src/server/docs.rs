//! Swagger UI, and the document it shows.

use actix_web::{HttpResponse, web};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

const DOCUMENT: &str = "/openapi.json";
const PAGES: &str = "/docs/";

/// Mounts `/docs` and `/openapi.json`.
pub(super) fn mount(document: OpenApi) -> impl FnOnce(&mut web::ServiceConfig) {
    let config = Config::default()
        .try_it_out_enabled(true)
        .display_request_duration(true)
        .deep_linking(true)
        .validator_url("none");
    move |app| {
        // The pages refer to their scripts relative to themselves.
        app.service(web::redirect("/docs", PAGES));
        app.route("/", web::get().to(welcome));
        app.service(SwaggerUi::new("/docs/{_:.*}").url(DOCUMENT, document).config(config));
    }
}

async fn welcome() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "name": "crm-http", "docs": PAGES, "openapi": DOCUMENT }))
}

/// True for the paths of Swagger UI.
pub(super) fn is_page(path: &str) -> bool {
    path.starts_with(PAGES)
}
