//! A customer is looked for: for a new record, or as a filter of a list.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::CompanyScope;
use crm_core::customers::{Customer, CustomerQuery, CustomerSearch, CustomerSort, CustomerSortKey};
use crm_core::page::PageRequest;
use crm_web::problem::ApiError;

use crate::base::fields::Fields;
use crate::customers::Brief;
use crate::web::{Frame, PageResult, Visit, html};

/// How many customers are offered.
const FOUND: u64 = 10;

#[derive(Template)]
#[template(path = "interactions/pick.html")]
struct PickPage {
    frame: Frame,
    action: String,
    back: String,
    /// What the search keeps.
    kept: Vec<(String, String)>,
    text: String,
    found: Vec<Found>,
    /// True if a choice leads to the next form of the same dialogue.
    is_form: bool,
}

struct Found {
    customer: Brief,
    url: String,
}

/// For a new interaction.
pub(super) async fn for_new(visit: Visit) -> PageResult {
    let back = visit.back(&visit.query, "interactions");
    let kept = Fields::default().with("back", &back);
    page(visit, "interactions/new", "interactions/new", &kept, back, true).await
}

/// For the list, whose address is kept.
pub(super) async fn for_list(visit: Visit) -> PageResult {
    let kept = visit.query.without("q", None).without("customer", None);
    let back = visit.frame.url(&format!("interactions{}", kept.query()));
    page(visit, "interactions/customer", "interactions", &kept, back, false).await
}

/// `here` is the path of the search, which begins with the section of its pages, and `there` that of a choice.
pub(crate) async fn page(
    visit: Visit,
    here: &'static str,
    there: &str,
    kept: &Fields,
    back: String,
    is_form: bool,
) -> PageResult {
    let section = here.split('/').next().unwrap_or_default();
    page_of(visit, (section, here), there, kept, back, is_form).await
}

/// The same for a search at any path of a section.
pub(crate) async fn page_of(
    visit: Visit,
    (section, here): (&'static str, &str),
    there: &str,
    kept: &Fields,
    back: String,
    is_form: bool,
) -> PageResult {
    let text = visit.query.text("q").to_owned();
    let customers = find(&mut visit.scope(), &text).await?;
    let frame = visit.frame.clone().within(section);
    let found = customers.into_iter().map(|customer| {
        let chosen = kept.with("customer", &customer.id.to_string());
        Found { url: format!("{}{}", frame.url(there), chosen.query()), customer: Brief::of(&frame, customer) }
    });
    let page = PickPage {
        action: frame.url(here),
        kept: kept.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        found: found.collect(),
        back,
        text,
        is_form,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// The best matches; without a text those that were changed last.
async fn find(scope: &mut CompanyScope<'_>, text: &str) -> Result<Vec<Customer>, ApiError> {
    let sort = CustomerSort { key: CustomerSortKey::UpdatedAt, descending: true }.into();
    let (query, request) = (CustomerQuery { sort, ..CustomerQuery::default() }, PageRequest::default().limit(FOUND));
    if text.is_empty() {
        return Ok(scope.customers().list(&query, &request).await?.data);
    }
    let search = CustomerSearch { text: text.to_owned(), query };
    let found = scope.customers().search(&search, &request).await?;
    Ok(found.data.into_iter().map(|found| found.customer).collect())
}
