//! The pages of deals: the board, the list, one deal, and the forms that change and move them.

mod act;
mod board;
mod card;
mod columns;
mod edit;
mod filters;
mod form;
mod new;
mod of_customer;
mod page;
mod passed;
mod place;
mod stages;
mod state;
mod table;

use actix_web::web::{self, ServiceConfig};

pub(crate) use of_customer::OfCustomer;

use crate::lists;

/// The path of the board, the first of the pages.
const BOARD: &str = "deals";

pub(crate) fn routes(config: &mut ServiceConfig) {
    // What has a name of its own comes before what has an id.
    lists::routes::<table::Deals>(config);
    config
        .route("/deals", web::get().to(board::show))
        .route("/deals", web::post().to(new::create))
        .route("/deals/new", web::get().to(new::show))
        .route("/deals/table", web::get().to(table::show))
        .route("/deals/table/customer", web::get().to(table::pick))
        .route("/deals/{id}", web::get().to(page::show))
        .route("/deals/{id}/edit", web::get().to(edit::show))
        .route("/deals/{id}/edit", web::post().to(edit::save))
        .route("/deals/{id}/move", web::get().to(place::show))
        .route("/deals/{id}/move", web::post().to(place::save))
        .route("/deals/{id}/delete", web::post().to(act::delete))
        .route("/deals/{id}/restore", web::post().to(act::restore));
}
