//! The query of a list of tasks as JSON, by the names of the list's parameters.

use serde_json::{Map, Value};

use super::due::Calendar;
use super::query::TaskQuery;
use crate::base::error::{Result, Violations};
use crate::query::members::Members;
use crate::scope::CompanyScope;
use crate::scope::company::Company;

impl TaskQuery {
    /// Reads a query by the names of the parameters of the list of tasks.
    ///
    /// # Errors
    /// Everything that is wrong, unknown names included; pointers begin at the query. The filter is only well-formed.
    pub fn from_json(members: &Map<String, Value>) -> Result<Self, Violations> {
        read(members).map(|(query, _)| query)
    }
}

fn read(members: &Map<String, Value>) -> Result<(TaskQuery, Map<String, Value>), Violations> {
    let mut members = Members::of(members);
    let customer: Option<uuid::Uuid> = members.one("customerId");
    let query = TaskQuery {
        text: members.one("q"),
        filter: members.filter("filter"),
        task_type: members.list("type"),
        status: members.list("status"),
        priority: members.list("priority"),
        assignee: members.one("assigneeId"),
        collaborator: members.one("collaboratorId"),
        customer: customer.map(Into::into),
        deal: members.one("dealId"),
        parent: members.one("parentTaskId"),
        overdue: members.flag("overdue"),
        due_from: members.one("dueFrom"),
        due_to: members.one("dueTo"),
        ..TaskQuery::default()
    };
    Ok((query, members.finish()?))
}

/// A query that can be run, in the form in which it is stored.
///
/// # Errors
/// Those of [`TaskQuery::from_json`], and those of the list.
pub(crate) fn checked_query(
    scope: &CompanyScope<'_>,
    company: &Company,
    members: &Map<String, Value>,
) -> Result<Map<String, Value>> {
    let (query, normal) = read(members)?;
    query.condition(scope, Calendar::of(company, scope.crm.now()))?;
    Ok(normal)
}
