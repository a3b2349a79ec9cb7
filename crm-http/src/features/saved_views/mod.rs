//! Saved views of lists.

mod handlers;
mod parameters;

use crm_core::saved_views::SavedView;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of saved views.
pub type SavedViewList = List<SavedView>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_saved_views)
        .service(handlers::create_saved_view)
        .service(handlers::get_saved_view)
        .service(handlers::update_saved_view)
        .service(handlers::delete_saved_view);
}
