//! The statuses of a company's leads.

mod handlers;
mod parameters;

use crm_core::lead_statuses::LeadStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of statuses.
pub type LeadStatusList = List<LeadStatus>;

/// What came of adding the usual statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddedLeadStatuses {
    /// How many were added; 0 if the company has some already.
    pub added: usize,
}

/// `usual` comes first, because it is not the id of a status.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::add_usual_lead_statuses)
        .service(handlers::list_lead_statuses)
        .service(handlers::create_lead_status)
        .service(handlers::get_lead_status)
        .service(handlers::update_lead_status)
        .service(handlers::delete_lead_status);
}
