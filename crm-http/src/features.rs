//! All features under one roof: `/api`.

mod gate;

use std::sync::OnceLock;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::PathItem;
use utoipa_actix_web::service_config::ServiceConfig;

use gate::admit;

use crate::problem::{Code, Failure};
use crate::request::form_config;
use crate::service::Limits;
use crate::{audit, customers, events, interactions, notes, settings, stats, tags, users};

const ROOT: &str = "/api";

/// Mounts the routes of all features, which need a caller each.
pub(crate) fn routes(config: &mut ServiceConfig<'_>, limits: Limits) {
    let scope = utoipa_actix_web::scope(ROOT)
        .app_data(form_config(limits))
        .configure(tags::routes)
        .configure(customers::routes)
        .configure(notes::routes)
        .configure(interactions::routes)
        .configure(stats::routes)
        .configure(events::routes)
        .configure(users::routes)
        .configure(settings::routes)
        .configure(audit::routes)
        .default_service(web::to(no_route))
        .wrap(from_fn(admit));
    config.service(scope);
}

/// A path that is known with other methods is a 405 that names them.
async fn no_route(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let path = format!("{ROOT}{}", request.match_info().unprocessed());
    match known().iter().find(|(pattern, _)| pattern.is_match(&path)) {
        Some((_, methods)) => Err(method_not_allowed(methods)),
        None => crate::problem::unknown_route().await,
    }
}

/// Why the path of this request names no record: its last segment is no id, but it may be a word that another route has for
/// other methods, such as `/customers/search`.
pub(crate) fn no_id(request: &HttpRequest) -> Failure {
    // Wherever we are mounted, the path ends as the patterns that are known.
    let is_end = |pattern: &str| {
        !pattern.contains('{') && request.path().strip_suffix(pattern).is_some_and(|root| !root.ends_with('/'))
    };
    match known().iter().find(|(pattern, _)| pattern.pattern().is_some_and(is_end)) {
        Some((_, methods)) => method_not_allowed(methods),
        None => Failure::new(Code::NotFound, "nothing has this id"),
    }
}

fn method_not_allowed(methods: &str) -> Failure {
    let failure = Failure::new(Code::MethodNotAllowed, format!("this route takes {methods}"));
    match HeaderValue::from_str(methods) {
        Ok(allow) => failure.with_header(ALLOW, allow),
        Err(_) => failure,
    }
}

/// The paths that are mounted, literal ones first, and the methods each takes. Read off the document, which is made of what
/// is mounted.
fn known() -> &'static [(ResourceDef, String)] {
    static KNOWN: OnceLock<Vec<(ResourceDef, String)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut paths: Vec<(String, PathItem)> = crate::openapi().paths.paths.into_iter().collect();
        paths.sort_by_key(|(path, _)| path.matches('{').count());
        paths.into_iter().map(|(path, item)| (ResourceDef::new(path), methods(&item))).collect()
    })
}

fn methods(item: &PathItem) -> String {
    let methods = [
        (Method::GET, &item.get),
        (Method::HEAD, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    let taken = methods.into_iter().filter(|(_, operation)| operation.is_some());
    taken.map(|(method, _)| method.to_string()).collect::<Vec<_>>().join(", ")
}
