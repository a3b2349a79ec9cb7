//! The pages of Swagger UI.

use actix_web::http::header::{CONTENT_ENCODING, ContentEncoding, LOCATION};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use crate::problem::{ApiError, unknown_route};
use crate::request::head_as_get;
use crate::request::limit_addresses;

pub(super) fn mount(config: &mut web::ServiceConfig) {
    // Relative to the pages, so that it works under every mount path.
    let pages = Config::new(["../openapi.json"])
        .try_it_out_enabled(true)
        .display_request_duration(true)
        .deep_linking(true)
        .validator_url("none");
    let at = |path: &str| web::resource(path).wrap(from_fn(head_as_get)).wrap(from_fn(limit_addresses));
    config.service(at("/docs").route(web::get().to(move_to_pages)));
    config.service(at("/docs/{page:.*}").app_data(Data::new(pages)).route(web::get().to(get_page)));
}

/// The pages refer to their scripts relative to themselves, so their path ends in a slash.
async fn move_to_pages() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "docs/")).finish()
}

async fn get_page(request: HttpRequest, pages: Data<Config<'static>>) -> Result<HttpResponse, ApiError> {
    let path = request.match_info().query("page");
    let page =
        utoipa_swagger_ui::serve(path, pages.into_inner()).map_err(|error| ApiError::internal(error.to_string()))?;
    let Some(page) = page else {
        return unknown_route().await;
    };
    let mut response = HttpResponse::Ok();
    if page.gzpipped {
        response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    Ok(response.content_type(page.content_type).body(page.bytes.into_owned()))
}
