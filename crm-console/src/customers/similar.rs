//! Customers that may be the same as a new one.

use crm_core::companies::DuplicatePolicy;
use crm_core::customers::{Customer, NewCustomer, Score};
use crm_core::{CompanyScope, Error, text};

/// How many are shown.
const MOST: usize = 3;
/// Less sure than a scan: a name alone is worth a look while one adds it a second time.
const LEAST: Score = Score::from_thousandths(600);

/// What is similar.
#[derive(Default)]
pub(crate) struct Similar {
    pub customers: Vec<Customer>,
    /// How many more there are that the user may not see.
    pub hidden: usize,
    /// True if one of them has the e-mail address, and the company allows it once: the new one will be refused.
    pub is_taken: bool,
}

impl Similar {
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty() && self.hidden == 0
    }
}

/// Customers that may be the same as what is typed.
pub(crate) async fn to(scope: &mut CompanyScope<'_>, typed: NewCustomer) -> Result<Similar, Error> {
    let is_unique = match scope.settings().get().await {
        Err(Error::Forbidden { .. }) => true,
        settings => settings?.duplicate_policy == DuplicatePolicy::Reject,
    };
    let email = typed.email.as_deref().map(text::email);
    match scope.customers().check_duplicates(typed, Some(LEAST)).await {
        // What is typed so far may be no address; the form says so elsewhere.
        Err(Error::Invalid(_) | Error::Malformed(_)) => Ok(Similar::default()),
        found => {
            let found = found?;
            let customers: Vec<Customer> = found.data.into_iter().take(MOST).map(|found| found.customer).collect();
            let has_it = |customer: &Customer| customer.emails.iter().any(|one| Some(&one.address) == email.as_ref());
            let is_taken = is_unique && email.is_some() && customers.iter().any(has_it);
            let hidden = usize::try_from(found.hidden_count).unwrap_or(usize::MAX);
            Ok(Similar { customers, hidden, is_taken })
        }
    }
}
