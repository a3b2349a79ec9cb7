//! The deals of a customer, on the customer's page: the open ones first.

use crm_core::actor::{Action, Resource};
use crm_core::deals::{Deal, DealQuery, DealSort, DealSortKey, DealStatus};
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;
use crm_core::{CompanyScope, Error};

use super::card::{self, Due};
use crate::base::fields::Fields;
use crate::web::{Frame, Visit};

/// How many open deals are shown, and how many that are closed.
const OPEN: u64 = 10;
const CLOSED: u64 = 5;

/// What the page shows.
pub(crate) struct OfCustomer {
    pub rows: Vec<Row>,
    /// The list of all, if there are more.
    pub all: Option<String>,
    /// Where one is added, by those who may.
    pub add: Option<String>,
}

/// A deal.
pub(crate) struct Row {
    pub name: String,
    pub url: String,
    pub stage: String,
    pub status: &'static str,
    pub amount: Option<String>,
    pub due: Option<Due>,
}

impl OfCustomer {
    /// Reads them; nothing for those who may not.
    ///
    /// # Errors
    /// Those of the list of deals.
    pub(crate) async fn read(
        scope: &mut CompanyScope<'_>,
        visit: &Visit,
        customer: CustomerId,
    ) -> Result<Option<Self>, Error> {
        if visit.actor().reach(Resource::Deals, Action::Read).is_none() {
            return Ok(None);
        }
        let query = |status: &[DealStatus], key, descending| DealQuery {
            customer: Some(customer),
            status: status.to_vec(),
            sort: DealSort { key, descending },
            ..DealQuery::default()
        };
        let open = query(&[DealStatus::Open], DealSortKey::ExpectedCloseDate, false);
        let closed = query(&[DealStatus::Won, DealStatus::Lost], DealSortKey::UpdatedAt, true);
        let open = scope.deals().list(&open, &PageRequest::default().limit(OPEN)).await?;
        let closed = scope.deals().list(&closed, &PageRequest::default().limit(CLOSED)).await?;
        let frame = &visit.frame;
        let has_more = open.next_cursor.is_some() || closed.next_cursor.is_some();
        let of_customer = Fields::default().with("customer", &customer.to_string());
        let back = frame.url(&format!("customers/{customer}"));
        let new = format!("{}{}", frame.url("deals/new"), of_customer.with("back", &back).query());
        Ok(Some(Self {
            rows: open.data.iter().chain(&closed.data).map(|deal| row(frame, deal)).collect(),
            all: has_more.then(|| format!("{}{}", frame.url("deals/table"), of_customer.query())),
            add: visit.actor().reach(Resource::Deals, Action::Create).map(|_| new),
        }))
    }
}

fn row(frame: &Frame, deal: &Deal) -> Row {
    Row {
        name: deal.name.clone(),
        url: card::url(frame, deal.id),
        stage: deal.stage_name.clone(),
        status: deal.status.as_str(),
        amount: deal.amount.map(|amount| card::money(frame, amount)),
        due: card::due(frame, deal).filter(|_| deal.status == DealStatus::Open),
    }
}
