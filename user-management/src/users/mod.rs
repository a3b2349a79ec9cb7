//! Users of a company.
//!
//! A user is one account (an e-mail address, a name, a password) with a membership (a role, extra rights, a status) in
//! each of their companies. A company sees its own memberships only. The version of a user is that of the membership,
//! and counts changes of the account as well.
//!
//! - Members read; administrators write. A company keeps an active administrator.
//! - The account of a user who belongs to several companies is changed by the user alone.
//! - A removed member stays in the database as such, so that other services learn of it.

mod accounts;
mod import;
mod input;
mod invite;
mod list;
mod model;
mod profile;
mod query;
mod remove;
mod row;
mod update;

pub(crate) use accounts::{
    Account, accept_profile, account, by_email, delete_unused, locked_account, memberships, others, record_own,
    set_password,
};
pub use import::ImportedUser;
pub(crate) use input::Draft;
pub use input::{NewUser, ProfilePatch, UserPatch};
pub(crate) use invite::join;
pub use list::Users;
pub use model::{User, UserStatus};
pub use query::{UserQuery, UserSort, UserSortKey};
pub(crate) use row::{REMOVED, find};
