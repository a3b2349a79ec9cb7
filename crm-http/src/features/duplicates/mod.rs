//! Possible duplicates.

mod handlers;
mod of_customers;
mod parameters;

use crm_core::customers::DuplicatePair;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of pairs.
pub type DuplicatePairList = List<DuplicatePair>;

/// Before the routes of customers, because literal paths are mounted before paths with ids.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(of_customers::check_duplicates)
        .service(of_customers::find_customer_duplicates)
        .service(handlers::list_duplicates)
        .service(handlers::scan_duplicates)
        .service(handlers::get_duplicate)
        .service(handlers::dismiss_duplicate)
        .service(handlers::reopen_duplicate);
}
