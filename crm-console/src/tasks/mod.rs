//! The pages of tasks: as a list, by day and by month, one of them, and the forms that change them.

mod act;
mod agenda;
mod columns;
mod due;
mod edit;
mod form;
mod list;
mod month;
mod new;
mod of_customer;
mod picker;
mod plan;
mod remind;
mod repeat;
mod row;
mod show;
mod state;
mod today;
mod whose;

use actix_web::web::{self, ServiceConfig};

pub(crate) use due::due;
pub(crate) use of_customer::OfCustomer;
pub(crate) use row::{icon, steps};
pub(crate) use today::Today;

use crate::lists;

pub(crate) fn routes(config: &mut ServiceConfig) {
    lists::routes::<list::Tasks>(config);
    config
        .route("/tasks", web::get().to(list::show))
        .route("/tasks", web::post().to(new::create))
        .route("/tasks/new", web::get().to(new::show))
        .route("/tasks/customer", web::get().to(list::pick))
        .route("/tasks/agenda", web::get().to(agenda::show))
        .route("/tasks/calendar", web::get().to(month::show))
        .route("/tasks/{id}", web::get().to(show::show))
        .route("/tasks/{id}/edit", web::get().to(edit::show))
        .route("/tasks/{id}/edit", web::post().to(edit::save))
        .route("/tasks/{id}/complete", web::post().to(act::complete))
        .route("/tasks/{id}/reopen", web::post().to(act::reopen))
        .route("/tasks/{id}/step", web::post().to(act::step))
        .route("/tasks/{id}/delete", web::post().to(act::delete))
        .route("/tasks/{id}/restore", web::post().to(act::restore));
}
