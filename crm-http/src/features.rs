//! All features under one roof: `/api`.

mod gate;

use std::sync::OnceLock;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{PathItem, RefOr};
use utoipa_actix_web::service_config::ServiceConfig;

use gate::admit;

use crate::problem::{ApiError, Code};
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
async fn no_route(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    match route_of(&request) {
        Some(route) => Err(method_not_allowed(&route.methods())),
        None => crate::problem::unknown_route().await,
    }
}

/// An operation that takes no query parameters refuses them. Those that take some refuse the others themselves.
fn expect_known_parameters(request: &HttpRequest) -> Result<(), ApiError> {
    match unknown_parameter(request) {
        Some(name) => {
            let detail = format!("there is no parameter {name} here");
            Err(ApiError::of_parameter(Code::UnknownParameter, &name, detail))
        }
        None => Ok(()),
    }
}

fn unknown_parameter(request: &HttpRequest) -> Option<String> {
    let (name, _) = form_urlencoded::parse(request.query_string().as_bytes()).next()?;
    let (_, takes_parameters) = route_of(request)?.operations.iter().find(|(method, _)| method == request.method())?;
    (!takes_parameters).then(|| name.into_owned())
}

/// The route whose path a request has, whatever its method.
fn route_of(request: &HttpRequest) -> Option<&'static Route> {
    let path = format!("{ROOT}{}", request.match_info().unprocessed());
    known().iter().find(|route| route.path.is_match(&path))
}

/// Why the path of this request names no record: its last segment is no id, but it may be a word that another route has for
/// other methods, such as `/customers/search`.
pub(crate) fn no_id(request: &HttpRequest) -> ApiError {
    // Wherever we are mounted, the path ends as the patterns that are known.
    let is_end = |pattern: &str| {
        !pattern.contains('{') && request.path().strip_suffix(pattern).is_some_and(|root| !root.ends_with('/'))
    };
    match known().iter().find(|route| route.path.pattern().is_some_and(is_end)) {
        Some(route) => method_not_allowed(&route.methods()),
        None => ApiError::new(Code::NotFound, "nothing has this id"),
    }
}

fn method_not_allowed(methods: &str) -> ApiError {
    let failure = ApiError::new(Code::MethodNotAllowed, format!("this route takes {methods}"));
    match HeaderValue::from_str(methods) {
        Ok(allow) => failure.with_header(ALLOW, allow),
        Err(_) => failure,
    }
}

/// A path, with the methods that it takes and whether they take query parameters.
struct Route {
    path: ResourceDef,
    operations: Vec<(Method, bool)>,
}

impl Route {
    fn methods(&self) -> String {
        self.operations.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The paths that are mounted, literal ones first. Read off the document, which is made of what is mounted.
fn known() -> &'static [Route] {
    static KNOWN: OnceLock<Vec<Route>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut paths: Vec<(String, PathItem)> = crate::openapi().paths.paths.into_iter().collect();
        paths.sort_by_key(|(path, _)| path.matches('{').count());
        paths
            .into_iter()
            .map(|(path, item)| Route { path: ResourceDef::new(path), operations: operations(&item) })
            .collect()
    })
}

fn operations(item: &PathItem) -> Vec<(Method, bool)> {
    let operations = [
        (Method::GET, &item.get),
        (Method::HEAD, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    let taken = operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)));
    taken.map(|(method, operation)| (method, takes_parameters(operation))).collect()
}

fn takes_parameters(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query))
}
