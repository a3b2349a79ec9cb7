//! Possible duplicates: customers that may be the same person or organization.
//!
//! - Two records are **compared** by a pure function, which gives a [`Score`] from 0 to 1 and its [evidence](DuplicateEvidence):
//!   e-mail address, telephone number, name, employer and domain, postal address, birth date. What differs counts against it.
//! - Only customers with a **blocking key** in common are compared. The keys are written with the customer. A key that more
//!   than [`MAX_BLOCK`] customers have is none.
//! - **Candidates** are what one customer, saved or not, may be the same as. Those that the actor may not see are counted, and
//!   not named.
//! - A **scan** of all customers is a job. It keeps pairs from the company's threshold on. A user can *dismiss* a pair: it stays
//!   dismissed until something changes that is compared.
//! - On a **write** the company's [`DuplicatePolicy`](crate::companies::DuplicatePolicy) refuses a possible duplicate, tells of
//!   it, or does nothing.

mod candidates;
mod compare;
mod keys;
mod load;
mod model;
mod nicknames;
mod organizations;
mod policy;
mod record;
mod repo;
mod row;
mod scan;
mod store;
mod words;

pub use compare::{Comparison, DuplicateEvidence, DuplicateReason, compare_records};
pub use model::{DuplicateCandidate, DuplicateCandidates, DuplicatePair, DuplicateStatus, WrittenCustomer};
pub(super) use policy::{Asked, check};
pub use record::MatchRecord;
pub use repo::{DuplicateQuery, Duplicates};
pub use scan::ScanDuplicates;

pub use crate::base::score::Score;
pub(super) use store::{insert, insert_at_end, reindex, stored, update, update_at_end};

/// How many customers a key has at most: `info@` of a large firm or a frequent name tell nothing.
pub const MAX_BLOCK: usize = 50;

crate::scope::company_owned!(row, Id, Version);
