//! Interactions with customers and leads.

mod handlers;
mod of_any_customer;
mod of_leads;
mod parameters;

use crm_core::ids::CustomerId;
use crm_core::interactions::{Interaction, NewInteraction};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::request::{ChildBody, PutBody};

/// A page of interactions.
pub type InteractionList = List<Interaction>;
/// All writable fields of an interaction.
pub(crate) type InteractionReplacement = PutBody<NewInteraction>;
/// An interaction to add, and its customer.
pub(crate) type NewInteractionOfCustomer = ChildBody<CustomerId, NewInteraction>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_all_interactions)
        .service(handlers::list_interactions)
        .service(handlers::create_interaction)
        .service(handlers::get_interaction)
        .service(handlers::replace_interaction)
        .service(handlers::update_interaction)
        .service(handlers::complete_interaction)
        .service(handlers::delete_interaction)
        .service(handlers::restore_interaction)
        .service(of_any_customer::create_any_interaction)
        .service(of_any_customer::get_any_interaction)
        .service(of_any_customer::replace_any_interaction)
        .service(of_any_customer::update_any_interaction)
        .service(of_any_customer::complete_any_interaction)
        .service(of_any_customer::delete_any_interaction)
        .service(of_any_customer::restore_any_interaction)
        .service(of_leads::list_lead_interactions)
        .service(of_leads::create_lead_interaction)
        .service(of_leads::get_lead_interaction)
        .service(of_leads::replace_lead_interaction)
        .service(of_leads::update_lead_interaction)
        .service(of_leads::complete_lead_interaction)
        .service(of_leads::delete_lead_interaction)
        .service(of_leads::restore_lead_interaction);
}
