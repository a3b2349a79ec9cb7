//! Stored imports: files that a job imports, with progress, a file of failed rows, and revert.

mod file;
mod handlers;
mod parameters;

use crm_core::customers::StoredImport;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) use file::{ImportFile, ImportParts};
pub(super) use parameters::ImportRequest;

/// The stored files of the caller.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ImportList {
    /// The files, newest first; at most 100.
    pub data: Vec<StoredImport>,
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_imports)
        .service(handlers::create_import)
        .service(handlers::get_import)
        .service(handlers::preview_stored_import)
        .service(handlers::start_import)
        .service(handlers::list_failed_rows)
        .service(handlers::revert_import)
        .service(handlers::delete_import);
}
