//! Definitions of custom fields.

mod handlers;
mod parameters;

use crm_core::custom_fields::CustomField;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of custom fields.
pub type CustomFieldList = List<CustomField>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_custom_fields)
        .service(handlers::create_custom_field)
        .service(handlers::get_custom_field)
        .service(handlers::update_custom_field)
        .service(handlers::delete_custom_field);
}
