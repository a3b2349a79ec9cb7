//! Jobs: what is done after a request.

mod handlers;
mod parameters;

use crm_core::jobs::Job;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of jobs.
pub type JobList = List<Job>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_jobs)
        .service(handlers::start_job)
        .service(handlers::get_job)
        .service(handlers::cancel_job)
        .service(handlers::retry_job);
}
