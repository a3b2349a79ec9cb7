//! Access tokens (RFC 9068), their introspection (RFC 7662) and their revocation (RFC 7009).

mod claims;
mod introspection;
mod revocation;
mod state;
mod verification;

pub(crate) use claims::{Claims, sign};
