//! Sessions: a log-in, and the family of refresh tokens that follows from it.
//!
//! A refresh token is used once. A second use means that it was stolen, and ends the session (RFC 9700, section 4.14).

mod change_password;
mod end;
mod issue;
mod list;
mod login;
mod model;
mod refresh;
mod seats;
mod switch;

pub use end::EndReason;
pub(crate) use end::{end, end_all};
pub use list::Session;
pub use login::Login;
pub use model::{CompanyFacts, CompanyRole, Me, SignedIn, UserFacts};
pub(crate) use refresh::of_refresh_token;
