//! The open tasks of a customer or a lead, on their page.

use crm_core::actor::{Action, Resource};
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;
use crm_core::tasks::{TaskQuery, TaskStatus};
use crm_core::{CompanyScope, Error};

use super::row::Row;
use super::whose;
use crate::base::fields::Fields;
use crate::interactions::PartyNames;
use crate::web::Visit;

/// How many tasks are shown.
const MOST: u64 = 10;

/// The part of the page.
pub(crate) struct OfCustomer {
    pub rows: Vec<Row>,
    /// Where a task is added, for those who may.
    pub add: Option<String>,
    /// Where all tasks of the customer are.
    pub all: String,
    /// True if there are more open ones than these.
    pub has_more: bool,
    /// Where forms come back to.
    pub back: String,
}

impl OfCustomer {
    /// Reads the tasks that are due first; nothing for those who may not read tasks. One statement. A lead has the id of a
    /// customer; `may_add` says whether it takes more tasks.
    ///
    /// # Errors
    /// Those of the list of tasks.
    pub(crate) async fn read(
        scope: &mut CompanyScope<'_>,
        visit: &Visit,
        (customer, may_add): (CustomerId, bool),
        back: String,
    ) -> Result<Option<Self>, Error> {
        if visit.actor().reach(Resource::Tasks, Action::Read).is_none() {
            return Ok(None);
        }
        let status = open();
        let query = TaskQuery { customer: Some(customer), status, ..TaskQuery::default() };
        let page = scope.tasks().list(&query, &PageRequest::default().limit(MOST)).await?;
        let id = customer.to_string();
        let of = Fields::default().with("customer", &id);
        let add = whose::add(visit, &back, of.clone()).filter(|_| may_add);
        Ok(Some(Self {
            // The page tells whose they are.
            rows: page.data.iter().map(|task| Row::of(visit, task, &PartyNames::default(), &back)).collect(),
            all: format!("{}{}", visit.frame.url("tasks"), of.with("view", "all").query()),
            has_more: page.next_cursor.is_some(),
            add,
            back,
        }))
    }
}

/// The statuses of what is still to be done.
pub(super) fn open() -> Vec<TaskStatus> {
    TaskStatus::ALL.iter().copied().filter(|status| status.is_open()).collect()
}
