//! The consents of customers and leads, and whether they may be contacted.

mod handlers;
mod of_leads;
mod parameters;

use crm_core::consents::Consent;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of the ledger of consents.
pub type ConsentList = List<Consent>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_consents)
        .service(handlers::create_consent)
        .service(handlers::get_current_consents)
        .service(handlers::get_consent)
        .service(handlers::get_may_contact)
        .service(of_leads::list_lead_consents)
        .service(of_leads::create_lead_consent)
        .service(of_leads::get_current_lead_consents)
        .service(of_leads::get_lead_consent)
        .service(of_leads::get_may_contact_lead);
}
