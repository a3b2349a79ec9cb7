//! The rows of the tables.

pub(crate) mod api_key;
pub(crate) mod attempt;
pub(crate) mod audit_entry;
pub(crate) mod company;
pub(crate) mod link;
pub(crate) mod membership;
pub(crate) mod recovery_code;
pub(crate) mod refresh_token;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod signing_key;
pub(crate) mod team;
pub(crate) mod team_member;
pub(crate) mod user;
