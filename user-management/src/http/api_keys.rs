//! API keys of the company.

use actix_web::{delete, get, patch, post};
use crm_web::headers::{IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::page::{List, PageParameters};
use crm_web::problem::responses::{ActionErrors, CreateErrors, GetErrors, ReadErrors, WriteErrors};
use crm_web::request::{Id, IfMatch, JsonBody, ListParams, NoParameters, PathId};
use crm_web::{ApiResponse, ApiResult, Versioned};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::gate::{Authenticated, Visitor};
use crate::api_keys::{ApiKey, CreatedApiKey, NewApiKey};
use crate::base::ids::ApiKeyId;

type ApiKeyList = List<ApiKey>;

impl PathId for ApiKeyId {
    const NAME: &'static str = "apiKeyId";
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_api_keys)
        .service(create_api_key)
        .service(get_api_key)
        .service(rename_api_key)
        .service(revoke_api_key);
}

impl Versioned for ApiKey {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for CreatedApiKey {
    fn version(&self) -> i64 {
        self.api_key.version
    }
}

/// List API keys
///
/// The API keys of your company, newest first, without the keys themselves. Administrators only.
#[utoipa::path(
    tag = "api-keys",
    params(PageParameters),
    responses((status = 200, description = "A page of API keys", body = ApiKeyList), ReadErrors),
)]
#[get("/api-keys")]
pub(super) async fn list_api_keys(
    caller: Authenticated,
    visitor: Visitor,
    listing: ListParams<NoParameters>,
) -> ApiResult {
    let page = visitor.service.users().api_keys(&caller).list(&listing.page).await?;
    Ok(ApiResponse::ok(&ApiKeyList::from(page))?)
}

/// Add an API key
///
/// A key with which another program acts in your company: it exchanges it for access tokens at `POST /oauth2/token`, or
/// sends it as a bearer token to services that introspect tokens. The answer has the key, which is not shown again.
/// Administrators only.
#[utoipa::path(
    tag = "api-keys",
    request_body(content = NewApiKey, description = "The API key"),
    responses((status = 201, description = "The API key, with the key", body = CreatedApiKey), CreateErrors),
)]
#[post("/api-keys")]
pub(super) async fn create_api_key(caller: Authenticated, visitor: Visitor, body: JsonBody<NewApiKey>) -> ApiResult {
    let created = visitor.service.users().api_keys(&caller).create(body.value).await?;
    Ok(ApiResponse::created(created.api_key.id, &created)?)
}

/// Read an API key
///
/// The API key, without the key itself. Administrators only.
#[utoipa::path(
    tag = "api-keys",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The API key", body = ApiKey), NotModified, GetErrors),
)]
#[get("/api-keys/{apiKeyId}")]
pub(super) async fn get_api_key(caller: Authenticated, visitor: Visitor, id: Id<ApiKeyId>) -> ApiResult {
    Ok(ApiResponse::tagged(&visitor.service.users().api_keys(&caller).get(*id).await?)?)
}

/// A new name of an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApiKeyPatch {
    /// The name.
    #[schema(example = "Web shop", max_length = 200)]
    name: String,
}

/// Rename an API key
///
/// Its rights do not change; for other rights add another key. Administrators only.
#[utoipa::path(
    tag = "api-keys",
    params(IfMatchParameter),
    request_body(content = ApiKeyPatch, description = "The name"),
    responses((status = 200, description = "The API key", body = ApiKey), WriteErrors),
)]
#[patch("/api-keys/{apiKeyId}")]
pub(super) async fn rename_api_key(
    caller: Authenticated,
    visitor: Visitor,
    id: Id<ApiKeyId>,
    seen: IfMatch,
    body: JsonBody<ApiKeyPatch>,
) -> ApiResult {
    let renamed = visitor.service.users().api_keys(&caller).rename(*id, &body.value.name, seen.0).await?;
    Ok(ApiResponse::tagged(&renamed)?)
}

/// Revoke an API key
///
/// The key and its access tokens are void at once. The entry remains, so that the log can be read. Administrators only.
#[utoipa::path(
    tag = "api-keys",
    params(IfMatchParameter),
    responses((status = 200, description = "The revoked API key", body = ApiKey), ActionErrors),
)]
#[delete("/api-keys/{apiKeyId}")]
pub(super) async fn revoke_api_key(
    caller: Authenticated,
    visitor: Visitor,
    id: Id<ApiKeyId>,
    seen: IfMatch,
) -> ApiResult {
    Ok(ApiResponse::tagged(&visitor.service.users().api_keys(&caller).revoke(*id, seen.0).await?)?)
}
