//! Signing in, and what leads to it. Needs no token.

use actix_web::cookie::Cookie;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, post};
use crm_core::actor::Role;
use crm_web::auth::RoleMap;
use crm_web::problem::ApiError;
use crm_web::problem::responses::{CreateErrors, QueryErrors, ReadErrors};
use crm_web::request::JsonBody;
use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::gate::{Authenticated, Visitor};
use super::{Service, cookies};
use crate::base::error::{Error, Refusal};
use crate::sessions::{Login, SignedIn, UserFacts};
use crate::users::NewUser;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(login)
        .service(register)
        .service(refresh)
        .service(forgot_password)
        .service(reset_password)
        .service(accept_invitation);
}

/// An e-mail address and a password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LoginBody {
    /// The e-mail address; `emailId` is the same.
    #[serde(alias = "emailId")]
    #[schema(example = "admin@acme.example", max_length = 254)]
    email: String,
    /// The password.
    #[schema(value_type = String, format = Password, example = "demo", max_length = 200)]
    password: SecretString,
    /// The id or the name of the company, for users of several. Without it, the company of the last session.
    #[schema(max_length = 200)]
    company: Option<String>,
    /// The code of the second factor, or a recovery code, if the second factor is on.
    #[schema(max_length = 20)]
    code: Option<String>,
}

/// A session: its access token and its user. The refresh token is in a cookie.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionAnswer {
    /// The access token: send it as `Authorization: Bearer <token>`.
    token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// The lifetime of the access token, in seconds.
    #[schema(example = 900)]
    expires_in: u64,
    /// The user.
    user: UserFacts,
}

/// An answer with the tokens of a session.
pub(super) fn session(service: &Service, request: &HttpRequest, signed_in: SignedIn) -> HttpResponse {
    let mut response = uncached();
    for cookie in cookies::of_session(service, request, &signed_in) {
        response.cookie(cookie);
    }
    let SignedIn { access_token, expires_in, user, .. } = signed_in;
    response.json(SessionAnswer { token: access_token, token_type: "Bearer", expires_in, user })
}

fn uncached() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response
}

/// An answer without a body that removes or sets nothing but this cookie.
pub(super) fn no_content(cookie: Option<Cookie<'static>>) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    if let Some(cookie) = cookie {
        response.cookie(cookie);
    }
    response.finish()
}

/// Sign in
///
/// Gives an access token for 15 minutes, and a refresh token in an HTTP-only cookie. The words and the time are the same
/// for an unknown address and a wrong password. After a right password, `second_factor_required` asks for the same
/// request with `code`. Too many failed attempts are a 429 that says when to try again; they do not lock out devices that
/// have signed in before.
#[utoipa::path(
    tag = "auth",
    security(()),
    request_body(content = LoginBody, description = "Who signs in"),
    responses((status = 200, description = "The session", body = SessionAnswer), QueryErrors),
)]
#[post("/auth/login")]
pub(super) async fn login(
    visitor: Visitor,
    request: HttpRequest,
    body: JsonBody<LoginBody>,
) -> Result<HttpResponse, ApiError> {
    let LoginBody { email, password, company, code } = body.value;
    let login = Login { email, password, company, code, device: cookies::device(&request) };
    let signed_in = visitor.service.users().login(login, &visitor.client).await?;
    Ok(session(&visitor.service, &request, signed_in))
}

/// A new user, or a new company with its first administrator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RegisterBody {
    /// The name of the new company; only for open sign-up.
    #[schema(example = "Acme", max_length = 200)]
    company_name: Option<String>,
    /// The name of the user.
    #[schema(example = "Ada Admin", max_length = 200)]
    name: Option<String>,
    /// The e-mail address; `emailId` is the same.
    #[serde(alias = "emailId")]
    #[schema(example = "ada@acme.example", max_length = 254)]
    email: String,
    /// The password: 12 to 200 characters. Required, but for open sign-up where mail is sent: it is chosen with the
    /// invitation then.
    #[schema(value_type = Option<String>, format = Password, min_length = 12, max_length = 200)]
    password: Option<SecretString>,
    /// The role; `sales_rep` without it, which `agent`, `sales` and `user` mean too. Not for open sign-up, whose user is an
    /// administrator.
    #[serde(default, deserialize_with = "role")]
    #[schema(inline)]
    role: Option<Role>,
}

/// A role, also by the words of other systems, as tokens have it.
fn role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Role>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let known = RoleMap::default().role(&name);
    known.map_or_else(|| name.parse(), Ok).map(Some).map_err(D::Error::custom)
}

/// The user that was added.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Registered {
    /// What was done.
    #[schema(example = "The user was added")]
    message: &'static str,
    /// The user; `null` if the address is to be confirmed by mail first.
    user: Option<crate::users::User>,
}

