//! The caller's own account and sessions.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use crm_core::ids::CompanyId;
use crm_web::problem::responses::{ActionErrors, QueryErrors, ReadErrors};
use crm_web::problem::{ApiError, Code};
use crm_web::request::{Id, JsonBody, PathId};
use crm_web::{ApiResponse, ApiResult};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::cookies;
use super::gate::{Authenticated, Visitor};
use super::login::{SessionAnswer, no_content, session};
use crate::base::error::{Error, Refusal};
use crate::base::ids::SessionId;
use crate::sessions::{Me, Session};
use crate::users::ProfilePatch;

impl PathId for SessionId {
    const NAME: &'static str = "sessionId";
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_me)
        .service(update_me)
        .service(logout)
        .service(logout_all)
        .service(switch_company)
        .service(change_password)
        .service(list_sessions)
        .service(end_session);
}

/// Read your account
///
/// Who you are in the company of the token, and your other companies.
#[utoipa::path(tag = "auth", responses((status = 200, description = "You", body = Me), ReadErrors))]
#[get("/auth/me")]
pub(super) async fn get_me(caller: Authenticated, visitor: Visitor) -> ApiResult {
    Ok(ApiResponse::ok(&visitor.service.users().me(&caller).await?)?)
}

/// Change your profile
///
/// A merge patch (RFC 7396) of your name, language and time zone, in all your companies.
#[utoipa::path(
    tag = "auth",
    request_body(content = ProfilePatch, description = "The fields to change"),
    responses((status = 200, description = "You", body = Me), QueryErrors),
)]
#[patch("/auth/me")]
pub(super) async fn update_me(caller: Authenticated, visitor: Visitor, body: JsonBody<ProfilePatch>) -> ApiResult {
    let users = visitor.service.users();
    users.users(&caller).profile(body.value).await?;
    Ok(ApiResponse::ok(&users.me(&caller).await?)?)
}

/// Sign out
///
/// Ends this session: its access token and its refresh token are void.
#[utoipa::path(tag = "auth", responses((status = 204, description = "The session has ended"), ReadErrors))]
#[post("/auth/logout")]
pub(super) async fn logout(
    caller: Authenticated,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    visitor.service.users().logout(&caller).await?;
    Ok(no_content(Some(cookies::removed(&visitor.service, &request))))
}

/// Sign out everywhere
///
/// Ends all your sessions, in all your companies.
#[utoipa::path(tag = "auth", responses((status = 204, description = "All sessions have ended"), ReadErrors))]
#[post("/auth/logout-all")]
pub(super) async fn logout_all(
    caller: Authenticated,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    visitor.service.users().logout_all(&caller).await?;
    Ok(no_content(Some(cookies::removed(&visitor.service, &request))))
}

/// Another company of the user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SwitchBody {
    /// The id of the company.
    company_id: CompanyId,
}

/// Switch to another company
///
/// The session goes on in another one of your companies, with new tokens.
#[utoipa::path(
    tag = "auth",
    request_body(content = SwitchBody, description = "The company"),
    responses((status = 200, description = "The session", body = SessionAnswer), QueryErrors),
)]
#[post("/auth/switch")]
pub(super) async fn switch_company(
    caller: Authenticated,
    visitor: Visitor,
    request: HttpRequest,
    body: JsonBody<SwitchBody>,
) -> Result<HttpResponse, ApiError> {
    let switched = visitor.service.users().switch(&caller, body.value.company_id, &visitor.client).await;
    let signed_in = switched.map_err(|error| match error {
        // The field has another name than that of a log-in.
        Error::Refused(Refusal::Company) => {
            ApiError::of_field(Code::CompanyUnknown, "/companyId", Refusal::Company.to_string())
        }
        error => error.into(),
    })?;
    Ok(session(&visitor.service, &request, signed_in))
}

/// The old and the new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PasswordChange {
    /// The current password.
    #[schema(value_type = String, format = Password, max_length = 200)]
    current_password: SecretString,
    /// The new password: 12 to 200 characters.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 200)]
    new_password: SecretString,
}

/// Change your password
///
/// Ends all your other sessions.
#[utoipa::path(
    tag = "auth",
    request_body(content = PasswordChange, description = "The passwords"),
    responses((status = 204, description = "The password is changed"), QueryErrors),
)]
#[post("/auth/password")]
pub(super) async fn change_password(
    caller: Authenticated,
    visitor: Visitor,
    body: JsonBody<PasswordChange>,
) -> Result<HttpResponse, ApiError> {
    let PasswordChange { current_password, new_password } = body.value;
    visitor.service.users().change_password(&caller, current_password, new_password).await?;
    Ok(no_content(None))
}

/// The sessions of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionList {
    /// The sessions, the newest first.
    data: Vec<Session>,
}

/// List your sessions
///
/// Where you are signed in.
#[utoipa::path(tag = "auth", responses((status = 200, description = "Your sessions", body = SessionList), ReadErrors))]
#[get("/auth/sessions")]
pub(super) async fn list_sessions(caller: Authenticated, visitor: Visitor) -> ApiResult {
    Ok(ApiResponse::ok(&SessionList { data: visitor.service.users().sessions(&caller).await? })?)
}

/// End a session
///
/// Signs you out somewhere else.
#[utoipa::path(tag = "auth", responses((status = 204, description = "The session has ended"), ActionErrors))]
#[delete("/auth/sessions/{sessionId}")]
pub(super) async fn end_session(
    caller: Authenticated,
    visitor: Visitor,
    id: Id<SessionId>,
) -> Result<HttpResponse, ApiError> {
    visitor.service.users().end_session(&caller, *id).await?;
    Ok(no_content(None))
}
