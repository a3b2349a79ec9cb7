//! The pages of deals: the board, the list, the forecast, one deal, and the forms that change and move them.

mod act;
mod board;
mod card;
mod columns;
mod contacts;
mod edit;
mod filters;
mod forecast;
mod form;
mod items;
mod new;
mod of_customer;
mod of_dashboard;
mod page;
mod part;
mod passed;
mod place;
mod quotas;
mod references;
mod stages;
mod state;
mod table;

use actix_web::web::{self, ServiceConfig};

pub(crate) use filters::hidden;
pub(crate) use form::{CURRENCIES, Line, amount, reason, reasons};
pub(crate) use new::last_currency;
pub(crate) use of_customer::OfCustomer;
pub(crate) use of_dashboard::{Rotten, funnel, won_by_month};
pub(crate) use passed::duration;
pub(crate) use stages::{Group, Pipelines, Stage};

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
        .route("/deals/forecast", web::get().to(forecast::show))
        .route("/deals/forecast/quotas", web::post().to(quotas::save))
        .route("/deals/table", web::get().to(table::show))
        .route("/deals/table/customer", web::get().to(table::pick))
        .route("/deals/{id}", web::get().to(page::show))
        .route("/deals/{id}/edit", web::get().to(edit::show))
        .route("/deals/{id}/edit", web::post().to(edit::save))
        .route("/deals/{id}/items", web::post().to(items::create))
        .route("/deals/{id}/items/new", web::get().to(items::add))
        .route("/deals/{id}/items/amount", web::post().to(items::take_amount))
        .route("/deals/{id}/items/{place}", web::get().to(items::edit))
        .route("/deals/{id}/items/{place}", web::post().to(items::change))
        .route("/deals/{id}/items/{place}/remove", web::post().to(items::remove))
        .route("/deals/{id}/contacts/new", web::get().to(contacts::add))
        .route("/deals/{id}/contacts/{customer}", web::get().to(contacts::edit))
        .route("/deals/{id}/contacts/{customer}", web::post().to(contacts::save))
        .route("/deals/{id}/contacts/{customer}/remove", web::post().to(contacts::remove))
        .route("/deals/{id}/references", web::get().to(references::show))
        .route("/deals/{id}/references", web::post().to(references::save))
        .route("/deals/{id}/move", web::get().to(place::show))
        .route("/deals/{id}/move", web::post().to(place::save))
        .route("/deals/{id}/delete", web::post().to(act::delete))
        .route("/deals/{id}/restore", web::post().to(act::restore));
}
