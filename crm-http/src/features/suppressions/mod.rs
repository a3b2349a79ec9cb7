//! The do-not-contact list.

mod handlers;
mod parameters;

use crm_core::suppressions::Suppression;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of the do-not-contact list.
pub type SuppressionList = List<Suppression>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_suppressions)
        .service(handlers::create_suppression)
        .service(handlers::import_suppressions)
        .service(handlers::get_suppression)
        .service(handlers::delete_suppression);
}
