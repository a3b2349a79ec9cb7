//! The names of customers and of leads, which records name alike, and where their pages are.

use std::collections::{BTreeSet, HashMap};

use crm_core::customers::CustomerQuery;
use crm_core::filter::{Filter, Op};
use crm_core::ids::CustomerId;
use crm_core::leads::LeadQuery;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::{CompanyScope, Error};
use serde_json::json;

use crate::customers::{Party, customer_path};

/// The names that the user sees, by id.
#[derive(Debug, Default)]
pub(crate) struct PartyNames(HashMap<CustomerId, (Party, String)>);

impl PartyNames {
    /// The name, if the user sees it.
    pub(crate) fn get(&self, id: &CustomerId) -> Option<&String> {
        self.0.get(id).map(|(_, name)| name)
    }

    /// The path of the page below the mount. The page of a customer leads to that of the lead with the same id, so that it
    /// stands for one that is not known.
    pub(crate) fn path(&self, id: CustomerId) -> String {
        self.0.get(&id).map_or_else(|| customer_path(id), |(party, _)| party.path())
    }

    /// The name, taken out.
    pub(crate) fn remove(&mut self, id: &CustomerId) -> Option<String> {
        self.0.remove(id).map(|(_, name)| name)
    }

    /// All names.
    pub(crate) fn into_values(self) -> impl Iterator<Item = String> {
        self.into_entries().map(|(_, name)| name)
    }

    /// All names, with the ids.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (CustomerId, String)> {
        self.0.into_iter().map(|(id, (_, name))| (id, name))
    }

    fn add(&mut self, party: Party, name: String) {
        self.0.insert(party.id(), (party, name));
    }
}

/// The names of customers and of leads, in one statement, or two if not all are customers. Those that the user does not see
/// are left out.
///
/// # Errors
/// Those of the lists of customers and of leads.
pub(crate) async fn customer_names(
    scope: &mut CompanyScope<'_>,
    ids: impl Iterator<Item = CustomerId>,
) -> Result<PartyNames, Error> {
    let ids: BTreeSet<String> = ids.map(|id| id.to_string()).collect();
    let mut names = PartyNames::default();
    if ids.is_empty() {
        return Ok(names);
    }
    let query = CustomerQuery { filter: Some(filter(&json!(ids))), ..CustomerQuery::default() };
    for customer in scope.customers().list(&query, &PageRequest::default().limit(MAX_PAGE)).await?.data {
        names.add(Party::Customer(customer.id), customer.name);
    }
    let is_left = |id: &&String| !names.0.keys().any(|known| known.to_string() == **id);
    let left: Vec<&String> = ids.iter().filter(is_left).collect();
    // What belongs to a lead names it like a customer.
    if !left.is_empty() {
        let query = LeadQuery { filter: Some(filter(&json!(left))), ..LeadQuery::default() };
        match scope.leads().list(&query, &PageRequest::default().limit(MAX_PAGE)).await {
            // Who may not read leads sees none of their names.
            Err(Error::Forbidden { .. }) => {}
            page => page?.data.into_iter().for_each(|lead| names.add(Party::Lead(lead.id), lead.name)),
        }
    }
    Ok(names)
}

/// Those with these ids. Lists leave archived records out unless a filter speaks of them.
fn filter(ids: &serde_json::Value) -> Filter {
    let any = [true, false].map(|is_archived| Filter::leaf("isArchived", Op::Eq, is_archived));
    Filter::All(vec![Filter::leaf("id", Op::In, ids.clone()), Filter::Any(any.into())])
}
