//! The caller's own preferences.

use actix_web::{get, patch};
use crm_core::preferences::{Preferences, PreferencesPatch};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::problem::responses::{ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{IfMatch, JsonBody};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_preferences).service(update_preferences);
}

/// Read your preferences
///
/// How you want clients to look: language, theme, time zone, dashboard and lists. A preference without a value is the
/// default of the client. Before the first change the version is 0. Other users do not see them.
#[utoipa::path(
    tag = "preferences",
    params(crm_web::headers::IfNoneMatchParameter),
    responses(
        (status = 200, description = "Your preferences", body = Preferences,
            headers(("ETag" = String, description = "The version, for `If-Match` and `If-None-Match`"))),
        crm_web::headers::NotModified,
        ReadErrors,
    ),
)]
#[get("/preferences")]
async fn get_preferences(caller: Caller) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().preferences().get().await?)?)
}

/// Change your preferences
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` restores the default. Objects are merged, and lists
/// (`columns`, `tiles`) are replaced as a whole.
#[utoipa::path(
    tag = "preferences",
    params(crm_web::headers::IfMatchParameter),
    request_body(content = PreferencesPatch, description = "The preferences to change"),
    responses(
        (status = 200, description = "Your preferences as they are now", body = Preferences,
            headers(("ETag" = String, description = "The new version"))),
        WriteErrors,
    ),
)]
#[patch("/preferences")]
async fn update_preferences(caller: Caller, seen: IfMatch, patch: JsonBody<PreferencesPatch>) -> ApiResult {
    Ok(ApiResponse::tagged(&caller.scope().preferences().update(patch.value, seen.0).await?)?)
}
