//! The log of attempts to sign in, and the limits against guessing.
//!
//! Failures are counted in windows of 15 minutes, in the database, so that all instances share them: per address, and
//! per account for clients that never signed in to it. A client that did shows its device token (OWASP: device
//! cookies), and has a counter of its own: failures of others never lock the owner out.

pub(crate) mod attempt;
mod counter;
pub(crate) mod device;
pub(crate) mod guard;
mod list;
mod model;

pub(crate) use attempt::Attempt;
#[cfg(feature = "server")]
pub(crate) use attempt::describe_metrics;
pub(crate) use counter::window;
pub use list::SignIns;
pub use model::{SignIn, SignInMethod, SignInOutcome, SignInQuery};
