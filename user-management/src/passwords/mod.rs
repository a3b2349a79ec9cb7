//! Passwords: their rules, and how they are hashed.
//!
//! Hashes are PHC strings of Argon2id. Hashes of other systems (bcrypt, weaker Argon2) are accepted, and replaced at the
//! next log-in.

mod hashing;
mod rules;

pub(crate) use hashing::{hash, is_hash, needs_upgrade, verify};
pub(crate) use rules::{check, check_personal};
