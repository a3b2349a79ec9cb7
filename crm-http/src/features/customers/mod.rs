//! Customers.

mod bulk;
mod handlers;
mod merge;
mod parameters;
mod search;
mod transfer;

use crm_core::customers::{Customer, FoundCustomer, NewCustomer};
use crm_core::deals::Deal;
use crm_core::timeline::TimelineEntry;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::request::PutBody;

pub(super) use transfer::{download, piece};

/// A page of customers.
pub type CustomerList = List<Customer>;
/// A page of search results.
pub type FoundCustomerList = List<FoundCustomer>;
/// All writable fields of a customer.
pub(crate) type CustomerReplacement = PutBody<NewCustomer>;
/// A page of a customer's timeline.
pub type Timeline = List<TimelineEntry>;

/// A customer, and its deals if they were asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerWithDeals {
    /// The customer.
    #[serde(flatten)]
    customer: Customer,
    /// Its latest deals that you may read, at most 100, the latest first. Absent unless they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    deals: Option<Vec<Deal>>,
}

/// Literal paths are mounted before paths with ids.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_customers)
        .service(handlers::create_customer)
        .service(search::search_customers)
        .service(search::search_customers_by_body)
        .service(transfer::import_customers)
        .service(transfer::preview_import)
        .service(transfer::export_customers)
        .service(bulk::bulk_update_customers)
        .service(bulk::undo_bulk_update)
        .service(merge::merge_customers)
        .service(merge::undo_customer_merge)
        .service(handlers::get_customer_by_external_ref)
        .service(handlers::get_customer)
        .service(handlers::replace_customer)
        .service(handlers::update_customer)
        .service(handlers::delete_customer)
        .service(handlers::restore_customer)
        .service(handlers::purge_customer)
        .service(handlers::list_customer_history)
        .service(merge::list_customer_merges);
}
