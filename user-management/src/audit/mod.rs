//! The audit trail: what administrators and users changed. Entries hold no secrets and no e-mail addresses.

mod list;
mod record;

pub use list::{Audit, AuditEntry, AuditQuery};
pub(crate) use record::{Origin, diff, record};