/// Register
///
/// With an administrator's token: adds a user with a password to the company, active at once. `POST /api/users` invites
/// users, who then choose their passwords themselves.
///
/// Without a token, where the operator allows it (`OPEN_SIGNUP`): adds a company with its first administrator. If mail is
/// sent, the address is confirmed first: the answer is the same for every address, and the mail has an invitation.
#[utoipa::path(
    tag = "auth",
    security(()),
    request_body(content = RegisterBody, description = "The user"),
    responses((status = 201, description = "The user was added", body = Registered), CreateErrors),
)]
#[post("/auth/register")]
pub(super) async fn register(
    visitor: Visitor,
    request: HttpRequest,
    caller: Option<Authenticated>,
    body: JsonBody<RegisterBody>,
) -> Result<HttpResponse, ApiError> {
    let users = visitor.service.users();
    let RegisterBody { company_name, name, email, password, role } = body.value;
    let new = NewUser { name, role: role.or(Some(Role::SalesRep)), ..NewUser::with_email(email) };
    let user = match caller {
        // An empty password breaks the rules as a missing one does.
        Some(caller) => Some(users.users(&caller).create(new, password.unwrap_or_default()).await?),
        None if users.options().open_signup => users.sign_up(&company_name.unwrap_or_default(), new, password).await?,
        None => return Err(crm_web::auth::AuthError::Missing.into()),
    };
    let message = if user.is_some() { "The user was added" } else { "A mail with an invitation is on its way" };
    let mut response = HttpResponse::Created();
    if let Some(user) = &user {
        let prefix = request.path().rsplit_once("/auth/").map_or("", |(prefix, _)| prefix);
        response.insert_header((LOCATION, format!("{prefix}/users/{}", user.id)));
    }
    Ok(response.json(Registered { message, user }))
}

/// Refresh the session
///
/// Gives a new access token for the refresh token in the cookie, which is replaced: each refresh token works once. A
/// second use means that it was stolen, and ends the session.
#[utoipa::path(
    tag = "auth",
    security(()),
    responses((status = 200, description = "The session", body = SessionAnswer), ReadErrors),
)]
#[post("/auth/refresh")]
pub(super) async fn refresh(visitor: Visitor, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let token = cookies::refresh_token(&request).ok_or(Error::Refused(Refusal::SessionEnded))?;
    let signed_in = visitor.service.users().refresh(&token, &visitor.client).await?;
    Ok(session(&visitor.service, &request, signed_in))
}

/// The address of an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ForgotBody {
    /// The e-mail address; `emailId` is the same. One that cannot exist is answered as any other.
    #[serde(alias = "emailId")]
    #[schema(example = "ada@acme.example")]
    email: String,
}

/// Ask for a new password
///
/// Sends a link to the address, if it has an account. The answer is always the same.
#[utoipa::path(
    tag = "auth",
    security(()),
    request_body(content = ForgotBody, description = "The address"),
    responses((status = 202, description = "If there is such an account, a mail is on its way"), QueryErrors),
)]
#[post("/auth/forgot-password")]
pub(super) async fn forgot_password(visitor: Visitor, body: JsonBody<ForgotBody>) -> Result<HttpResponse, ApiError> {
    visitor.service.users().forgot(&body.value.email);
    Ok(HttpResponse::Accepted().finish())
}

/// The token of a link, and a new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ResetBody {
    /// The token of the link.
    #[schema(value_type = String, max_length = 100)]
    token: SecretString,
    /// The new password: 12 to 200 characters.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 200)]
    password: SecretString,
}

/// Set a new password
///
/// Sets the password with the token of a link, which works once. All sessions of the user end.
#[utoipa::path(
    tag = "auth",
    security(()),
    request_body(content = ResetBody, description = "The token and the password"),
    responses((status = 204, description = "The password is set"), QueryErrors),
)]
#[post("/auth/reset-password")]
pub(super) async fn reset_password(visitor: Visitor, body: JsonBody<ResetBody>) -> Result<HttpResponse, ApiError> {
    visitor.service.users().reset_password(&body.value.token, body.value.password).await?;
    Ok(no_content(None))
}

/// The token of an invitation, and the choices of the user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AcceptBody {
    /// The token of the link.
    #[schema(value_type = String, max_length = 100)]
    token: SecretString,
    /// The name of the user.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// The password: a new one, or the password of the account if there is one.
    #[schema(value_type = Option<String>, format = Password, max_length = 200)]
    password: Option<SecretString>,
}

/// Accept an invitation
///
/// Makes the user an active member of the company. A new user chooses a password; a user with an account confirms theirs.
#[utoipa::path(
    tag = "auth",
    security(()),
    request_body(content = AcceptBody, description = "The token, and the choices of the user"),
    responses((status = 204, description = "The user can sign in"), QueryErrors),
)]
#[post("/auth/accept-invitation")]
pub(super) async fn accept_invitation(visitor: Visitor, body: JsonBody<AcceptBody>) -> Result<HttpResponse, ApiError> {
    let AcceptBody { token, name, password } = body.value;
    visitor.service.users().accept_invitation(&token, name.as_deref(), password).await?;
    Ok(no_content(None))
}
