//! The pages of the trash: what is in it, and what brings it back or removes it for good.

mod list;
mod purge;
mod row;

use actix_web::web::{self, ServiceConfig};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/trash", web::get().to(list::of_company))
        .route("/customers/{id}/trash", web::get().to(list::of_customer))
        .route("/customers/{id}/purge", web::get().to(purge::show))
        .route("/customers/{id}/purge", web::post().to(purge::save))
        .route("/leads/{id}/purge", web::get().to(purge::show_lead))
        .route("/leads/{id}/purge", web::post().to(purge::save_lead));
}
