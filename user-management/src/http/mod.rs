//! User management over HTTP: the routes to mount, and their document.

mod api_keys;
mod audit;
mod auth;
mod company;
mod cookies;
mod directory;
mod document;
mod failure;
mod gate;
pub mod health;
mod login;
mod oauth;
mod pages;
mod second_factor;
mod service;
mod sign_ins;
mod teams;
mod users;

use std::sync::OnceLock;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpResponse, web};
use crm_web::Limits;
use crm_web::problem::ApiError;
use crm_web::request::UnknownId;
use crm_web::routes::RouteTable;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

pub use document::openapi;
pub use gate::Authenticated;
pub use service::{Client, Service};

const ROOT: &str = "/api";

/// Mounts all routes: `/api/…`, `/oauth2/…`, `/.well-known/…` and the page of invitations, below the scope on which it is
/// called.
pub fn configure(service: Service) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config.app_data(service.rate_limits().clone());
        config.app_data(web::Data::new(service));
        pages::mount(config);
        routes(&mut ServiceConfig::new(config));
    }
}

fn routes(config: &mut ServiceConfig<'_>) {
    let limits = Limits { body: 64 * 1024, ..Limits::default() };
    let api = utoipa_actix_web::scope(ROOT)
        .app_data(limits)
        .app_data(UnknownId(no_id))
        .configure(login::routes)
        .configure(auth::routes)
        .configure(second_factor::routes)
        .configure(users::routes)
        .configure(teams::routes)
        .configure(api_keys::routes)
        .configure(company::routes)
        .configure(sign_ins::routes)
        .configure(audit::routes)
        .configure(directory::routes)
        .default_service(web::to(no_route))
        .wrap(from_fn(gate::admit));
    config.service(api);
    config.configure(oauth::routes);
}

async fn no_route(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    known().no_route(&request).await
}

fn no_id(request: &HttpRequest) -> ApiError {
    known().no_id(request)
}

/// The mounted routes.
fn known() -> &'static RouteTable {
    static KNOWN: OnceLock<RouteTable> = OnceLock::new();
    KNOWN.get_or_init(|| table(ROOT))
}

/// The mounted routes below a root.
fn table(root: &'static str) -> RouteTable {
    let app = App::new().into_utoipa_app().configure(routes);
    let mut paths = app.split_for_parts().1.paths;
    paths.paths.retain(|path, _| path.starts_with(root));
    RouteTable::new(root, paths)
}
