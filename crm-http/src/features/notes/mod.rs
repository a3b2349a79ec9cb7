//! Notes on customers and leads.

mod handlers;
mod of_leads;
mod parameters;

use crm_core::notes::{NewNote, Note};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::request::PutBody;

/// A page of notes.
pub type NoteList = List<Note>;
/// All writable fields of a note.
pub(crate) type NoteReplacement = PutBody<NewNote>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_notes)
        .service(handlers::create_note)
        .service(handlers::get_note)
        .service(handlers::replace_note)
        .service(handlers::update_note)
        .service(handlers::delete_note)
        .service(handlers::restore_note)
        .service(of_leads::list_lead_notes)
        .service(of_leads::create_lead_note)
        .service(of_leads::get_lead_note)
        .service(of_leads::replace_lead_note)
        .service(of_leads::update_lead_note)
        .service(of_leads::delete_lead_note)
        .service(of_leads::restore_lead_note);
}
