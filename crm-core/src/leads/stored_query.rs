//! The query of a list of leads as JSON, by the names of the list's parameters.

use serde_json::{Map, Value};

use super::query::LeadQuery;
use crate::base::error::{Result, Violations};
use crate::query::members::Members;
use crate::scope::CompanyScope;
use crate::scope::company::Company;

impl LeadQuery {
    /// Reads a query by the names of the parameters of the list of leads.
    ///
    /// # Errors
    /// Everything that is wrong, unknown names included; pointers begin at the query. The filter is only well-formed.
    pub fn from_json(members: &Map<String, Value>) -> Result<Self, Violations> {
        read(members).map(|(query, _)| query)
    }
}

fn read(members: &Map<String, Value>) -> Result<(LeadQuery, Map<String, Value>), Violations> {
    let mut members = Members::of(members);
    let query = LeadQuery {
        filter: members.filter("filter"),
        search: members.one("search"),
        kind: members.list("kind"),
        status: members.list("status"),
        status_type: members.list("statusType"),
        owner: members.one("ownerId"),
        email: members.one("email"),
        source: members.one("source"),
        rating: members.list("rating"),
        response_state: members.list("responseState"),
        tag: members.list("tag"),
        is_archived: members.flag("isArchived"),
        converted: members.flag("converted").unwrap_or_default(),
        created_from: members.one("createdFrom"),
        created_to: members.one("createdTo"),
        ..LeadQuery::default()
    };
    Ok((query, members.finish()?))
}

/// A query that can be run, in the form in which it is stored.
///
/// # Errors
/// Those of [`LeadQuery::from_json`], and those of the list.
pub(crate) fn checked_query(
    scope: &CompanyScope<'_>,
    company: &Company,
    members: &Map<String, Value>,
) -> Result<Map<String, Value>> {
    let (query, normal) = read(members)?;
    query.condition(scope, company)?;
    Ok(normal)
}
