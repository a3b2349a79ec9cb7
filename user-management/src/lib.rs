//! User management as a service of its own: companies, users, teams, log-in, tokens, API keys.
//!
//! The CRM delegates authentication; this is a service that a company can run for it. It has its own tables (`um_…`,
//! [`migrations`]), and the CRM knows it through published keys or introspection only.

pub mod api_keys;
pub mod audit;
mod base;
pub mod companies;
pub mod directory;
pub mod events;
mod housekeeping;
pub mod http;
pub mod keys;
pub mod links;
pub mod mail;
pub mod migrations;
mod passwords;
mod rows;
pub mod second_factor;
#[cfg(feature = "server")]
pub mod server;
pub mod sessions;
#[cfg(feature = "server")]
pub mod settings;
pub mod sign_ins;
pub mod teams;
pub mod tokens;
pub mod users;

pub use base::caller::{Caller, Client};
pub use base::changes::{AccessChange, ChangePublisher};
pub use base::error::{Conflict, Error, Refusal, Result};
pub use base::ids;
pub use base::options::{Options, SigningAlgorithm};
pub use base::service::{Builder, UserManagement};
