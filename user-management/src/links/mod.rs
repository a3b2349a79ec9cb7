//! Invitations and resets of passwords.
//!
//! A link has a random token, of which only the digest is stored. It is used once. A newer link makes older ones of its
//! kind void.

mod accept;
mod model;
mod reset;
mod store;

pub(crate) use accept::deliver_invitation;
pub use model::{Link, LinkKind};
pub(crate) use store::{invitation, void_all, void_invitations};
