//! The query of a list of deals as JSON, by the names of the list's parameters.

use serde_json::{Map, Value};

use super::query::DealQuery;
use crate::base::error::{Result, Violations};
use crate::query::members::Members;
use crate::scope::CompanyScope;

impl DealQuery {
    /// Reads a query by the names of the parameters of the list of deals.
    ///
    /// # Errors
    /// Everything that is wrong, unknown names included; pointers begin at the query. The filter is only well-formed.
    pub fn from_json(members: &Map<String, Value>) -> Result<Self, Violations> {
        read(members).map(|(query, _)| query)
    }
}

fn read(members: &Map<String, Value>) -> Result<(DealQuery, Map<String, Value>), Violations> {
    let mut members = Members::of(members);
    let query = DealQuery {
        filter: members.filter("filter"),
        text: members.one("q"),
        status: members.list("status"),
        pipeline: members.one("pipelineId"),
        stage: members.list("stageId"),
        owner: members.one("ownerId"),
        customer: members.one("customerId"),
        contact: members.one("contactId"),
        currency: members.one("currency"),
        amount_from: members.one("amountFrom"),
        amount_to: members.one("amountTo"),
        expected_close_from: members.one("expectedCloseFrom"),
        expected_close_to: members.one("expectedCloseTo"),
        is_rotten: members.flag("isRotten"),
        ..DealQuery::default()
    };
    Ok((query, members.finish()?))
}

/// A query that can be run, in the form in which it is stored.
///
/// # Errors
/// Those of [`DealQuery::from_json`], and those of the list.
pub(crate) fn checked_query(scope: &CompanyScope<'_>, members: &Map<String, Value>) -> Result<Map<String, Value>> {
    let (query, normal) = read(members)?;
    query.condition(scope)?;
    Ok(normal)
}
