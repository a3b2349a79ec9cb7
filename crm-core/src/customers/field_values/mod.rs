//! The values of custom fields that are unique or have an index, as rows of `crm_customer_field_values`.
//!
//! The JSON column stays the truth. The rows are written with the customer, and by the job of [`IndexCustomField`] for the
//! customers who are there when a field becomes unique or gets its index.

mod job;
mod pages;
mod store;

pub use job::IndexCustomField;
pub(super) use pages::{SortedList, sortable};
pub(super) use store::{TABLE, in_trash, insert, insert_at_end, key_at_end, keyed, renew, update, update_at_end};
