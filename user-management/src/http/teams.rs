//! Teams of the company.

use actix_web::{HttpResponse, delete, get, patch, post};
use crm_web::headers::{IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::{List, PageParameters};
use crm_web::problem::ApiError;
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Id, IfMatch, JsonBody, ListParams, PathId};
use crm_web::{ApiResponse, ApiResult, Versioned};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::gate::{Authenticated, Visitor};
use super::login::no_content;
use crate::base::ids::TeamId;
use crate::teams::{NewTeam, Team, TeamPatch, TeamQuery};

type TeamList = List<Team>;

impl PathId for TeamId {
    const NAME: &'static str = "teamId";
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_teams).service(create_team).service(get_team).service(update_team).service(delete_team);
}

impl Versioned for Team {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Which teams to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only teams whose name contains this text, in any case.
    #[param(nullable = false, max_length = 254)]
    q: Option<String>,
}

/// List teams
///
/// The teams of your company by name, each with its members.
#[utoipa::path(
    tag = "teams",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of teams", body = TeamList), ReadErrors),
)]
#[get("/teams")]
pub(super) async fn list_teams(
    caller: Authenticated,
    visitor: Visitor,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let query = TeamQuery { q: listing.query.q };
    let page = visitor.service.users().teams(&caller).list(&query, &listing.page).await?;
    Ok(ApiResponse::ok(&TeamList::from(page))?)
}

/// Add a team
///
/// The name is unique in your company, ignoring case and accents. Administrators only.
#[utoipa::path(
    tag = "teams",
    request_body(content = NewTeam, description = "The team"),
    responses((status = 201, description = "The team was added", body = Team), CreateErrors),
)]
#[post("/teams")]
pub(super) async fn create_team(caller: Authenticated, visitor: Visitor, body: JsonBody<NewTeam>) -> ApiResult {
    let team = visitor.service.users().teams(&caller).create(body.value).await?;
    Ok(ApiResponse::created(team.id, &team)?)
}

/// Read a team
///
/// A team with its members.
#[utoipa::path(
    tag = "teams",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The team", body = Team), NotModified, GetErrors),
)]
#[get("/teams/{teamId}")]
pub(super) async fn get_team(caller: Authenticated, visitor: Visitor, id: Id<TeamId>) -> ApiResult {
    Ok(ApiResponse::tagged(&visitor.service.users().teams(&caller).get(*id).await?)?)
}

/// Change a team
///
/// A merge patch (RFC 7396); `memberIds` replaces all members. Administrators only.
#[utoipa::path(
    tag = "teams",
    params(IfMatchParameter),
    request_body(content = TeamPatch, description = "The fields to change"),
    responses((status = 200, description = "The team as it is now", body = Team), WriteErrors),
)]
#[patch("/teams/{teamId}")]
pub(super) async fn update_team(
    caller: Authenticated,
    visitor: Visitor,
    id: Id<TeamId>,
    seen: IfMatch,
    body: JsonBody<TeamPatch>,
) -> ApiResult {
    let team = visitor.service.users().teams(&caller).update(*id, body.value, seen.0).await?;
    Ok(ApiResponse::tagged(&team)?)
}

/// Delete a team
///
/// Its members stay users of the company. Administrators only.
#[utoipa::path(
    tag = "teams",
    params(IfMatchParameter),
    responses((status = 204, description = "The team is deleted"), ActionErrors),
)]
#[delete("/teams/{teamId}")]
pub(super) async fn delete_team(
    caller: Authenticated,
    visitor: Visitor,
    id: Id<TeamId>,
    seen: IfMatch,
) -> Result<HttpResponse, ApiError> {
    visitor.service.users().teams(&caller).delete(*id, seen.0).await?;
    Ok(no_content(None))
}
