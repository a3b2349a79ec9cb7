//! Jobs: what is done after a request.

mod handlers;
mod parameters;
mod schedules;

use crm_core::jobs::{Job, JobSchedule};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of jobs.
pub type JobList = List<Job>;

/// All schedules of a company.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct JobScheduleList {
    /// The schedules, by name; at most 100.
    pub data: Vec<JobSchedule>,
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_jobs)
        .service(handlers::start_job)
        .service(handlers::get_job)
        .service(handlers::cancel_job)
        .service(handlers::retry_job)
        .service(schedules::list_job_schedules)
        .service(schedules::get_job_schedule)
        .service(schedules::update_job_schedule)
        .service(schedules::run_job_schedule);
}
