//! The pages of leads: the board, the list, one lead, the forms that change and move them, and what they become.

mod act;
mod assign;
mod board;
mod card;
mod columns;
mod convert;
mod edit;
mod form;
mod new;
mod of_customer;
mod page;
mod place;
mod state;
mod statuses;
mod table;

use actix_web::web::{self, ServiceConfig};
use crm_core::ids::{CustomerId, LeadId};
use crm_web::problem::ApiError;

pub(crate) use of_customer::OfCustomer;
pub(crate) use page::render;

use crate::lists;
use crate::web::{PageResult, Visit, see_other};

/// The section of the pages: the path of the board, the first of them.
pub(crate) const SECTION: &str = "leads";

pub(crate) fn routes(config: &mut ServiceConfig) {
    // What has a name of its own comes before what has an id.
    lists::routes::<table::Leads>(config);
    config
        .route("/leads", web::get().to(board::show))
        .route("/leads", web::post().to(new::create))
        .route("/leads/new", web::get().to(new::show))
        .route("/leads/table", web::get().to(table::show))
        .route("/leads/{id}", web::get().to(page::show))
        .route("/leads/{id}/edit", web::get().to(edit::show))
        .route("/leads/{id}/edit", web::post().to(edit::save))
        .route("/leads/{id}/move", web::get().to(place::show))
        .route("/leads/{id}/move", web::post().to(place::save))
        .route("/leads/{id}/assign", web::get().to(assign::show))
        .route("/leads/{id}/assign", web::post().to(assign::save))
        .route("/leads/{id}/convert", web::get().to(convert::show))
        .route("/leads/{id}/convert", web::post().to(convert::save))
        .route("/leads/{id}/convert/undo", web::post().to(convert::undo))
        .route("/leads/{id}/archive", web::post().to(act::archive))
        .route("/leads/{id}/delete", web::post().to(act::delete))
        .route("/leads/{id}/restore", web::post().to(act::restore));
}

/// The path of a lead below the mount.
pub(crate) fn path(id: LeadId) -> String {
    format!("{SECTION}/{id}")
}

/// The page of the lead that an address of a customer means; without such a lead the failure stays.
pub(crate) async fn instead(visit: &Visit, id: CustomerId, failure: ApiError) -> PageResult {
    let id = LeadId(id.0);
    match visit.scope().leads().get(id).await {
        Ok(lead) if lead.conversion.is_none() => {
            Ok(see_other(visit.frame.url(&format!("{}{}", path(id), visit.query.query()))))
        }
        _ => Err(failure),
    }
}
