//! CORS.

use actix_cors::Cors;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER};

/// How long a browser may cache the permission, in seconds.
const REMEMBERED: usize = 600;

/// Allows the pages of these origins. Tokens are sent in a header, so cookies are not allowed.
pub fn allow_origins(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH])
        .allowed_headers(["idempotency-key", "x-request-id"])
        .expose_headers([ETAG, LOCATION, RETRY_AFTER])
        .expose_headers([
            "idempotency-replayed",
            "x-request-id",
            "content-disposition",
            "ratelimit",
            "ratelimit-policy",
        ])
        .max_age(REMEMBERED);
    if origins.iter().any(|origin| origin == "*") {
        return cors.allow_any_origin().send_wildcard();
    }
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
