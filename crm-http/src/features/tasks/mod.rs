//! Tasks.

mod handlers;
mod parameters;

use crm_core::tasks::{NewTask, Task};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::request::PutBody;

/// A page of tasks.
pub type TaskList = List<Task>;
/// All writable fields of a task.
pub(crate) type TaskReplacement = PutBody<NewTask>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_tasks)
        .service(handlers::create_task)
        .service(handlers::get_task_agenda)
        .service(handlers::get_task)
        .service(handlers::replace_task)
        .service(handlers::update_task)
        .service(handlers::complete_task)
        .service(handlers::reopen_task)
        .service(handlers::delete_task)
        .service(handlers::restore_task);
}
