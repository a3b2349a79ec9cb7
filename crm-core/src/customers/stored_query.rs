//! The query of a list of customers as JSON, by the names of the list's parameters.

use serde_json::{Map, Value};

use super::query::CustomerQuery;
use super::search::{CustomerSearch, ensure_searchable};
use crate::base::error::{Result, Violations};
use crate::query::members::Members;
use crate::scope::CompanyScope;
use crate::scope::company::Company;

impl CustomerSearch {
    /// Reads a query by the names of the parameters of lists and searches. Without `q` the text is empty, and the query
    /// is that of a list.
    ///
    /// # Errors
    /// Everything that is wrong, unknown names included; pointers begin at the query. The filter is only well-formed.
    pub fn from_json(members: &Map<String, Value>) -> Result<Self, Violations> {
        read(members).map(|(search, _)| search)
    }
}

fn read(members: &Map<String, Value>) -> Result<(CustomerSearch, Map<String, Value>), Violations> {
    let mut members = Members::of(members);
    let query = CustomerQuery {
        filter: members.filter("filter"),
        kind: members.list("kind"),
        status: members.list("status"),
        owner: members.one("ownerId"),
        tag: members.list("tag"),
        tag_all: members.list("tagAll"),
        is_archived: members.flag("isArchived"),
        created_from: members.one("createdFrom"),
        created_to: members.one("createdTo"),
        last_contact_after: members.one("lastContactAfter"),
        last_contact_before: members.one("lastContactBefore"),
        next_follow_up_before: members.one("nextFollowUpBefore"),
        ..CustomerQuery::default()
    };
    let text: Option<String> = members.one("q");
    Ok((CustomerSearch { text: text.unwrap_or_default(), query }, members.finish()?))
}

/// A query that can be run, in the form in which it is stored.
///
/// # Errors
/// Those of [`CustomerSearch::from_json`], and those of the list.
pub(crate) fn checked_query(
    scope: &CompanyScope<'_>,
    company: &Company,
    members: &Map<String, Value>,
) -> Result<Map<String, Value>> {
    let (CustomerSearch { text, query }, normal) = read(members)?;
    query.condition(scope, company)?;
    if normal.contains_key("q") {
        ensure_searchable(&text)?;
    }
    Ok(normal)
}
