//! What a person has to do today and is late with, on the dashboard.

use chrono::{DateTime, Days, Utc};
use crm_core::actor::{Action, Resource};
use crm_core::page::{Count, PageRequest, TotalRelation};
use crm_core::tasks::TaskQuery;
use crm_core::users::OwnerFilter;
use crm_core::{CompanyScope, Error};

use super::due::days;
use super::of_customer::open;
use super::row::Row;
use crate::interactions::customer_names;
use crate::web::Visit;

/// How many tasks are shown.
const MOST: u64 = 8;

/// The panel of the dashboard.
pub(crate) struct Today {
    pub rows: Vec<Row>,
    pub count: String,
    pub is_late: bool,
    /// Where all of them are.
    pub all: String,
    /// Where forms come back to.
    pub back: String,
}

impl Today {
    /// Reads the person's tasks that are due today or were before; nothing for those who have none of their own. Two
    /// statements, and one more if there are more tasks than these.
    ///
    /// # Errors
    /// Those of the list of tasks, and of the list of customers.
    pub(crate) async fn read(scope: &mut CompanyScope<'_>, visit: &Visit) -> Result<Option<Self>, Error> {
        let may = |action| visit.actor().reach(Resource::Tasks, action).is_some();
        if !may(Action::Read) || !may(Action::Create) || visit.actor().user_id().is_none() {
            return Ok(None);
        }
        let query = TaskQuery {
            assignee: Some(OwnerFilter::Me),
            status: open(),
            due_to: tomorrow(visit).map(Into::into),
            ..TaskQuery::default()
        };
        let request = PageRequest::default().limit(MOST).count(Count::Capped);
        let page = scope.tasks().list(&query, &request).await?;
        let names = customer_names(scope, page.data.iter().filter_map(|task| task.customer_id)).await?;
        let (frame, back) = (&visit.frame, visit.frame.here.clone());
        let count = frame.language().number(page.total.and_then(|total| i64::try_from(total).ok()).unwrap_or_default());
        let is_more = page.total_relation == Some(TotalRelation::Gte);
        Ok(Some(Self {
            rows: page.data.iter().map(|task| Row::of(visit, task, &names, &back)).collect(),
            count: if is_more { format!("{count}+") } else { count },
            is_late: page.data.iter().any(|task| task.is_overdue),
            all: frame.url("tasks?view=week&assignee=me"),
            back,
        }))
    }
}

/// The start of the day after today, in the zone of the company.
fn tomorrow(visit: &Visit) -> Option<DateTime<Utc>> {
    let calendar = days(visit);
    let day = calendar.today().checked_add_days(Days::new(1))?;
    calendar.read(&format!("{day}T00:00"))
}
