//! Who did what.

use actix_web::get;
use chrono::{DateTime, Utc};
use crm_core::Kind;
use crm_core::activity::{ActivityEntry, ActivityQuery};
use crm_core::ids::UserId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::page::{List, PageParameters};
use crm_web::problem::responses::ReadErrors;
use crm_web::request::{Caller, ListParams};

/// A page of the activity.
pub type ActivityEntryList = List<ActivityEntry>;

/// Which activity to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ActivityParameters {
    /// Only what this user or service did.
    #[param(nullable = false)]
    user_id: Option<UserId>,
    /// Only what was done to records of this kind.
    #[param(inline, nullable = false)]
    kind: Option<Kind>,
    /// Only this action: `created`, `updated`, `won`, …
    #[param(nullable = false)]
    action: Option<String>,
    /// Only what was done to this record.
    #[param(nullable = false)]
    record_id: Option<Uuid>,
    /// Only what was done at this time or later.
    #[param(nullable = false)]
    from: Option<DateTime<Utc>>,
    /// Only what was done before this time.
    #[param(nullable = false)]
    to: Option<DateTime<Utc>>,
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_activity);
}

/// Read the activity
///
/// Who did what to which record, newest first: without values, refusals and reads. Administrators see the activity of all
/// users. You see what you have done yourself, and what was done to records of the kinds of which you may read all. What
/// concerns a private note is its author's alone.
#[utoipa::path(
    tag = "activity",
    params(PageParameters, ActivityParameters),
    responses((status = 200, description = "A page of the activity", body = ActivityEntryList), ReadErrors),
)]
#[get("/activity")]
async fn list_activity(caller: Caller, listing: ListParams<ActivityParameters>) -> ApiResult {
    let ActivityParameters { user_id: user, kind, action, record_id: record, from, to } = listing.query;
    let query = ActivityQuery { user, kind, action, record, from, to };
    let page = caller.scope().activity().list(&query, &listing.page).await?;
    Ok(ApiResponse::ok(&ActivityEntryList::from(page))?)
}
