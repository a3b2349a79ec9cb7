//! The company's settings.

use actix_web::{get, patch};
use crm_core::companies::{Settings, SettingsPatch};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::problem::responses::{ReadErrors, WriteErrors};
use crm_web::request::Caller;
use crm_web::request::{IfMatch, JsonBody};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_settings).service(update_settings);
}

/// Read the settings
///
/// The settings of your company: the default country of telephone numbers, the time zone of its days, whether two
/// customers may have the same e-mail address, and whether a language model summarises interactions.
#[utoipa::path(
    tag = "settings",
    params(crm_web::headers::IfNoneMatchParameter),
    responses(
        (status = 200, description = "The settings", body = Settings,
            headers(("ETag" = String, description = "The version, for `If-Match` and `If-None-Match`"))),
        crm_web::headers::NotModified,
        ReadErrors,
    ),
)]
#[get("/settings")]
async fn get_settings(caller: Caller) -> ApiResult {
    let settings = caller.scope().settings().get().await?;
    Ok(ApiResponse::tagged(&settings)?)
}

/// Change the settings
///
/// A merge patch (RFC 7396): absent fields stay unchanged, `null` restores the default. The language model is switched on
/// only with `aiConsent`, the first time and after the service has changed its provider; without it the answer is a 422,
/// `ai_consent_required`, which says what is sent, and where. Administrators only.
#[utoipa::path(
    tag = "settings",
    params(crm_web::headers::IfMatchParameter),
    request_body(content = SettingsPatch, description = "The fields to change"),
    responses(
        (status = 200, description = "The settings as they are now", body = Settings,
            headers(("ETag" = String, description = "The new version"))),
        WriteErrors,
    ),
)]
#[patch("/settings")]
async fn update_settings(caller: Caller, seen: IfMatch, patch: JsonBody<SettingsPatch>) -> ApiResult {
    let settings = caller.scope().settings().update(patch.value, seen.0).await?;
    Ok(ApiResponse::tagged(&settings)?)
}
