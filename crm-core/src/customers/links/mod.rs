//! Links between customers: people and their organizations, organizations and their parents, and others.
//!
//! A link goes **from** one customer **to** another and has a label, which says what the first is to the second: Ann is
//! `employee` of Lee & Co. It can be asked for at either end.
//!
//! - **Labels** are words. Those of [`label::KNOWN`] say what customers they join, and so which end is which: the person
//!   of `employee` is always `from`. A company may use words of its own.
//! - No customer is linked with itself, and the same two have at most one *active* link with a label. What has ended stays
//!   as an *inactive* link, and can come back.
//! - One link of a person to an organization can be the **primary** one. The organization is then the person's
//!   `organizationId`, its name their `organizationName`, also after it is renamed. Without a primary link the name is free
//!   text; it stays when the link ends.
//! - `parent` makes a **hierarchy** of organizations: at most one parent each, no cycles, at most
//!   [`MAX_DEPTH`](hierarchy::MAX_DEPTH) levels. The parent is the organization's `parentId`.
//! - Who may change one of the two customers may link them; the primary and the parent link change a customer, and need the
//!   right to change that one.
//! - When customers are merged, the links of the others move to the survivor; see `merging`.
//! - A link is shown where both customers are. In the trash it stays as it is, so that it is back with the customer; it is
//!   purged with either of them.

mod copies;
mod ends;
mod follow;
mod guard;
mod hierarchy;
mod input;
mod label;
mod merging;
mod model;
mod of_subject;
mod query;
mod repo;
mod row;

pub use follow::RenamePeople;
pub(super) use follow::rename;
pub(super) use guard::{check_kind, check_update, check_update_of_lead, keeps_linked_name, purge, refresh};
pub use input::{CustomerLinkPatch, NewCustomerLink};
pub use label::KNOWN as LINK_LABELS;
pub(super) use merging::{
    Inheritance, Merging, ORGANIZATION_NAME, any, changed_since, copies_of, lock as lock_merges, merge, put_back,
};
pub use model::{CustomerLink, LinkedCustomer, MergedLinks};
pub(crate) use of_subject::links_of;
pub use query::{CustomerLinkQuery, CustomerLinkSort, CustomerLinkSortKey, LinkEnd};
pub use repo::Links;
pub(super) use repo::employment;
pub(crate) use repo::{ensure_visible, linked};

crate::scope::company_owned!(row, Id, Version);
