//! A customer or a lead as searches and warnings offer it.

use crm_core::customers::{Customer, CustomerKind, CustomerSearch};
use crm_core::leads::Lead;
use crm_core::page::{Count, PageRequest};
use crm_core::{CompanyScope, Error};

use super::customer_path;
use crate::leads;
use crate::web::Frame;

/// What tells one customer from another.
pub(crate) struct Brief {
    pub id: String,
    pub url: String,
    pub name: String,
    /// The organization, the e-mail address and the telephone number.
    pub details: String,
    pub is_organization: bool,
}

impl Brief {
    /// The best matches of a text, `most` of them.
    pub(crate) async fn search(
        scope: &mut CompanyScope<'_>,
        frame: &Frame,
        text: &str,
        most: u64,
    ) -> Result<Vec<Self>, Error> {
        let search = CustomerSearch { text: text.to_owned(), ..CustomerSearch::default() };
        let request = PageRequest::new(None, Some(most), Some(Count::None))?;
        match scope.customers().search(&search, &request).await {
            // A text without letters finds nobody.
            Err(Error::Malformed(_)) => Ok(Vec::new()),
            page => Ok(page?.data.into_iter().map(|found| Self::of(frame, found.customer)).collect()),
        }
    }

    /// The same of a lead.
    pub(crate) fn of_lead(frame: &Frame, lead: Lead) -> Self {
        let details = [Some(lead.status_name), lead.organization_name, lead.email, lead.phone].into_iter().flatten();
        Self {
            id: lead.id.to_string(),
            url: frame.url(&leads::path(lead.id)),
            details: details.collect::<Vec<_>>().join(" · "),
            is_organization: lead.kind == CustomerKind::Organization,
            name: lead.name,
        }
    }

    pub(crate) fn of(frame: &Frame, customer: Customer) -> Self {
        let details = [customer.organization_name, customer.email, customer.phone].into_iter().flatten();
        Self {
            id: customer.id.to_string(),
            url: frame.url(&customer_path(customer.id)),
            details: details.collect::<Vec<_>>().join(" · "),
            is_organization: customer.kind == CustomerKind::Organization,
            name: customer.name,
        }
    }
}
