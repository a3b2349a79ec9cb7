//! Statistics.

mod handlers;
mod parameters;
mod sales;
mod sales_parameters;

use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::get_stats)
        .service(handlers::get_dashboard)
        .service(handlers::get_performance)
        .service(handlers::get_customer_activity)
        .service(sales::get_lead_stats)
        .service(sales::get_funnel)
        .service(sales::get_pipeline_stats)
        .service(sales::get_forecast)
        .service(sales::get_leaderboard)
        .service(sales::get_task_stats);
}
