//! The part of a form that has the customer of a task.

use crm_core::CompanyScope;
use crm_core::ids::CustomerId;
use crm_web::problem::{ApiError, Code};

use super::remind;
use crate::base::fields::Fields;
use crate::customers::{Brief, Faults, parsed};
use crate::interactions::customer_names;
use crate::web::Frame;

/// How many customers a search offers.
const FOUND: u64 = 8;

/// The customer, and the search for one.
pub(super) struct Picker {
    /// The id and the name of the customer.
    pub chosen: Option<(String, String)>,
    /// What was searched for, and what was found.
    pub search: Option<String>,
    pub found: Vec<Brief>,
    pub fault: Option<String>,
    /// True if a customer was chosen, removed or searched for just now.
    pub is_step: bool,
}

impl Picker {
    /// Reads what a form with these values shows.
    ///
    /// # Errors
    /// That there is no such customer; those of the search.
    pub(super) async fn read(
        scope: &mut CompanyScope<'_>,
        frame: &Frame,
        form: &Fields,
        faults: &Faults,
    ) -> Result<Self, ApiError> {
        let chosen = match chosen(form) {
            None => None,
            Some(id) => {
                let id: CustomerId = parsed(id)?;
                let names = customer_names(scope, std::iter::once(id)).await?;
                let name = names.into_values().next();
                let name = name.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such customer"))?;
                Some((id.to_string(), name))
            }
        };
        let search = searched(form).map(str::to_owned);
        let found = match &search {
            Some(text) => Brief::search(scope, frame, text, FOUND).await?,
            None => Vec::new(),
        };
        Ok(Self { chosen, search, found, fault: faults.at("customerId"), is_step: picks(form) })
    }
}

/// The id of the customer of a form.
pub(super) fn chosen(form: &Fields) -> Option<&str> {
    form.get("pick").or_else(|| form.get("customer").filter(|_| form.get("without").is_none()))
}

/// The words that customers are searched for by.
fn searched(form: &Fields) -> Option<&str> {
    form.get("find").filter(|_| form.get("pick").is_none() && form.get("without").is_none())
}

/// Whether a form is only to be shown again: it chooses the customer, or asks for another line.
pub(super) fn is_step(form: &Fields) -> bool {
    picks(form) || form.get(remind::MORE).is_some()
}

/// Whether a form only chooses the customer.
fn picks(form: &Fields) -> bool {
    ["search", "pick", "without"].iter().any(|name| form.get(name).is_some()) || searched(form).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Fields, chosen, is_step};

    fn read(form: &str) -> (Option<String>, bool) {
        let form = Fields::parse(form.as_bytes());
        (chosen(&form).map(str::to_owned), is_step(&form))
    }

    #[test]
    fn a_customer_is_kept_replaced_and_removed() {
        assert_eq!(read("customer=a&title=x"), (Some("a".to_owned()), false));
        assert_eq!(read("customer=&find=lee"), (None, true));
        assert_eq!(read("customer=a&find=lee&pick=b"), (Some("b".to_owned()), true));
        assert_eq!(read("customer=a&without=1"), (None, true));
        assert_eq!(read("title=x"), (None, false));
    }
}
