//! What leads have sent with capture forms.

use actix_web::get;
use crm_core::ids::LeadId;

use super::CaptureSubmissionList;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::page::PageParameters;
use crm_web::problem::responses::GetErrors;
use crm_web::request::{Caller, Id, ListParams, NoParameters};

/// List the submissions of a lead
///
/// What a lead has sent with capture forms, the latest first: what was filled in, what the visitor has agreed to in the words
/// of then, and the pages that led there. Those of a converted lead are here too.
#[utoipa::path(
    tag = "capture-forms",
    params(PageParameters),
    responses((status = 200, description = "A page of submissions", body = CaptureSubmissionList), GetErrors),
)]
#[get("/leads/{leadId}/submissions")]
pub(super) async fn list_lead_submissions(
    caller: Caller,
    lead: Id<LeadId>,
    listing: ListParams<NoParameters>,
) -> ApiResult {
    let page = caller.scope().lead_submissions(*lead).list(&listing.page).await?;
    Ok(ApiResponse::ok(&CaptureSubmissionList::from(page))?)
}
