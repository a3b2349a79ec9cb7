//! Capture forms: their management, and the public routes by which pages send them.

mod handlers;
mod of_leads;
mod pages;
mod parameters;
mod public;
mod sent;
mod visit;

use std::sync::OnceLock;

use actix_web::middleware::from_fn;
use actix_web::{App, web};
use crm_core::capture_forms::{CaptureForm, CaptureSubmission};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;
use crm_web::problem::render_problems;
use crm_web::request::request_timeout;
use crm_web::routes::RouteTable;
use crm_web::service::Limits;

/// Where pages send forms.
pub(crate) const PUBLIC: &str = "/api/capture";
/// The maximum size of a submission, in bytes.
const LARGEST: usize = 32 * 1024;

/// A page of capture forms.
pub type CaptureFormList = List<CaptureForm>;
/// A page of submissions.
pub type CaptureSubmissionList = List<CaptureSubmission>;

/// What every sender of a form is told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaptureReceipt {
    /// Where the form sends its visitors afterwards, if it has such a page.
    pub redirect_url: Option<String>,
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_capture_forms)
        .service(handlers::create_capture_form)
        .service(handlers::get_capture_form)
        .service(handlers::update_capture_form)
        .service(handlers::delete_capture_form)
        .service(handlers::rotate_capture_form_key)
        .service(of_leads::list_lead_submissions);
}

/// The routes that need no token. To be mounted before those that do, whose path is the beginning of theirs.
pub(crate) fn public(config: &mut ServiceConfig<'_>, limits: Limits) {
    let scope = utoipa_actix_web::scope(PUBLIC)
        .app_data(Limits { body: LARGEST.min(limits.body), ..limits })
        .service(public::get_capture_challenge)
        .service(public::submit_capture_form)
        .default_service(web::to(public::otherwise))
        .wrap(from_fn(request_timeout))
        .wrap(from_fn(render_problems));
    config.service(scope);
}

/// The public routes.
fn known() -> &'static RouteTable {
    static KNOWN: OnceLock<RouteTable> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let app = App::new().into_utoipa_app().configure(|config| public(config, Limits::default()));
        RouteTable::new(PUBLIC, app.split_for_parts().1.paths)
    })
}
