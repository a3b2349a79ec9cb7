//! The leads that became a customer, on the customer's page.

use crm_core::actor::{Action, Resource};
use crm_core::filter::{Filter, Op};
use crm_core::ids::{CustomerId, LeadId};
use crm_core::leads::{Lead, LeadQuery};
use crm_core::page::{Count, MAX_PAGE, PageRequest};
use crm_core::{CompanyScope, Error};
use serde_json::json;

use super::path;
use crate::base::moment::Shown;
use crate::web::Visit;

/// What the page shows.
#[derive(Default)]
pub(crate) struct OfCustomer {
    pub rows: Vec<Row>,
}

/// A lead that was converted.
pub(crate) struct Row {
    id: LeadId,
    pub name: String,
    pub url: String,
    pub at: Shown,
    /// Where the conversion is taken back, by those who may, while it can be.
    pub undo: Option<String>,
}

impl OfCustomer {
    /// Reads the lead that is the customer now, and those that were merged into them. `losers` are the ids that lead to the
    /// customer. One statement; nothing for those who may not read leads.
    ///
    /// # Errors
    /// Those of the list of leads.
    pub(crate) async fn read(
        scope: &mut CompanyScope<'_>,
        visit: &Visit,
        customer: CustomerId,
        losers: impl Iterator<Item = CustomerId>,
    ) -> Result<Self, Error> {
        if visit.actor().reach(Resource::Leads, Action::Read).is_none() {
            return Ok(Self::default());
        }
        let most = usize::try_from(MAX_PAGE).unwrap_or(usize::MAX);
        let ids: Vec<CustomerId> = std::iter::once(customer).chain(losers).take(most).collect();
        let any = [true, false].map(|is_archived| Filter::leaf("isArchived", Op::Eq, is_archived));
        let filter = Filter::All(vec![Filter::leaf("id", Op::In, json!(ids)), Filter::Any(any.into())]);
        let query = LeadQuery { filter: Some(filter), converted: true, ..LeadQuery::default() };
        let page = scope.leads().list(&query, &PageRequest::new(None, Some(MAX_PAGE), Some(Count::None))?).await?;
        Ok(Self { rows: page.data.into_iter().filter_map(|lead| row(visit, customer, lead)).collect() })
    }

    /// Whether all of these are leads that became the customer.
    pub(crate) fn has(&self, losers: &[CustomerId]) -> bool {
        losers.iter().all(|loser| self.rows.iter().any(|row| row.id.0 == loser.0))
    }
}

fn row(visit: &Visit, customer: CustomerId, lead: Lead) -> Option<Row> {
    let conversion = lead.conversion.as_ref().filter(|conversion| conversion.customer_id == customer)?;
    let frame = &visit.frame;
    let may_undo = visit.may(Resource::Leads, Action::Restore, lead.owner_id);
    let is_recent = conversion.revertible_until > frame.calendar.now;
    let url = frame.url(&path(lead.id));
    Some(Row {
        id: lead.id,
        at: frame.calendar.relative(conversion.at),
        undo: (may_undo && is_recent).then(|| format!("{url}/convert/undo")),
        name: lead.name,
        url,
    })
}
