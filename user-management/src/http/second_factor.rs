//! The second factor of the caller.

use actix_web::{HttpResponse, delete, post};
use crm_web::problem::ApiError;
use crm_web::problem::responses::CreateErrors;
use crm_web::request::JsonBody;
use crm_web::{ApiResponse, ApiResult};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::gate::{Authenticated, Visitor};
use super::login::no_content;
use crate::second_factor::SecondFactor;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(begin_second_factor).service(confirm_second_factor).service(disable_second_factor);
}

/// Begin with a second factor
///
/// Gives a secret for an app such as Aegis or Google Authenticator. It counts once it is confirmed.
#[utoipa::path(
    tag = "auth",
    responses((status = 200, description = "The secret, which is not shown again", body = SecondFactor), CreateErrors),
)]
#[post("/auth/second-factor")]
pub(super) async fn begin_second_factor(caller: Authenticated, visitor: Visitor) -> ApiResult {
    Ok(ApiResponse::ok(&visitor.service.users().begin_second_factor(&caller).await?)?)
}

/// A code of the app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CodeBody {
    /// The six digits that the app shows.
    #[schema(example = "123456", max_length = 20)]
    code: String,
}

/// Codes for when the app is lost.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoveryCodes {
    /// The codes; each works once.
    recovery_codes: Vec<String>,
}

/// Confirm the second factor
///
/// Switches the second factor on. The answer has recovery codes, which are not shown again.
#[utoipa::path(
    tag = "auth",
    request_body(content = CodeBody, description = "A code of the app"),
    responses((status = 200, description = "The second factor is on", body = RecoveryCodes), CreateErrors),
)]
#[post("/auth/second-factor/confirm")]
pub(super) async fn confirm_second_factor(
    caller: Authenticated,
    visitor: Visitor,
    body: JsonBody<CodeBody>,
) -> ApiResult {
    let recovery_codes = visitor.service.users().confirm_second_factor(&caller, &body.value.code).await?;
    Ok(ApiResponse::ok(&RecoveryCodes { recovery_codes })?)
}

/// The password of the caller.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PasswordBody {
    /// The password.
    #[schema(value_type = String, format = Password, max_length = 200)]
    password: SecretString,
}

/// Switch the second factor off
///
/// Asks for the password again.
#[utoipa::path(
    tag = "auth",
    request_body(content = PasswordBody, description = "The password"),
    responses((status = 204, description = "The second factor is off"), CreateErrors),
)]
#[delete("/auth/second-factor")]
pub(super) async fn disable_second_factor(
    caller: Authenticated,
    visitor: Visitor,
    body: JsonBody<PasswordBody>,
) -> Result<HttpResponse, ApiError> {
    visitor.service.users().disable_second_factor(&caller, body.value.password).await?;
    Ok(no_content(None))
}
