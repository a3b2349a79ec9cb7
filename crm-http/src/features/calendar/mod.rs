//! Calendar feeds: the caller's address, and the file that is read there without logging in.

mod handlers;

use actix_web::middleware::from_fn;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::problem::render_problems;
use crm_web::request::{limit_addresses, request_timeout};

/// Where calendars are, beside the API.
const ROOT: &str = "/calendar";

/// The address of a calendar.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CalendarAddress {
    /// The path, beside `/api`. It contains a secret.
    path: String,
    /// The whole address, where the service knows its public one.
    url: Option<String>,
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(handlers::create_calendar_feed).service(handlers::delete_calendar_feed);
}

/// The route of the files: outside of the API, because a calendar program has no token.
pub(crate) fn files(config: &mut ServiceConfig<'_>) {
    let scope = utoipa_actix_web::scope(ROOT)
        .service(handlers::get_calendar_file)
        .wrap(from_fn(request_timeout))
        .wrap(from_fn(limit_addresses))
        .wrap(from_fn(render_problems));
    config.service(scope);
}
