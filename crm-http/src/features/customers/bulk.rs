//! Bulk actions on customers.

use actix_web::post;
use crm_core::customers::{BulkAction, BulkAnswer, BulkOutcome, BulkRequest, BulkUndo, BulkUndone};
use crm_core::ids::{BulkActionId, CustomerId};
use crm_core::jobs::Job;
use serde::Deserialize;
use utoipa::ToSchema;

use super::parameters::BulkQuery;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IdempotencyKeyParameter;
use crm_web::problem::ApiError;
use crm_web::problem::responses::{ActionErrors, CreateErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, JsonBody};

/// What to do, and with which customers: either `ids` or `query`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BulkBody {
    /// What to do with each customer.
    action: BulkAction,
    /// The ids of the customers; at most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    ids: Option<Vec<CustomerId>>,
    /// The customers, as a search; `{}` selects all that are not archived. At most 100,000.
    query: Option<BulkQuery>,
    /// Only count, and write nothing.
    #[serde(default)]
    #[schema(default = false)]
    dry_run: bool,
}

impl BulkBody {
    fn request(self) -> Result<BulkRequest, ApiError> {
        let Self { action, ids, query, dry_run } = self;
        let query = query.map(BulkQuery::search).transpose()?;
        Ok(BulkRequest { action, ids, query, dry_run })
    }
}

/// Change many customers
///
/// Sets the owner or the status of customers, adds or removes tags, archives customers or moves them to the trash. Each
/// customer is changed as by a single request: with the same rights, its own history and its own event. What you may not
/// change is counted as refused, and the other customers are changed. With `dryRun` nothing is written, and the counts are
/// the same. Up to 1,000 customers are changed at once. More are changed by a job, which has the counts as its result, and
/// whose id is that of the bulk action. A bulk action can be undone once, for 24 hours.
#[utoipa::path(
    tag = "customers",
    params(IdempotencyKeyParameter),
    request_body(content = BulkBody, description = "What to do, and with which customers"),
    responses(
        (status = 200, description = "The counts", body = BulkOutcome),
        (status = 202, description = "The job that changes the customers", body = Job),
        CreateErrors,
    ),
)]
#[post("/customers/bulk")]
pub(super) async fn bulk_update_customers(
    caller: Caller,
    key: IdempotencyKeyHeader,
    body: JsonBody<BulkBody>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let request = value.request()?;
    let update = async |scope: &mut crm_core::CompanyScope<'_>| match scope.customers().bulk(request.clone()).await? {
        BulkAnswer::Done(outcome) => ApiResponse::ok(&outcome),
        BulkAnswer::Started(job) => ApiResponse::accepted(&*job),
    };
    key.once(&caller, "bulkUpdateCustomers", &fingerprint, update).await
}

/// Undo a change of many customers
///
/// Puts back what the bulk action changed, once and within 24 hours. Customers that have changed since are left as they are,
/// and counted as skipped. A deletion is undone by restoring from the trash. Undoing more than 1,000 customers is done by a
/// job. Bulk actions of other users are found by administrators only. Undoing an action whose job was cancelled puts back
/// what the job had done.
#[utoipa::path(
    tag = "customers",
    params(IdempotencyKeyParameter),
    responses(
        (status = 200, description = "The counts", body = BulkUndone),
        (status = 202, description = "The job that puts the customers back", body = Job),
        ActionErrors,
    ),
)]
#[post("/customers/bulk/{bulkActionId}/undo")]
pub(super) async fn undo_bulk_update(caller: Caller, id: Id<BulkActionId>, key: IdempotencyKeyHeader) -> ApiResult {
    let undo = async |scope: &mut crm_core::CompanyScope<'_>| match scope.customers().undo_bulk(*id).await? {
        BulkUndo::Done(undone) => ApiResponse::ok(&undone),
        BulkUndo::Started(job) => ApiResponse::accepted(&*job),
    };
    key.once(&caller, "undoBulkUpdate", "", undo).await
}
