//! All features below `/api`.

mod audit;
mod customers;
mod events;
mod gate;
pub mod health;
mod interactions;
mod jobs;
mod notes;
mod settings;
mod stats;
pub(crate) mod tags;
mod users;

use std::sync::OnceLock;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpResponse, web};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{PathItem, RefOr};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use gate::admit;

use crate::base::problem::{ApiError, Code};
use crate::base::request::{UnknownId, form_config};
use crate::base::service::Limits;

const ROOT: &str = "/api";

/// Mounts the routes of all features; each requires a caller.
pub(crate) fn routes(config: &mut ServiceConfig<'_>, limits: Limits) {
    let scope = utoipa_actix_web::scope(ROOT)
        .app_data(UnknownId(no_id))
        .app_data(form_config(limits))
        .configure(tags::routes)
        .configure(customers::routes)
        .configure(notes::routes)
        .configure(interactions::routes)
        .configure(stats::routes)
        .configure(events::routes)
        .configure(jobs::routes)
        .configure(users::routes)
        .configure(settings::routes)
        .configure(audit::routes)
        .default_service(web::to(no_route))
        .wrap(from_fn(admit));
    config.service(scope);
}

/// A known path with another method is a 405 that lists the allowed methods.
async fn no_route(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    match route_of(&request) {
        Some(route) => Err(method_not_allowed(&route.methods())),
        None => crate::base::problem::unknown_route().await,
    }
}

/// Operations without query parameters refuse all of them. The other operations refuse unknown parameters themselves.
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

/// The route of a request's path, for any method.
fn route_of(request: &HttpRequest) -> Option<&'static Route> {
    let path = format!("{ROOT}{}", request.match_info().unprocessed());
    known().iter().find(|route| route.path.is_match(&path))
}

/// Why the path of this request is not a record: its last segment is not an id, but may be a word of another route,
/// such as `/customers/search`.
fn no_id(request: &HttpRequest) -> ApiError {
    // The path ends like a known pattern, under any mount path.
    let is_end = |pattern: &str| {
        !pattern.contains('{') && request.path().strip_suffix(pattern).is_some_and(|root| !root.ends_with('/'))
    };
    match known().iter().find(|route| route.path.pattern().is_some_and(is_end)) {
        Some(route) => method_not_allowed(&route.methods()),
        None => ApiError::new(Code::NotFound, "no record has this id"),
    }
}

fn method_not_allowed(methods: &str) -> ApiError {
    let failure = ApiError::new(Code::MethodNotAllowed, format!("this route takes {methods}"));
    match HeaderValue::from_str(methods) {
        Ok(allow) => failure.with_header(ALLOW, allow),
        Err(_) => failure,
    }
}

/// A path, with its methods and whether they take query parameters.
struct Route {
    path: ResourceDef,
    operations: Vec<(Method, bool)>,
}

impl Route {
    fn methods(&self) -> String {
        self.operations.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The mounted paths, literal ones first, from the document, which is generated from the routes.
fn known() -> &'static [Route] {
    static KNOWN: OnceLock<Vec<Route>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let app = App::new().into_utoipa_app().configure(|config| routes(config, Limits::default()));
        let mounted = app.split_for_parts().1.paths.paths;
        let mut paths: Vec<(String, PathItem)> = mounted.into_iter().collect();
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
