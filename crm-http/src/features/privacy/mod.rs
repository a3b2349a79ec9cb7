//! Personal data: handing it out, erasing it, and keeping it from being erased.

mod handlers;

use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::get_personal_data)
        .service(handlers::erase_customer)
        .service(handlers::get_legal_hold)
        .service(handlers::set_legal_hold)
        .service(handlers::get_lead_personal_data)
        .service(handlers::erase_lead);
}
