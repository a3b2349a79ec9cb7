//! The CRM over HTTP: actix-web routes to mount, and the parts of a service to run.
//!
//! # In your own application
//!
//! [`configure`] mounts the routes under any scope of your app, with the database you have and your own idea of who
//! calls:
//!
//! ```no_run
//! use actix_web::{App, HttpRequest, HttpServer, web};
//! use crm_core::{Crm, actor::{Actor, Role}, ids::{CompanyId, UserId}};
//! use crm_http::auth::{AuthError, Authenticator};
//!
//! /// Knows the people of the ERP by its session.
//! struct Sessions;
//!
//! #[async_trait::async_trait(?Send)]
//! impl Authenticator for Sessions {
//!     async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
//!         let session = request.headers().get("x-erp-session").ok_or(AuthError::Missing)?;
//!         // … look the session up, and say who it is:
//! #       let (tenant, person) = ("4711", session.to_str().unwrap_or_default().to_owned());
//!         let erp = uuid::Uuid::NAMESPACE_OID;
//!         Ok(Actor::user(CompanyId::from_foreign(erp, tenant), UserId::from_foreign(erp, &person), Role::SalesRep))
//!     }
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let db = crm_core::sea_orm::Database::connect("sqlite://erp.db?mode=rwc").await?;
//!     migration::up(&db).await?;
//!     let crm = crm_http::Service::new(Crm::default(), db, Sessions);
//!     HttpServer::new(move || {
//!         App::new().service(web::scope("/erp/crm").configure(crm_http::configure(crm.clone())))
//!     })
//!     .bind(("127.0.0.1", 8080))?
//!     .run()
//!     .await?;
//!     Ok(())
//! }
//! ```
//!
//! Now `GET /erp/crm/api/customers` answers.
//!
//! # As a service of its own
//!
//! The binary `crm-http` of this crate; see `crm-http --help`.
//!
//! # How it is made
//!
//! A handler extracts, calls the core and converts; rules live in `crm-core`. Every error becomes a
//! [`problem::Problem`]; the document ([`openapi`]) is generated from what is mounted.

mod answer;
mod audit;
pub mod auth;
pub mod config;
mod customers;
mod document;
mod etag;
pub mod examples;
mod features;
pub mod health;
mod notes;
pub mod page;
pub mod problem;
pub mod request;
pub mod server;
mod service;
mod settings;
mod tags;
mod users;

pub use answer::{Answer, Handled, Versioned};
pub use document::openapi;
pub use health::configure_health;
pub use service::{Limits, Service};

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts all routes of the CRM: `/api/customers` and the rest, below wherever it is called.
///
/// Every route asks the [`Authenticator`](auth::Authenticator) of `service` first, and answers errors with problem
/// documents.
pub fn configure(service: Service) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        let limits = service.limits();
        config.app_data(web::Data::new(service));
        features::routes(&mut ServiceConfig::new(config), limits);
    }
}
