//! The summary and the suggested reply of an interaction: how pages show them, and the forms that change them.

mod act;
mod edit;
mod shown;
mod text;

use actix_web::web::{self, ServiceConfig};

pub(crate) use shown::{Generated, summary_of};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/interactions/{id}/ai/again", web::get().to(act::ask_again))
        .route("/interactions/{id}/ai/again", web::post().to(act::again))
        .route("/interactions/{id}/ai/{text}/edit", web::get().to(edit::show))
        .route("/interactions/{id}/ai/{text}/edit", web::post().to(edit::save))
        .route("/interactions/{id}/ai/{text}/discard", web::get().to(act::ask_discard))
        .route("/interactions/{id}/ai/{text}/discard", web::post().to(act::discard));
}
