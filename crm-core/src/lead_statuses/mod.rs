//! Lead statuses: how far a company's leads have come, as a list of the company's own.
//!
//! - A status has a stable code and a [type](LeadStatusType), which say what it means to programs and in numbers. Neither
//!   ever changes; name, colour and place can.
//! - Which type follows which is a table of the core's: see [`LeadStatusType::may_become`].
//! - A company with an open status has one *default*, in which new leads begin. A company without statuses gets the usual
//!   ones with its first lead, or when it asks for them.
//! - A status of lost leads can demand a reason.
//! - An *archived* status takes no more leads, and keeps those that have it.
//! - A status of leads, be they converted or in the trash, cannot be deleted. Statuses have no trash.
//! - A name is unique in the company, without case and accents, and so is a code. A company has at most 100 statuses.

mod counted;
mod input;
mod model;
mod query;
mod repo;
mod row;
mod usual;

pub(crate) use counted::counted;
pub use input::{LeadStatusPatch, NewLeadStatus};
pub use model::{LeadStatus, LeadStatusRef, LeadStatusType};
pub use query::{LeadStatusQuery, LeadStatusSort, LeadStatusSortKey};
pub use repo::LeadStatuses;
pub(crate) use repo::{first_won, held};
pub(crate) use row::TABLE;
pub(crate) use usual::ensure_usual;

crate::scope::company_owned!(row, Id, Version);
