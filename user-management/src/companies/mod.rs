//! Companies, the tenants.
//!
//! The operator of the service creates, suspends and reactivates them; their administrators rename them.

mod abandoned;
mod create;
mod model;
mod repo;
mod sign_up;

pub(crate) use abandoned::confirm;
pub(crate) use create::insert_unless_there;
pub use model::{Company, CompanyStatus};
pub use repo::OwnCompany;
pub(crate) use repo::locked;
