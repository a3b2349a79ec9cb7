//! The table of mounted routes: what is answered to a request that matches none of them.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{PathItem, Paths, RefOr};

use crate::problem::{ApiError, Code, unknown_route};

/// The routes below a root such as `/api`. Made of the document, which is generated from what is mounted.
#[derive(Debug)]
pub struct RouteTable {
    root: &'static str,
    /// Literal paths first.
    routes: Vec<Route>,
}

/// A path, with what can be done there.
#[derive(Debug)]
struct Route {
    path: ResourceDef,
    operations: Vec<Allowed>,
}

/// An operation.
#[derive(Debug)]
struct Allowed {
    method: Method,
    takes_parameters: bool,
    /// It says itself which credentials it needs, or that it needs none.
    has_own_security: bool,
}

impl RouteTable {
    /// The routes with these paths, which all begin with `root`.
    #[must_use]
    pub fn new(root: &'static str, paths: Paths) -> Self {
        let mut paths: Vec<(String, PathItem)> = paths.paths.into_iter().collect();
        paths.sort_by_key(|(path, _)| path.matches('{').count());
        let route = |(path, item)| Route { path: ResourceDef::new(path), operations: operations(&item) };
        Self { root, routes: paths.into_iter().map(route).collect() }
    }

    /// The default service of the root's scope. A known path with another method is a 405 that lists the allowed
    /// methods.
    ///
    /// # Errors
    /// Always: [`Code::MethodNotAllowed`] or [`Code::RouteUnknown`].
    pub async fn no_route(&self, request: &HttpRequest) -> Result<HttpResponse, ApiError> {
        match self.route_of(request) {
            Some(route) => Err(method_not_allowed(&route.methods())),
            None => unknown_route().await,
        }
    }

    /// Operations without query parameters refuse all of them. The other operations refuse unknown parameters
    /// themselves. For middleware of the root's scope: in a handler the path is already matched.
    ///
    /// # Errors
    /// [`Code::UnknownParameter`] for a query parameter of an operation that takes none.
    pub fn expect_known_parameters(&self, request: &HttpRequest) -> Result<(), ApiError> {
        match self.unknown_parameter(request) {
            Some(name) => {
                let detail = format!("there is no parameter {name} here");
                Err(ApiError::of_parameter(Code::UnknownParameter, &name, detail))
            }
            None => Ok(()),
        }
    }

    /// Whether the operation of this request has a `security` of its own in the document: it needs no access token, or the
    /// credentials of another service. Of a method that a path does not take, whether all its operations have one. For
    /// middleware of the root's scope.
    #[must_use]
    pub fn has_own_security(&self, request: &HttpRequest) -> bool {
        let Some(route) = self.route_of(request) else { return false };
        match route.operations.iter().find(|operation| operation.method == *request.method()) {
            Some(operation) => operation.has_own_security,
            None => route.operations.iter().all(|operation| operation.has_own_security),
        }
    }

    /// Why the path of this request is not a record: its last segment is not an id, but may be a word of another route,
    /// such as `/customers/search`.
    #[must_use]
    pub fn no_id(&self, request: &HttpRequest) -> ApiError {
        // The path ends like a known pattern, under any mount path.
        let is_end = |pattern: &str| {
            !pattern.contains('{') && request.path().strip_suffix(pattern).is_some_and(|root| !root.ends_with('/'))
        };
        match self.routes.iter().find(|route| route.path.pattern().is_some_and(is_end)) {
            Some(route) => method_not_allowed(&route.methods()),
            None => ApiError::new(Code::NotFound, "no record has this id"),
        }
    }

    fn unknown_parameter(&self, request: &HttpRequest) -> Option<String> {
        let (name, _) = form_urlencoded::parse(request.query_string().as_bytes()).next()?;
        let mut operations = self.route_of(request)?.operations.iter();
        let operation = operations.find(|operation| operation.method == *request.method())?;
        (!operation.takes_parameters).then(|| name.into_owned())
    }

    /// The route of a request's path, for any method.
    fn route_of(&self, request: &HttpRequest) -> Option<&Route> {
        let path = format!("{}{}", self.root, request.match_info().unprocessed());
        self.routes.iter().find(|route| route.path.is_match(&path))
    }
}

impl Route {
    fn methods(&self) -> String {
        self.operations.iter().map(|operation| operation.method.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn method_not_allowed(methods: &str) -> ApiError {
    let failure = ApiError::new(Code::MethodNotAllowed, format!("this route takes {methods}"));
    match HeaderValue::from_str(methods) {
        Ok(allow) => failure.with_header(ALLOW, allow),
        Err(_) => failure,
    }
}

fn operations(item: &PathItem) -> Vec<Allowed> {
    let operations = [
        (Method::GET, &item.get),
        (Method::HEAD, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    let taken = operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)));
    let allowed = |(method, operation): (Method, &Operation)| Allowed {
        method,
        takes_parameters: takes_parameters(operation),
        has_own_security: operation.security.is_some(),
    };
    taken.map(allowed).collect()
}

fn takes_parameters(operation: &Operation) -> bool {
    let mut parameters = operation.parameters.iter().flatten();
    parameters.any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query))
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;
    use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
    use actix_web::http::{Method, StatusCode};
    use actix_web::middleware::{Next, from_fn};
    use actix_web::test::{TestRequest, init_service};
    use actix_web::{App, Error, HttpRequest, HttpResponse, web};
    use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder};
    use utoipa::openapi::{PathItem, Paths};

    use super::RouteTable;
    use crate::problem::ApiError;

    fn table() -> RouteTable {
        let page = ParameterBuilder::new().name("page").parameter_in(ParameterIn::Query);
        let list = PathItem::new(HttpMethod::Get, OperationBuilder::new().parameter(page));
        let paths: Paths = PathsBuilder::new()
            .path("/api/things", list)
            .path("/api/things/{id}", PathItem::new(HttpMethod::Delete, OperationBuilder::new()))
            .build();
        RouteTable::new("/api", paths)
    }

    async fn no_route(request: HttpRequest) -> Result<HttpResponse, ApiError> {
        table().no_route(&request).await
    }

    async fn check<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
        table().expect_known_parameters(request.request())?;
        next.call(request).await
    }

    #[actix_web::test]
    async fn what_is_no_route_is_refused_under_any_path() {
        let api = web::scope("/api").route("/things/{id}", web::delete().to(HttpResponse::NoContent));
        let api = api.default_service(web::to(no_route)).wrap(from_fn(check));
        let app = init_service(App::new().service(web::scope("/erp").service(api))).await;
        for (method, path, status, allow) in [
            (Method::DELETE, "/erp/api/things/1", StatusCode::NO_CONTENT, None),
            (Method::DELETE, "/erp/api/things/1?page=1", StatusCode::BAD_REQUEST, None),
            (Method::PUT, "/erp/api/things", StatusCode::METHOD_NOT_ALLOWED, Some("GET, HEAD")),
            (Method::GET, "/erp/api/nothing", StatusCode::NOT_FOUND, None),
        ] {
            let request = TestRequest::default().method(method).uri(path).to_request();
            let answer = match app.call(request).await {
                Ok(answer) => answer.into_parts().1.map_into_boxed_body(),
                Err(error) => error.error_response(),
            };
            let allowed = answer.headers().get("allow").map(|methods| methods.to_str().unwrap());
            assert_eq!((answer.status(), allowed), (status, allow), "{path}");
        }
    }
}
