//! Saved mappings of imports.

mod handlers;
mod parameters;

use crm_core::import_mappings::{ImportMapping, NewImportMapping};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::request::PutBody;

/// A page of saved mappings.
pub type ImportMappingList = List<ImportMapping>;
/// All writable fields of a saved mapping.
pub(crate) type ImportMappingReplacement = PutBody<NewImportMapping>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_import_mappings)
        .service(handlers::create_import_mapping)
        .service(handlers::get_import_mapping)
        .service(handlers::replace_import_mapping)
        .service(handlers::delete_import_mapping);
}
