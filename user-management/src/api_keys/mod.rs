//! API keys: other programs act in a company with a key of their own.
//!
//! A key is shown once and stored as a digest. It is exchanged for an access token (RFC 6749, section 4.4), or
//! introspected itself.

mod exchange;
mod input;
mod manage;
mod model;

pub use exchange::ServiceToken;
pub(crate) use exchange::{claims, is_key, is_live};
pub use input::NewApiKey;
pub use manage::ApiKeys;
pub use model::{ApiKey, CreatedApiKey};
