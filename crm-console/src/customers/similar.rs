//! Customers that may be the same as a new one.

use crm_core::companies::DuplicatePolicy;
use crm_core::customers::{Customer, CustomerQuery};
use crm_core::filter::{Filter, Op};
use crm_core::page::{Count, PageRequest};
use crm_core::{CompanyScope, Error, places, text};

use crate::base::fields::Fields;

/// How many are shown.
const MOST: u64 = 3;

/// What is similar.
#[derive(Default)]
pub(super) struct Similar {
    pub customers: Vec<Customer>,
    /// True if one of them has the e-mail address, and the company allows it once: the new one will be refused.
    pub is_taken: bool,
}

/// Customers with the same e-mail address, telephone number or name as what is typed.
pub(super) async fn to(scope: &mut CompanyScope<'_>, typed: &Fields) -> Result<Similar, Error> {
    let (country, allows_twice) = match scope.settings().get().await {
        Err(Error::Forbidden { .. }) => (None, false),
        settings => settings.map(|found| (found.default_country, found.duplicate_policy == DuplicatePolicy::Allow))?,
    };
    let mut same: Vec<Filter> = Vec::new();
    let mut is = |field: &str, value: &str| same.push(Filter::leaf(field, Op::Eq, value));
    if let Some(email) = typed.get("email") {
        is("email", email);
    }
    if let Some(phone) = typed.get("phone").and_then(|phone| places::phone_e164(phone, country.as_deref())) {
        is("phoneE164", &phone);
    }
    if let Some(name) = name(typed) {
        is("name", &name);
    }
    if same.is_empty() {
        return Ok(Similar::default());
    }
    let query = CustomerQuery { filter: Some(Filter::Any(same)), ..CustomerQuery::default() };
    let request = PageRequest::new(None, Some(MOST), Some(Count::None))?;
    match scope.customers().list(&query, &request).await {
        // What is typed so far may be no address; the form says so elsewhere.
        Err(Error::Invalid(_) | Error::Malformed(_)) => Ok(Similar::default()),
        page => {
            let (customers, email) = (page?.data, typed.get("email").map(text::email));
            let is_taken = !allows_twice && email.is_some() && customers.iter().any(|found| found.email == email);
            Ok(Similar { customers, is_taken })
        }
    }
}

fn name(typed: &Fields) -> Option<String> {
    let parts = [typed.get("firstName"), typed.get("lastName")];
    match (typed.text("kind"), typed.get("name"), parts) {
        (_, Some(name), _) => Some(name.to_owned()),
        ("organization", None, _) | (_, None, [_, None] | [None, _]) => None,
        (_, None, [Some(first), Some(last)]) => Some(format!("{first} {last}")),
    }
}
