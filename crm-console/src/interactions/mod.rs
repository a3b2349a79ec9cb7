//! The pages of interactions with all customers: by day or as a list, one of them, and the forms that change them.

mod act;
mod ai;
mod columns;
mod complete;
mod edit;
mod form;
mod list;
mod names;
mod new;
mod participants;
mod pick;
mod reschedule;
mod row;
mod show;
mod state;

use actix_web::web::{self, ServiceConfig};

pub(crate) use ai::Generated;
pub(crate) use form::Line;
pub(crate) use names::{PartyNames, customer_names};
pub(crate) use pick::{page as pick_customer, page_of as pick_customer_of};

use crate::lists;

pub(crate) fn routes(config: &mut ServiceConfig) {
    lists::routes::<list::Interactions>(config);
    config
        .route("/interactions", web::get().to(list::show))
        .route("/interactions", web::post().to(new::create))
        .route("/interactions/new", web::get().to(new::show))
        .route("/interactions/customer", web::get().to(pick::for_list))
        .route("/interactions/{id}", web::get().to(show::show))
        .route("/interactions/{id}/edit", web::get().to(edit::show))
        .route("/interactions/{id}/edit", web::post().to(edit::save))
        .route("/interactions/{id}/complete", web::get().to(complete::show))
        .route("/interactions/{id}/complete", web::post().to(complete::save))
        .route("/interactions/{id}/reschedule", web::get().to(reschedule::show))
        .route("/interactions/{id}/reschedule", web::post().to(reschedule::save))
        .route("/interactions/{id}/reminder", web::post().to(act::dismiss))
        .route("/interactions/{id}/delete", web::post().to(act::delete))
        .route("/interactions/{id}/restore", web::post().to(act::restore))
        .configure(ai::routes);
}
