//! The CRM over HTTP: actix-web routes to mount, and the parts of a service to run.
//!
//! # In your own application
//!
//! [`configure`] mounts the routes under any scope of your app, with your database and your authentication;
//! [`configure_docs`] adds the document and Swagger UI:
//!
//! ```no_run
//! use actix_web::{App, HttpRequest, HttpServer, web};
//! use crm_core::actor::{Action, Actor, Permission, Resource, Role};
//! use crm_core::{Crm, ids::{CompanyId, UserId}};
//! use crm_http::auth::{AuthError, AuthScheme, Authenticator};
//!
//! /// Authenticates users of the ERP by their sessions.
//! struct Sessions;
//!
//! #[async_trait::async_trait(?Send)]
//! impl Authenticator for Sessions {
//!     async fn authenticate(&self, request: &HttpRequest) -> Result<Actor, AuthError> {
//!         let session = request.headers().get("X-Erp-Session").ok_or(AuthError::Missing)?;
//!         // … look the session up, and say who the user is and what they may do:
//! #       let (company, person) = ("4711", session.to_str().unwrap_or_default().to_owned());
//!         let erp = uuid::Uuid::NAMESPACE_OID;
//!         let (company, user) = (CompanyId::from_foreign(erp, company), UserId::from_foreign(erp, &person));
//!         let rights = [Action::Read, Action::Create].map(|action| Permission::all(Resource::Customers, action));
//!         Ok(Actor::user(company, user, Role::Viewer).with_permissions(rights))
//!     }
//!
//!     fn scheme(&self) -> AuthScheme {
//!         AuthScheme::header("X-Erp-Session", "You get one when you log in to the ERP.")
//!     }
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let db = crm_core::sea_orm::Database::connect("sqlite://erp.db?mode=rwc").await?;
//!     migration::up(&db).await?;
//!     let crm = crm_http::Service::new(Crm::default(), db, Sessions);
//!     let document = crm.openapi();
//!     HttpServer::new(move || {
//!         let crm = web::scope("/erp/crm")
//!             .configure(crm_http::configure(crm.clone()))
//!             .configure(crm_http::configure_docs(document.clone()));
//!         App::new().service(crm) // … and your own routes.
//!     })
//!     .bind(("127.0.0.1", 8080))?
//!     .run()
//!     .await?;
//!     Ok(())
//! }
//! ```
//!
//! Now `GET /erp/crm/api/customers` answers, and `/erp/crm/docs/` has the documentation. `examples/host-erp` is a
//! complete host.
//!
//! The routes do not affect your app: other paths go to the default service of your app, and your `JsonConfig`, error
//! handlers and middleware are unchanged (middleware around the scope sees the CRM's answers like any others). A host
//! provides what the standalone service adds around the routes: logging, CORS, compression, security headers, probes
//! and metrics. [`configure_health`] mounts our probes if you want them, and a [`relay::Relay`] lets several instances
//! notify one another of events. Call [`Crm::delete_expired_keys`](crm_core::Crm::delete_expired_keys) from time to
//! time.
//!
//! # Features
//!
//! A host uses this crate with `default-features = false` and adds the features it needs:
//!
//! | Feature | |
//! |---|---|
//! | `swagger-ui` | the pages at `/docs`; without it [`configure_docs`] mounts the document alone |
//! | `openapi-examples` | examples in the document |
//! | `console` | the web console in the standalone service; implies `server` |
//! | `server` | the standalone service around the routes: settings, connections, logging, the server itself |
//! | `demo` (default) | `crm-http demo`; implies all the others |
//!
//! # As a standalone service
//!
//! The binary `crm-http` of this crate; see `crm-http --help`.
//!
//! # Structure
//!
//! A handler extracts, calls the core and converts; rules live in `crm-core`. Every error becomes a
//! [`problem::Problem`]; the document ([`openapi`]) is generated from what is mounted.
//!
//! Three levels, and nothing imports upwards: the crate `crm-web` holds what every operation uses, `features` the
//! operations, and `app` what is made of them. The binary (`src/bin`) uses what a host could use.

// The example of a lead has more fields than `json!` takes with the default.
#![recursion_limit = "256"]

mod app;
mod features;

pub use app::directory;
pub use app::document::openapi;
#[cfg(feature = "openapi-examples")]
pub use app::examples;
pub use app::relay;
pub use app::service::Service;
pub use app::workers;
#[cfg(feature = "server")]
pub use app::{config, server};
pub use crm_web::docs::configure_docs;
pub use crm_web::streams::{CursorKey, StreamLimits};
pub use crm_web::{ApiResponse, ApiResult, Limits, Versioned};
pub use features::health;
pub use features::health::configure_health;

/// Authentication: one port, and the only way to a scope.
pub mod auth {
    pub use crm_web::auth::{
        ALGORITHMS, AuthError, AuthMode, AuthScheme, Authenticator, CacheOptions, CallerFacts, ClaimMapping,
        ClientCredentials, DirectoryClient, DirectoryClientOptions, FactsKey, IdClaim, Introspection,
        IntrospectionOptions, Jwks, JwksOptions, KeySource, Revocations, RoleMap, SharedFacts, SharedSecret,
        SharedSecretOptions, TokenRules, UpstreamError, UpstreamOptions, VerifiedClaims, Verifier, bearer_token,
    };
}

/// Caches responses until the next write.
pub mod cache {
    pub use crm_web::cache::{Cache, SharedCache};
}

/// A language model behind an API like OpenAI's.
pub mod language_model {
    pub use crm_web::language_model::{ClientError, LanguageModelMetrics, OpenAiModel, OpenAiOptions};
}

/// Rate limits: by address before authentication, and by user and company after it.
pub mod limits {
    pub use crm_web::limits::{ForwardingHeader, RateLimitOptions, RateLimits};
}

/// Mail to users through an SMTP server.
#[cfg(feature = "server")]
pub mod mail {
    pub use crm_web::mail::{SmtpMailer, SmtpOptions, SmtpSettingsError};
}

/// Pages of lists: parameters and answers.
pub mod page {
    pub use crm_web::page::{List, PageParameters, Pagination};
}

/// Problem documents (RFC 9457): the bodies of error answers.
pub mod problem {
    pub use crm_web::problem::{ApiError, Code, Fault, MEDIA_TYPE, Problem, render_problems};
}

/// Redis, which instances share.
pub mod redis {
    pub use crm_web::redis::{REVOCATIONS, Redis, RedisAnswers, RedisFacts, RedisUrlError, RevocationFeed};
}

/// Extractors of handlers.
pub mod request {
    pub use crm_web::request::{
        Caller, Flatten, Flattened, FromQuery, Id, IdempotencyKeyHeader, IfMatch, JsonBody, ListParams, NoParameters,
        OptionalBody, PathId, PutBody, PutFields, Query, RequestId, Upload,
    };
}

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts all routes of the CRM: `/api/customers` and the others, below the scope on which it is called, and beside them
/// `/calendar`, where calendar programs read by secret addresses.
///
/// Every other route but `/api/capture`, where pages send [capture forms](crm_core::capture_forms), calls the
/// [`Authenticator`](auth::Authenticator) of `service` first. All answer errors with problem documents.
pub fn configure(service: Service) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        let limits = service.limits();
        config.app_data(limits);
        if let Some(rate_limits) = service.rate_limits() {
            config.app_data(rate_limits.clone());
        }
        config.app_data(web::Data::new(service.0));
        features::routes(&mut ServiceConfig::new(config), limits);
        features::files(&mut ServiceConfig::new(config));
    }
}
