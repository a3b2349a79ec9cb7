//! Links between customers.

mod handlers;
mod parameters;

use crm_core::customers::CustomerLink;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of links.
pub type CustomerLinkList = List<CustomerLink>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_links)
        .service(handlers::create_link)
        .service(handlers::get_link)
        .service(handlers::update_link)
        .service(handlers::delete_link);
}
