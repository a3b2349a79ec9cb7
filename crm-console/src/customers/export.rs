//! The list of customers as a file, with its filters and its search.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use crm_core::actor::{Action, Actor, Resource};
use crm_core::customers::{CustomerExport, ExportFormat, ExportOptions};
use crm_web::problem::{ApiError, Code};
use crm_web::request::timed_out;
use crm_web::service::Limits;
use crm_web::timeout::within;
use futures_util::stream::try_unfold;

use super::state;
use crate::base::fields::Fields;
use crate::web::{Frame, PageResult, Visit};

/// The formats, in the order in which people use them.
const FORMATS: [ExportFormat; 4] = [ExportFormat::Csv, ExportFormat::Xlsx, ExportFormat::Vcard, ExportFormat::Ndjson];

/// The parameter for notes in the file.
const NOTES: &str = "notes";

/// The formats in which the list is exported, and where, with its filters and its search, for those who may.
pub(super) fn addresses(frame: &Frame, actor: &Actor, fields: &Fields) -> Vec<(&'static str, String)> {
    let filters = ["sort", "view", "columns"].iter().fold(fields.clone(), |fields, name| fields.without(name, None));
    let address = |format: ExportFormat| frame.url(&format!("customers/export.{}", format.extension()));
    if actor.reach(Resource::Customers, Action::Export).is_none() {
        return Vec::new();
    }
    let plain = |format: &ExportFormat| (format.as_str(), format!("{}{}", address(*format), filters.query()));
    let mut addresses: Vec<_> = FORMATS.iter().map(plain).collect();
    if actor.reach(Resource::Notes, Action::Read).is_some() {
        let with_notes = filters.and(NOTES, "1").query();
        addresses.push(("notes", format!("{}{with_notes}", address(ExportFormat::Csv))));
    }
    addresses
}

/// Streams the file while it is read from the database.
pub(super) async fn download(visit: Visit, request: HttpRequest, extension: web::Path<String>) -> PageResult {
    let format = FORMATS.into_iter().find(|format| format.extension() == *extension);
    let format = format.ok_or_else(|| ApiError::new(Code::NotFound, "there is no such format"))?;
    let query = visit.query.without("cursor", None);
    let options = ExportOptions { format, include_notes: query.has(NOTES) };
    let export = visit.scope().export_customers(state::search_of(&query.without(NOTES, None)), options).await?;
    let limit = Limits::of(&request).request_time;
    let name = format!("attachment; filename=\"customers-{}.{extension}\"", visit.frame.calendar.today());
    let pieces = try_unfold(export, move |mut export: CustomerExport<'static>| async move {
        let piece = within(limit, export.next_chunk()).await;
        let piece = piece.map_or_else(|| Err(timed_out()), |piece| piece.map_err(ApiError::from));
        // The status has been sent already, so the only way to report the error is to break the connection.
        let piece = piece.inspect_err(ApiError::log)?;
        Ok::<_, ApiError>(piece.map(|piece| (piece.into(), export)))
    });
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, format.content_type()));
    answer.insert_header((CONTENT_DISPOSITION, name));
    Ok(answer.streaming(pieces))
}
