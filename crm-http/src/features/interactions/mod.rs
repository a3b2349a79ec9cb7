//! Interactions with customers.

mod handlers;
mod parameters;

use crm_core::interactions::{Interaction, NewInteraction};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::request::PutBody;

/// A page of interactions.
pub type InteractionList = List<Interaction>;
/// All writable fields of an interaction.
pub(crate) type InteractionReplacement = PutBody<NewInteraction>;

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
        .service(handlers::restore_interaction);
}
