//! The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost.

mod codes;
mod manage;
mod recovery;

pub(crate) use codes::consume;
pub use manage::SecondFactor;
