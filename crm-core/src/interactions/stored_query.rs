//! The query of a list of interactions as JSON, by the names of the list's parameters.

use serde_json::{Map, Value};

use super::query::InteractionQuery;
use crate::base::error::{Result, Violations};
use crate::query::members::Members;
use crate::scope::CompanyScope;

impl InteractionQuery {
    /// Reads a query by the names of the parameters of the list of all interactions.
    ///
    /// # Errors
    /// Everything that is wrong, unknown names included; pointers begin at the query. The filter is only well-formed.
    pub fn from_json(members: &Map<String, Value>) -> Result<Self, Violations> {
        read(members).map(|(query, _)| query)
    }
}

fn read(members: &Map<String, Value>) -> Result<(InteractionQuery, Map<String, Value>), Violations> {
    let mut members = Members::of(members);
    let customer: Option<uuid::Uuid> = members.one("customerId");
    let query = InteractionQuery {
        filter: members.filter("filter"),
        interaction_type: members.list("type"),
        status: members.list("status"),
        direction: members.list("direction"),
        outcome: members.list("outcome"),
        owner: members.one("ownerId"),
        customer: customer.map(Into::into),
        overdue: members.flag("overdue"),
        scheduled_from: members.one("scheduledFrom"),
        scheduled_to: members.one("scheduledTo"),
        occurred_from: members.one("occurredFrom"),
        occurred_to: members.one("occurredTo"),
        follow_up_from: members.one("followUpFrom"),
        follow_up_to: members.one("followUpTo"),
        ..InteractionQuery::default()
    };
    Ok((query, members.finish()?))
}

/// A query that can be run, in the form in which it is stored.
///
/// # Errors
/// Those of [`InteractionQuery::from_json`], and those of the list.
pub(crate) fn checked_query(scope: &CompanyScope<'_>, members: &Map<String, Value>) -> Result<Map<String, Value>> {
    let (query, normal) = read(members)?;
    query.condition(scope)?;
    Ok(normal)
}
