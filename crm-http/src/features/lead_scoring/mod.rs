//! How a company's leads are scored.

mod handlers;
mod parameters;

use crm_core::lead_scoring::LeadScoringRule;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of rules.
pub type LeadScoringRuleList = List<LeadScoringRule>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_lead_scoring_rules)
        .service(handlers::create_lead_scoring_rule)
        .service(handlers::get_lead_scoring_rule)
        .service(handlers::update_lead_scoring_rule)
        .service(handlers::delete_lead_scoring_rule)
        .service(handlers::get_lead_scoring_model)
        .service(handlers::get_lead_scoring_quality)
        .service(handlers::rebuild_lead_scoring)
        .service(handlers::get_lead_score);
}
