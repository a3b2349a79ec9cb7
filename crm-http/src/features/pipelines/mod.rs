//! Pipelines of deals, with their stages.

mod handlers;
mod parameters;

use crm_core::pipelines::Pipeline;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of pipelines.
pub type PipelineList = List<Pipeline>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_pipelines)
        .service(handlers::create_pipeline)
        .service(handlers::get_pipeline)
        .service(handlers::update_pipeline)
        .service(handlers::delete_pipeline);
}
