//! Consents: what customers and leads have agreed to, as a ledger, and the one gate for everything that is sent to them.
//!
//! - An entry says what a customer or a lead has agreed to or not: a *purpose* (`newsletter`), a [channel](ContactChannel), a
//!   [state](ConsentState), the lawful basis, and the proof. Entries are added, never changed and never deleted by themselves.
//! - What holds for a purpose on a channel is derived: the entry that was obtained last. Of entries with one time, the one that
//!   was recorded last holds, and then one that is no consent. An entry whose time is over is *expired*.
//! - [`Consents::may_contact`] is the gate, closed by default: without an entry that holds nobody is contacted. The
//!   [do-not-contact list](crate::suppressions) wins over every consent, and so do addresses and numbers that are opted out, and
//!   the flags of leads.
//! - The ledger belongs to its customer or lead: a merge and a conversion move it, their undoing gives it back, and the trash and
//!   a purge take it along.

mod gate;
mod input;
mod model;
mod points;
mod query;
mod repo;
mod row;

pub use gate::{CheckedContactPoint, ContactReason, MayContact};
pub use input::{MAX_PURPOSES, NewConsent, PURPOSES};
pub use model::{
    Consent, ConsentSource, ConsentState, ConsentStatus, ContactChannel, CurrentConsent, CurrentConsents, LawfulBasis,
};
pub use query::{ConsentQuery, ConsentSort, ConsentSortKey};
pub use repo::Consents;
pub(crate) use repo::ensure_visible;
pub(crate) use row::of_customers;

use crate::base::error::Kind;
use crate::base::rights::Resource;
use crate::customers::Child;
use crate::scope::visibility::Access;

crate::scope::company_owned!(row, Id, Version);

pub(crate) static ACCESS: Access =
    Access { table: row::TABLE, resource: Resource::Consents, owner: "created_by_id", has_private: false, link: None };

pub(crate) static CHILD: Child = Child { table: row::TABLE, kind: Some(Kind::Consent), timeline: None };
