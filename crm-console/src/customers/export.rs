//! The list of customers as a file, with its filters and its search.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use crm_core::actor::{Action, Actor, Resource};
use crm_core::customers::{CustomerExport, ExportFormat};
use crm_web::problem::ApiError;
use crm_web::request::timed_out;
use crm_web::service::Limits;
use crm_web::timeout::within;
use futures_util::stream::try_unfold;

use super::state;
use crate::base::fields::Fields;
use crate::web::{Frame, PageResult, Visit};

/// Where the list is exported, with its filters and its search, for those who may.
pub(super) fn address(frame: &Frame, actor: &Actor, fields: &Fields) -> Option<String> {
    let may = actor.reach(Resource::Customers, Action::Export).is_some();
    let filters =
        ["sort", "view", "columns"].iter().fold(fields.clone(), |fields, name| fields.without(name, None)).query();
    may.then(|| format!("{}{filters}", frame.url("customers/export.csv")))
}

/// Streams the file while it is read from the database.
pub(super) async fn download(visit: Visit, request: HttpRequest) -> PageResult {
    let search = state::search_of(&visit.query.without("cursor", None));
    let export = visit.scope().export_customers(search, ExportFormat::Csv).await?;
    let limit = Limits::of(&request).request_time;
    let name = format!("attachment; filename=\"customers-{}.csv\"", visit.frame.calendar.today());
    let pieces = try_unfold(export, move |mut export: CustomerExport<'static>| async move {
        let piece = within(limit, export.next_chunk()).await;
        let piece = piece.map_or_else(|| Err(timed_out()), |piece| piece.map_err(ApiError::from));
        // The status has been sent already, so the only way to report the error is to break the connection.
        let piece = piece.inspect_err(ApiError::log)?;
        Ok::<_, ApiError>(piece.map(|piece| (piece.into(), export)))
    });
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, ExportFormat::Csv.content_type()));
    answer.insert_header((CONTENT_DISPOSITION, name));
    Ok(answer.streaming(pieces))
}
