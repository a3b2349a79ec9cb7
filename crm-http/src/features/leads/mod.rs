//! Leads, and what becomes of them.

mod board;
mod conversion;
mod handlers;
mod parameters;
mod transfer;

use crm_core::leads::{Lead, NewLead};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::request::PutBody;

/// A page of leads.
pub type LeadList = List<Lead>;
/// All writable fields of a lead.
pub(crate) type LeadReplacement = PutBody<NewLead>;

/// Literal paths are mounted before paths with ids.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(conversion::assign_leads)
        .service(conversion::convert_leads)
        .service(transfer::import_leads)
        .service(transfer::export_leads)
        .service(board::get_lead_board)
        .service(handlers::list_leads)
        .service(handlers::create_lead)
        .service(handlers::get_lead)
        .service(handlers::replace_lead)
        .service(handlers::update_lead)
        .service(handlers::delete_lead)
        .service(handlers::restore_lead)
        .service(handlers::purge_lead)
        .service(handlers::list_lead_history)
        .service(conversion::assign_lead)
        .service(conversion::convert_lead)
        .service(conversion::undo_lead_conversion);
}
