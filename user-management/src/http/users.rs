//! Users of the company.

use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use crm_core::actor::Role;
use crm_core::ids::UserId;
use crm_web::headers::{IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::{List, PageParameters};
use crm_web::problem::ApiError;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Id, IfMatch, JsonBody, ListParams, parsed};
use crm_web::{ApiResponse, ApiResult, Versioned};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::gate::{Authenticated, Visitor};
use super::login::no_content;
use crate::base::ids::TeamId;
use crate::links::Link;
use crate::users::{NewUser, User, UserPatch, UserQuery, UserSort, UserStatus};

type UserList = List<User>;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_users)
        .service(create_user)
        .service(get_user)
        .service(update_user)
        .service(delete_user)
        .service(resend_invitation)
        .service(reset_password_of)
        .service(reset_second_factor_of);
}

impl Versioned for User {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Which users to list, and in which order.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only users whose name or e-mail address contains this text, in any case.
    #[param(nullable = false, max_length = 254)]
    q: Option<String>,
    /// Only users with this role.
    #[param(inline, nullable = false)]
    role: Option<Role>,
    /// Only users with this status.
    #[param(inline, nullable = false)]
    status: Option<UserStatus>,
    /// Only members of this team.
    #[param(nullable = false)]
    team_id: Option<TeamId>,
    /// The order: `name` or `createdAt`. A `-` in front reverses it.
    #[param(nullable = false, default = "name")]
    sort: Option<String>,
}

/// List users
///
/// The users of your company.
#[utoipa::path(
    tag = "users",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of users", body = UserList), ReadErrors),
)]
#[get("/users")]
pub(super) async fn list_users(
    caller: Authenticated,
    visitor: Visitor,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let ListParameters { q, role, status, team_id, sort } = listing.query;
    let query = UserQuery { q, role, status, team_id, sort: parsed::<UserSort>(sort)?.unwrap_or_default() };
    let page = visitor.service.users().users(&caller).list(&query, &listing.page).await?;
    Ok(ApiResponse::ok(&UserList::from(page))?)
}

/// A link for a user, shown because no mail is sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkAnswer {
    /// The address to give to the user.
    #[schema(example = "https://id.example.com/account#kind=invitation&token=…")]
    url: String,
    /// When the link expires.
    expires_at: DateTime<Utc>,
}

impl From<Link> for LinkAnswer {
    fn from(link: Link) -> Self {
        Self { url: link.url.expose_secret().to_owned(), expires_at: link.expires_at }
    }
}

/// A user who was invited.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitedUser {
    /// The user.
    #[serde(flatten)]
    user: User,
    /// The link of the invitation, if no mail is sent; shown once.
    invitation: Option<LinkAnswer>,
}

impl Versioned for InvitedUser {
    fn version(&self) -> i64 {
        self.user.version
    }
}

/// Invite a user
///
/// Adds a user, and sends an invitation by mail. Without a mail server the answer has the link of the invitation. An
/// address that has an account in another company is invited to join yours. Administrators only.
#[utoipa::path(
    tag = "users",
    request_body(content = NewUser, description = "The user"),
    responses((status = 201, description = "The user was invited", body = InvitedUser), CreateErrors),
)]
#[post("/users")]
pub(super) async fn create_user(caller: Authenticated, visitor: Visitor, body: JsonBody<NewUser>) -> ApiResult {
    let (user, link) = visitor.service.users().users(&caller).invite(body.value).await?;
    let id = user.id;
    Ok(ApiResponse::created(id, &InvitedUser { user, invitation: link.map(LinkAnswer::from) })?)
}

/// Read a user
///
/// A user of your company, with role, status and teams.
#[utoipa::path(
    tag = "users",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The user", body = User), NotModified, GetErrors),
)]
#[get("/users/{userId}")]
pub(super) async fn get_user(caller: Authenticated, visitor: Visitor, id: Id<UserId>) -> ApiResult {
    Ok(ApiResponse::tagged(&visitor.service.users().users(&caller).get(*id).await?)?)
}

/// Change a user
///
/// A merge patch (RFC 7396). A change of role, rights or status voids the tokens of the user at once; they get new ones
/// when their session is refreshed. The name and the address of a user who belongs to other companies too are changed by
/// that user only. Administrators only.
#[utoipa::path(
    tag = "users",
    params(IfMatchParameter),
    request_body(content = UserPatch, description = "The fields to change"),
    responses((status = 200, description = "The user as they are now", body = User), WriteErrors),
)]
#[patch("/users/{userId}")]
pub(super) async fn update_user(
    caller: Authenticated,
    visitor: Visitor,
    id: Id<UserId>,
    seen: IfMatch,
    body: JsonBody<UserPatch>,
) -> ApiResult {
    let user = visitor.service.users().users(&caller).update(*id, body.value, seen.0).await?;
    Ok(ApiResponse::tagged(&user)?)
}

/// Remove a user
///
/// Takes the user out of your company: their tokens are void at once. Records in other services keep their name.
/// Administrators only.
#[utoipa::path(
    tag = "users",
    params(IfMatchParameter),
    responses((status = 204, description = "The user is removed"), ActionErrors),
)]
#[delete("/users/{userId}")]
pub(super) async fn delete_user(
    caller: Authenticated,
    visitor: Visitor,
    id: Id<UserId>,
    seen: IfMatch,
) -> Result<HttpResponse, ApiError> {
    visitor.service.users().users(&caller).delete(*id, seen.0).await?;
    Ok(no_content(None))
}

/// A link that was sent or is shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SentLink {
    /// The link, if no mail is sent; shown once.
    link: Option<LinkAnswer>,
}

fn sent(link: Option<Link>) -> ApiResult {
    Ok(ApiResponse::ok(&SentLink { link: link.map(LinkAnswer::from) })?)
}

/// Send an invitation again
///
/// The link of the earlier one is void. Administrators only.
#[utoipa::path(
    tag = "users",
    responses((status = 200, description = "The invitation was sent, or is shown", body = SentLink), ActionErrors),
)]
#[post("/users/{userId}/invitation")]
pub(super) async fn resend_invitation(caller: Authenticated, visitor: Visitor, id: Id<UserId>) -> ApiResult {
    sent(visitor.service.users().users(&caller).resend_invitation(*id).await?)
}

/// Send a link for a new password
///
/// For a user of your company only: a user of several companies asks for it themselves. Administrators only.
#[utoipa::path(
    tag = "users",
    responses((status = 200, description = "The link was sent, or is shown", body = SentLink), ActionErrors),
)]
#[post("/users/{userId}/password-reset")]
pub(super) async fn reset_password_of(caller: Authenticated, visitor: Visitor, id: Id<UserId>) -> ApiResult {
    sent(visitor.service.users().users(&caller).reset_for(*id).await?)
}

/// Switch the second factor of a user off
///
/// For a user who has lost app and recovery codes. For a user of your company only. Administrators only.
#[utoipa::path(tag = "users", responses((status = 204, description = "The second factor is off"), ActionErrors))]
#[delete("/users/{userId}/second-factor")]
pub(super) async fn reset_second_factor_of(
    caller: Authenticated,
    visitor: Visitor,
    id: Id<UserId>,
) -> Result<HttpResponse, ApiError> {
    visitor.service.users().reset_second_factor(&caller, *id).await?;
    Ok(no_content(None))
}
