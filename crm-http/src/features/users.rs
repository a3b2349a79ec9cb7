//! The company's users and teams.

use actix_web::get;
use crm_core::users::{Team, User};
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::page::{List, PageParameters};
use crm_web::problem::responses::ReadErrors;
use crm_web::request::Caller;
use crm_web::request::{ListParams, NoParameters};

/// A page of users.
pub type UserList = List<User>;

/// A page of teams.
pub type TeamList = List<Team>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_users).service(list_teams);
}

/// List users
///
/// The users of your company that the CRM knows, by name. The user-management service owns users. The CRM learns of a
/// user from their token, and when a record is assigned to them. `ownerId` takes the ids of these users.
#[utoipa::path(
    tag = "users",
    params(PageParameters),
    responses((status = 200, description = "A page of users", body = UserList), ReadErrors),
)]
#[get("/users")]
async fn list_users(caller: Caller, listing: ListParams<NoParameters>) -> ApiResult {
    let page = caller.scope().users().list(&listing.page).await?;
    Ok(ApiResponse::ok(&UserList::from(page))?)
}

/// List teams
///
/// The teams of your company that the CRM knows, by name. The user-management service owns teams. `teamId` of quotas and of
/// rules of assignment takes their ids.
#[utoipa::path(
    tag = "users",
    params(PageParameters),
    responses((status = 200, description = "A page of teams", body = TeamList), ReadErrors),
)]
#[get("/teams")]
async fn list_teams(caller: Caller, listing: ListParams<NoParameters>) -> ApiResult {
    let page = caller.scope().users().teams(&listing.page).await?;
    Ok(ApiResponse::ok(&TeamList::from(page))?)
}
