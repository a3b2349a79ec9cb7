//! The rules by which a company's leads are assigned.

mod handlers;
mod parameters;

use crm_core::lead_assignment_rules::LeadAssignmentRule;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of rules.
pub type LeadAssignmentRuleList = List<LeadAssignmentRule>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_lead_assignment_rules)
        .service(handlers::create_lead_assignment_rule)
        .service(handlers::get_lead_assignment_rule)
        .service(handlers::update_lead_assignment_rule)
        .service(handlers::delete_lead_assignment_rule);
}
