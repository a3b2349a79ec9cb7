//! Swagger UI, and the document it shows.

use actix_web::http::header::{CONTENT_ENCODING, ContentEncoding, LOCATION};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use crate::problem::{Failure, unknown_route};
use crate::request::head_as_get;

pub(crate) const DOCUMENT: &str = "/openapi.json";
pub(crate) const PAGES: &str = "/docs/";

/// Mounts Swagger UI at `/docs` and `document` at `/openapi.json`, below wherever it is called.
///
/// A server of the document that is a path is taken as relative to where it is mounted, and so is right for the routes of
/// [`configure`](crate::configure) beside it. Where a proxy takes a prefix off, give the document a server with a full
/// URL.
pub fn configure_docs(document: OpenApi) -> impl FnOnce(&mut web::ServiceConfig) {
    // Relative to the pages, so that it holds wherever they are.
    let pages = Config::new(["../openapi.json"])
        .try_it_out_enabled(true)
        .display_request_duration(true)
        .deep_linking(true)
        .validator_url("none");
    move |config| {
        let at = |path: &str| web::resource(path).wrap(from_fn(head_as_get));
        config.service(at(DOCUMENT).app_data(Data::new(document)).route(web::get().to(get_document)));
        config.service(at("/docs").route(web::get().to(move_to_pages)));
        config.service(at("/docs/{page:.*}").app_data(Data::new(pages)).route(web::get().to(get_page)));
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

/// The pages refer to their scripts relative to themselves, so their path ends in a slash.
async fn move_to_pages() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "docs/")).finish()
}

async fn get_page(request: HttpRequest, pages: Data<Config<'static>>) -> Result<HttpResponse, Failure> {
    let path = request.match_info().query("page");
    let page =
        utoipa_swagger_ui::serve(path, pages.into_inner()).map_err(|error| Failure::internal(error.to_string()))?;
    let Some(page) = page else {
        return unknown_route().await;
    };
    let mut response = HttpResponse::Ok();
    if page.gzpipped {
        response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    Ok(response.content_type(page.content_type).body(page.bytes.into_owned()))
}

/// True for the paths of Swagger UI, where it is mounted at the root.
pub(crate) fn is_page(path: &str) -> bool {
    path.starts_with(PAGES)
}
