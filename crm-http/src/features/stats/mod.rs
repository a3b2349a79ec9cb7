//! Statistics.

mod handlers;
mod parameters;

use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::get_stats)
        .service(handlers::get_dashboard)
        .service(handlers::get_performance)
        .service(handlers::get_customer_activity);
}
