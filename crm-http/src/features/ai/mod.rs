//! What a language model makes of interactions: summaries, suggested replies, and the tokens that are used.

mod handlers;

use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::get_interaction_ai)
        .service(handlers::request_interaction_ai)
        .service(handlers::update_interaction_ai)
        .service(handlers::discard_interaction_ai)
        .service(handlers::get_ai_usage);
}
