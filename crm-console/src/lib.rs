//! The pages on which people work with the CRM: rendered on the server, made live by htmx, mounted by any host.
//!
//! ```no_run
//! use actix_web::{App, web};
//! use crm_console::Console;
//! # use crm_web::Service;
//! # fn app(service: Service) {
//! let console = Console::new(service).with_theme_css(":root { --accent: #0f766e; }");
//! App::new().service(web::scope("/erp/crm").configure(crm_console::configure(console)));
//! # }
//! ```
//!
//! # Log-in
//!
//! By default the host logs people in: the service's [`Authenticator`](crm_web::auth::Authenticator) reads the host's
//! own cookie, and [`Console::with_host_pages`] says where its log-in page is. [`Console::with_login`] adds a log-in page
//! on the port [`Login`](login::Login). The access token then stays on the server: the browser has an opaque id, and the
//! token is shown to the service's authenticator as if it had come with the request.
//!
//! # Users
//!
//! The console has no table of users. [`Console::with_accounts`] adds pages that manage them through the port
//! [`Accounts`](accounts::Accounts); without it the users page shows the users that the CRM knows.
//!
//! # Pages
//!
//! Pages hold no rules: they call [`CompanyScope`](crm_core::CompanyScope), as the API does. They work without
//! JavaScript; htmx asks for the same pages, and replaces only what changed.

pub mod accounts;
mod activity;
mod base;
mod console;
mod customers;
mod dashboard;
mod deals;
mod duplicates;
mod interactions;
mod leads;
mod lists;
mod live;
pub mod login;
pub mod migrations;
mod notifications;
mod palette;
mod preferences;
mod profile;
mod reports;
mod routes;
mod session;
mod settings;
mod sign_in;
mod tags;
mod tasks;
mod trash;
mod web;

pub use console::{Console, DemoUser};
pub use routes::configure;
