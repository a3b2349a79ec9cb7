//! Companies, teams and users for other services, which keep copies of them.

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, get};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use crm_web::auth::AuthError;
use crm_web::problem::responses::ReadErrors;
use crm_web::problem::{ApiError, Code};
use crm_web::request::{Query, time};
use crm_web::{ApiResponse, ApiResult};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::Service;
use super::gate::Visitor;
use super::oauth::basic;
use crate::directory::{DirectoryCompany, DirectoryTeam, DirectoryUser};

/// How many records a page has at most.
const LIMIT: u64 = 500;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_directory_users).service(list_directory_teams).service(list_directory_companies);
}

/// What a service wants to know.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only what changed at this time or later. Ask again for the last minutes: changes of long transactions come late.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false, value_type = Option<DateTime<Utc>>)]
    changed_since: Option<DateTime<Utc>>,
    /// The `nextCursor` of the previous page.
    #[param(nullable = false)]
    cursor: Option<String>,
}

impl ListParameters {
    fn after<T: DeserializeOwned>(&self) -> Result<Option<T>, ApiError> {
        let read = |text: &String| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        let invalid = || {
            let detail = "this is not a cursor; pass the nextCursor of a page unchanged";
            ApiError::of_parameter(Code::CursorInvalid, "cursor", detail)
        };
        self.cursor.as_ref().map(|text| read(text).ok_or_else(invalid)).transpose()
    }
}

/// The cursor of the page after this one, if it is full.
fn next<T, P: Serialize>(records: &[T], position: impl FnOnce(&T) -> P) -> Result<Option<String>, ApiError> {
    let last = records.last().filter(|_| records.len() as u64 == LIMIT);
    let encode = |last| Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&position(last)).map_err(ApiError::internal)?));
    last.map(encode).transpose()
}

fn expect_client(service: &Service, request: &HttpRequest) -> Result<(), ApiError> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match header.and_then(basic) {
        Some((id, secret)) if service.knows(&id, &secret) => Ok(()),
        Some(_) => Err(AuthError::Invalid("the client or its secret is wrong").into()),
        None => Err(AuthError::Missing.into()),
    }
}

/// Users of all companies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DirectoryUserPage {
    /// The users, by the time of their last change.
    data: Vec<DirectoryUser>,
    /// Pass it as `cursor` to get the next page; `null` on the last page.
    next_cursor: Option<String>,
}

/// List users of all companies
///
/// For services that show names: who was added, changed or removed, in the order of the changes. Needs client credentials
/// (`Authorization: Basic`).
#[utoipa::path(
    tag = "directory",
    security(("client" = [])),
    params(ListParameters),
    responses((status = 200, description = "A page of users", body = DirectoryUserPage), ReadErrors),
)]
#[get("/directory/users")]
pub(super) async fn list_directory_users(
    visitor: Visitor,
    request: HttpRequest,
    parameters: Query<ListParameters>,
) -> ApiResult {
    expect_client(&visitor.service, &request)?;
    let (since, after) = (parameters.0.changed_since, parameters.0.after()?);
    let data = visitor.service.users().directory_users(since, after, LIMIT).await?;
    let next_cursor = next(&data, |last| (last.updated_at, last.company_id, last.user_id))?;
    Ok(ApiResponse::ok(&DirectoryUserPage { data, next_cursor })?)
}

/// Teams of all companies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DirectoryTeamPage {
    /// The teams, by the time of their last change.
    data: Vec<DirectoryTeam>,
    /// Pass it as `cursor` to get the next page; `null` on the last page.
    next_cursor: Option<String>,
}

/// List teams of all companies
///
/// For services that must know whose records a user sees: who leads a team, and what it is part of. Needs client
/// credentials (`Authorization: Basic`).
#[utoipa::path(
    tag = "directory",
    security(("client" = [])),
    params(ListParameters),
    responses((status = 200, description = "A page of teams", body = DirectoryTeamPage), ReadErrors),
)]
#[get("/directory/teams")]
pub(super) async fn list_directory_teams(
    visitor: Visitor,
    request: HttpRequest,
    parameters: Query<ListParameters>,
) -> ApiResult {
    expect_client(&visitor.service, &request)?;
    let (since, after) = (parameters.0.changed_since, parameters.0.after()?);
    let data = visitor.service.users().directory_teams(since, after, LIMIT).await?;
    let next_cursor = next(&data, |last| (last.updated_at, last.company_id, last.team_id))?;
    Ok(ApiResponse::ok(&DirectoryTeamPage { data, next_cursor })?)
}

/// Companies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DirectoryCompanyPage {
    /// The companies, by the time of their last change.
    data: Vec<DirectoryCompany>,
    /// Pass it as `cursor` to get the next page; `null` on the last page.
    next_cursor: Option<String>,
}

/// List companies
///
/// For services that must know which companies are suspended. Needs client credentials (`Authorization: Basic`).
#[utoipa::path(
    tag = "directory",
    security(("client" = [])),
    params(ListParameters),
    responses((status = 200, description = "A page of companies", body = DirectoryCompanyPage), ReadErrors),
)]
#[get("/directory/companies")]
pub(super) async fn list_directory_companies(
    visitor: Visitor,
    request: HttpRequest,
    parameters: Query<ListParameters>,
) -> ApiResult {
    expect_client(&visitor.service, &request)?;
    let (since, after) = (parameters.0.changed_since, parameters.0.after()?);
    let data = visitor.service.users().directory_companies(since, after, LIMIT).await?;
    let next_cursor = next(&data, |last| (last.updated_at, last.company_id))?;
    Ok(ApiResponse::ok(&DirectoryCompanyPage { data, next_cursor })?)
}
