//! What the web services of the CRM share: who calls, what a request holds, how it is answered or refused.
//!
//! Knows no operation. `crm-http` mounts the CRM's routes on it; other services use the same parts for routes of their
//! own, with or without a [`Crm`](crm_core::Crm).
//!
//! # Routes without a CRM
//!
//! ```
//! use actix_web::http::StatusCode;
//! use actix_web::middleware::from_fn;
//! use actix_web::{App, web};
//! use crm_web::problem::{ApiError, render_problems, unknown_route};
//! use crm_web::request::{JsonBody, request_timeout};
//! use crm_web::{ApiResponse, ApiResult, Limits};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, Serialize, Deserialize)]
//! struct Greeting {
//!     name: String,
//! }
//!
//! async fn greet(greeting: JsonBody<Greeting>) -> ApiResult {
//!     Ok(ApiResponse::ok(&greeting.value)?)
//! }
//!
//! fn routes(limits: Limits) -> impl FnOnce(&mut web::ServiceConfig) {
//!     move |config| {
//!         config.app_data(limits);
//!         let scope = web::scope("/api").route("/greetings", web::post().to(greet));
//!         config.service(scope.wrap(from_fn(request_timeout)).wrap(from_fn(render_problems)));
//!     }
//! }
//!
//! # #[actix_web::main]
//! # async fn main() {
//! use actix_web::test::{TestRequest, call_service, init_service};
//! let limits = Limits { body: 64, ..Limits::default() };
//! let app = init_service(App::new().configure(routes(limits)).default_service(web::to(unknown_route))).await;
//! let post = |name: &str| TestRequest::post().uri("/api/greetings").set_json(Greeting { name: name.to_owned() });
//! assert_eq!(call_service(&app, post("Ann").to_request()).await.status(), StatusCode::OK);
//! let long = call_service(&app, post(&"A".repeat(64)).to_request()).await;
//! assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE);
//! # }
//! ```
//!
//! # Features
//!
//! | Feature | |
//! |---|---|
//! | `swagger-ui` | the pages at `/docs`; without it [`docs`] mounts the document alone |
//! | `server` | what a standalone service has around its routes: settings, logging, a pool, middleware, mail |

pub mod answer;
pub mod auth;
pub mod backoff;
pub mod breaker;
pub mod cache;
pub mod docs;
pub mod document;
pub mod etag;
pub mod event_stream;
pub mod headers;
pub mod health;
pub mod language_model;
pub mod limits;
#[cfg(feature = "server")]
pub mod mail;
pub mod metrics;
pub mod outbound;
pub mod page;
pub mod problem;
pub mod redis;
pub mod request;
mod request_id;
pub mod routes;
pub mod seal;
#[cfg(feature = "server")]
pub mod server;
pub mod service;
#[cfg(feature = "server")]
pub mod settings;
pub mod streams;
pub mod timeout;

pub use answer::{ApiResponse, ApiResult, Versioned};
pub use request_id::RequestId;
pub use service::{Limits, Service};
