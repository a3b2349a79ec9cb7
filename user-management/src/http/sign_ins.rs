//! The log of attempts to sign in.

use actix_web::get;
use crm_core::ids::UserId;
use crm_web::page::{List, PageParameters};
use crm_web::problem::responses::ReadErrors;
use crm_web::request::ListParams;
use crm_web::{ApiResponse, ApiResult};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::gate::{Authenticated, Visitor};
use crate::sign_ins::{SignIn, SignInOutcome, SignInQuery};

type SignInList = List<SignIn>;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_sign_ins);
}

/// Which attempts to list.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only attempts of this user.
    #[param(nullable = false)]
    user_id: Option<UserId>,
    /// Only attempts that ended like this.
    #[param(inline, nullable = false)]
    outcome: Option<SignInOutcome>,
}

/// List attempts to sign in
///
/// Newest first, with the outcome and the address of the client. Administrators see those of their company, all others
/// their own.
#[utoipa::path(
    tag = "sign-ins",
    params(ListParameters, PageParameters),
    responses((status = 200, description = "A page of attempts", body = SignInList), ReadErrors),
)]
#[get("/sign-ins")]
pub(super) async fn list_sign_ins(
    caller: Authenticated,
    visitor: Visitor,
    listing: ListParams<ListParameters>,
) -> ApiResult {
    let ListParameters { user_id, outcome } = listing.query;
    let query = SignInQuery { user_id, outcome };
    let page = visitor.service.users().sign_ins(&caller).list(&query, &listing.page).await?;
    Ok(ApiResponse::ok(&SignInList::from(page))?)
}
