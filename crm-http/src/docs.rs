//! The document, and Swagger UI that shows it.

#[cfg(feature = "swagger-ui")]
mod pages;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::OpenApi;

use crate::request::head_as_get;

pub(crate) const DOCUMENT: &str = "/openapi.json";
#[cfg(feature = "server")]
pub(crate) const PAGES: &str = "/docs/";

/// Mounts `document` at `/openapi.json` and, with the feature `swagger-ui`, Swagger UI at `/docs`, below wherever it is
/// called.
///
/// A server of the document that is a path is taken as relative to where it is mounted, and so is right for the routes of
/// [`configure`](crate::configure) beside it. Where a proxy takes a prefix off, give the document a server with a full
/// URL.
pub fn configure_docs(document: OpenApi) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        let resource = web::resource(DOCUMENT).wrap(from_fn(head_as_get));
        config.service(resource.app_data(Data::new(document)).route(web::get().to(get_document)));
        #[cfg(feature = "swagger-ui")]
        pages::mount(config);
    }
}

async fn get_document(request: HttpRequest, document: Data<OpenApi>) -> HttpResponse {
    let mut document = OpenApi::clone(&document);
    let mount = request.path().strip_suffix(DOCUMENT).unwrap_or_default();
    for server in document.servers.iter_mut().flatten().filter(|server| server.url.starts_with('/')) {
        server.url = match format!("{mount}{}", server.url).trim_end_matches('/') {
            "" => "/".to_owned(),
            path => path.to_owned(),
        };
    }
    HttpResponse::Ok().json(document)
}

/// True for the paths of Swagger UI, where it is mounted at the root.
#[cfg(feature = "server")]
pub(crate) fn is_page(path: &str) -> bool {
    path.starts_with(PAGES)
}
