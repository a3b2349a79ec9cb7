//! Leads: people and organizations who may become customers.
//!
//! - A lead has the fields of a customer that matter before there is business, and its own: a [status](LeadStatus) of
//!   the company's list, where it came from, a rating, what it may be worth, why it was lost.
//! - It has notes, interactions, tasks and tags as a customer has, under its own id: see
//!   [`CompanyScope::lead_notes`](crate::CompanyScope::lead_notes),
//!   [`CompanyScope::lead_interactions`](crate::CompanyScope::lead_interactions) and
//!   [`CompanyScope::lead_tags`](crate::CompanyScope::lead_tags). A task names it as its customer.
//! - No list, search or number of customers has it. Nothing of it is unique: a lead may have the e-mail address of a
//!   customer, and leads may repeat each other.
//! - [`Leads::convert`] makes it a customer under the same id, or merges it into one who is there, with all that belongs
//!   to it; [`Leads::revert`] takes that back within [`REVERTIBLE_FOR`].
//! - *Archived* leads are hidden from lists, *deleted* ones are in the trash until they are restored or *purged*. A
//!   converted lead is kept as it is, and is purged with the customer.
//! - A new lead without an owner is assigned by the company's [rules](crate::lead_assignment_rules), and a new owner is
//!   notified. By when it is to be answered is computed from the company's targets in its [working
//!   time](crate::working_time); the first completed outgoing interaction of a user is the answer.
//!
//! A lead's row stands among those of the customers, marked so that all that customers have leaves it out; what only a lead
//! has is in a table of its own.

mod assign;
mod board;
mod by_rules;
mod convert;
mod convert_all;
mod deal;
mod draft;
mod export;
mod flags;
mod held;
mod import;
mod input;
mod model;
mod open;
mod patch;
mod query;
mod repo;
mod response;
mod revert;
mod row;
mod status;
mod stored_query;
mod subject;

pub use assign::{AssignLeads, AssignedLead, AssignedLeads, LeadAssignment, MAX_ASSIGNED};
pub use board::{LeadBoard, LeadBoardStatus};
pub use by_rules::{AssignLead, WrittenLead};
pub use convert::{ConvertLead, ConvertedLead, REVERTIBLE_FOR};
pub use convert_all::{
    ConvertLeads, ConvertedLeadOutcome, ConvertedLeads, LeadConversionOutcome, LeadConversionProblem, MAX_CONVERTED,
};
pub use export::LeadExport;
pub(crate) use flags::{ContactFlags, contact_flags};
pub(crate) use import::{ImportedLead, Statuses, leads_by_id, write_new};
pub use input::NewLead;
pub use model::{Lead, LeadConversion, LeadDealLink, LeadRating, LeadResponseState, LeadUtm};
pub(crate) use open::open_with_email;
pub use patch::LeadPatch;
pub use query::{LeadQuery, LeadSort, LeadSortKey};
pub(crate) use query::{has_value, rule_condition};
pub use repo::Leads;
pub(crate) use repo::{ensure_visible, visible};
pub(crate) use response::{LeadResponses, note_response};
pub(crate) use row::{Entity, IS_OPEN, TABLE, are_in, computed, joined};
pub(crate) use stored_query::checked_query;
pub(crate) use subject::{held, rows_of};

pub use crate::lead_statuses::{LeadStatus, LeadStatusRef, LeadStatusType};

crate::scope::company_owned!(row, Id, Version);
