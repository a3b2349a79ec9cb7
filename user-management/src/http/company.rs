//! The caller's company.

use actix_web::{get, patch};
use crm_web::headers::{IfMatchParameter, IfNoneMatchParameter, NotModified};
use crm_web::problem::responses::{GetErrors, WriteErrors};
use crm_web::request::{IfMatch, JsonBody};
use crm_web::{ApiResponse, ApiResult, Versioned};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::gate::{Authenticated, Visitor};
use crate::companies::Company;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_company).service(rename_company);
}

impl Versioned for Company {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Read your company
///
/// The company of the token.
#[utoipa::path(
    tag = "company",
    params(IfNoneMatchParameter),
    responses((status = 200, description = "The company", body = Company), NotModified, GetErrors),
)]
#[get("/company")]
pub(super) async fn get_company(caller: Authenticated, visitor: Visitor) -> ApiResult {
    Ok(ApiResponse::tagged(&visitor.service.users().company(&caller).get().await?)?)
}

/// A new name of the company.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CompanyPatch {
    /// The name.
    #[schema(example = "Acme", max_length = 200)]
    name: String,
}

/// Rename your company
///
/// Administrators only.
#[utoipa::path(
    tag = "company",
    params(IfMatchParameter),
    request_body(content = CompanyPatch, description = "The name"),
    responses((status = 200, description = "The company", body = Company), WriteErrors),
)]
#[patch("/company")]
pub(super) async fn rename_company(
    caller: Authenticated,
    visitor: Visitor,
    seen: IfMatch,
    body: JsonBody<CompanyPatch>,
) -> ApiResult {
    let company = visitor.service.users().company(&caller).rename(&body.value.name, seen.0).await?;
    Ok(ApiResponse::tagged(&company)?)
}
