//! The do-not-contact list: addresses, numbers and domains that are not contacted, whatever their owners have agreed to.
//!
//! - An entry is an e-mail address, a telephone number or a domain, normalised as those of customers are: addresses in lower case
//!   with a readable domain, numbers in international form (E.164). An address or number has at most one entry.
//! - A domain stands for all addresses at it, and at the domains below it.
//! - The list is the company's, and not a customer's: it holds for every customer with the address, now and later, and stays when a
//!   customer is purged or erased.
//! - History keeps no value of an entry, so that what is deleted here is gone.
//!
//! The gate that asks it is [`Consents::may_contact`](crate::consents::Consents::may_contact).

mod input;
mod model;
mod query;
mod repo;
mod row;
mod value;

pub use input::{MAX_SUPPRESSIONS, NewSuppression, NewSuppressions};
pub use model::{
    ImportedSuppressions, Suppression, SuppressionKind, SuppressionReason, SuppressionRemoval, SuppressionSource,
};
pub use query::{SuppressionQuery, SuppressionSort, SuppressionSortKey};
pub use repo::Suppressions;
pub(crate) use repo::{among, entries_of};
pub(crate) use value::keys_of_email;

crate::scope::company_owned!(row, Id, Version);
