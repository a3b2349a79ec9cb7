//! What a list of customers shows, as its address says it.

use crm_core::customers::CustomerSearch;
use crm_core::saved_views::ViewEntity;

use crate::base::fields::Fields;
use crate::lists::{List, Parameter, many, one, readable};

/// The list of customers.
pub(super) static CUSTOMERS: List = List {
    entity: ViewEntity::Customers,
    path: "customers",
    first: "name",
    usual: &["name", "organizationName", "email", "phone", "status", "ownerId", "tags", "updatedAt"],
    few: 9,
    parameters: &[
        one("q"),
        many("status"),
        many("kind"),
        Parameter { api: "ownerId", ..one("owner") },
        many("tag"),
        many("tagAll"),
        one("isArchived"),
        one("createdFrom"),
        one("createdTo"),
        one("lastContactAfter"),
        one("lastContactBefore"),
        one("nextFollowUpBefore"),
        one("filter"),
    ],
    with_view: &[],
};

/// What is searched. A value that cannot be read is left out: it comes from an address that was typed.
pub(super) fn search_of(fields: &Fields) -> CustomerSearch {
    readable(CUSTOMERS.query_of(fields), CustomerSearch::from_json)
}
