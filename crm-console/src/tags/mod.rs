//! The pages of tags: the list, and the forms that add, change, merge and delete them.

mod edit;
mod list;
mod merge;
mod remove;

use actix_web::web::{self, ServiceConfig};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/tags", web::get().to(list::show))
        .route("/tags", web::post().to(edit::create))
        .route("/tags/new", web::get().to(edit::add))
        .route("/tags/{id}/edit", web::get().to(edit::show))
        .route("/tags/{id}/edit", web::post().to(edit::save))
        .route("/tags/{id}/merge", web::get().to(merge::show))
        .route("/tags/{id}/merge", web::post().to(merge::save))
        .route("/tags/{id}/delete", web::get().to(remove::show))
        .route("/tags/{id}/delete", web::post().to(remove::save));
}
