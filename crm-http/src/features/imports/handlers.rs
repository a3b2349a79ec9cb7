//! Storing, starting, watching and reverting imports.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, delete, get, post};
use crm_core::CompanyScope;
use crm_core::Malformed;
use crm_core::customers::{FailedRows, ImportPreview, ImportRevert, RevertedImport, StoredImport};
use crm_core::ids::ImportId;
use crm_core::jobs::Job;
use futures_util::stream::try_unfold;
use serde::Deserialize;
use utoipa::ToSchema;

use super::parameters::ImportRequest;
use super::{ImportFile, ImportList, ImportParts};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IdempotencyKeyParameter;
use crm_web::problem::responses::{ActionErrors, CreateChildErrors, GetErrors, Importing, ReadErrors};
use crm_web::problem::{ApiError, Code};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, JsonBody, timed_out};
use crm_web::timeout::within;

/// A file to store.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "read by the extractor; this is its documentation")]
pub(super) struct NewImport {
    /// A table (CSV), a workbook (XLSX), cards (vCard) or JSON, as the import of customers takes them.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// List stored imports
///
/// The files that you have stored, with what became of them, newest first. Nobody else sees them. A file is kept for a day;
/// what an import has done is kept for 30 days, so that it can be reverted. Managers and administrators only.
#[utoipa::path(
    tag = "imports",
    responses((status = 200, description = "Your stored files", body = ImportList), ReadErrors),
)]
#[get("/imports")]
pub(super) async fn list_imports(caller: Caller) -> ApiResult {
    let data = caller.scope().imports().list().await?;
    Ok(ApiResponse::ok(&ImportList { data })?)
}

/// Store a file for an import
///
/// Keeps a file for a day, so that a job can import it: for files that take longer than a request may, and for imports that
/// can be reverted. Look at it (`preview`), try it (`start` with `dryRun`), then import it. Of each user 20 files are kept;
/// more push out the oldest. Managers and administrators only.
#[utoipa::path(
    tag = "imports",
    request_body(content = NewImport, content_type = "multipart/form-data", description = "The file"),
    responses((status = 201, description = "The file is stored", body = StoredImport), Importing),
)]
#[post("/imports")]
pub(super) async fn create_import(caller: Caller, file: ImportFile) -> ApiResult {
    let ImportParts { file, name, format, mapping } = file.parts();
    if mapping.is_some() {
        return Err(ApiError::of_parameter(
            Code::UnknownField,
            "mapping",
            "send the mapping when you start the import",
        ));
    }
    let mut scope = caller.scope();
    // Storing a file has no time limit, so it begins only where the database answers within that of other requests.
    let files = within(caller.limits().request_time, scope.imports().list()).await;
    files.ok_or_else(timed_out)??;
    let import = scope.imports().add_as(&name, format, file).await?;
    Ok(ApiResponse::added(import.id, &import)?)
}

/// Read a stored import
///
/// The file, the options and the report so far. Its job (`jobId`) tells how far it is, and can be cancelled and retried:
/// a retried import goes on after the last row that it has written. Only your own files are found.
#[utoipa::path(
    tag = "imports",
    responses((status = 200, description = "The stored file", body = StoredImport), GetErrors),
)]
#[get("/imports/{importId}")]
pub(super) async fn get_import(caller: Caller, id: Id<ImportId>) -> ApiResult {
    Ok(ApiResponse::ok(&caller.scope().imports().get(*id).await?)?)
}

/// Preview a stored import
///
/// Tells what the import would make of the file with these options: see the preview of an import. Writes nothing. A file
/// that is imported already is not there any more, and is a 404.
#[utoipa::path(
    tag = "imports",
    request_body(content = ImportRequest, description = "How to read the file"),
    responses((status = 200, description = "What the file is taken for", body = ImportPreview), CreateChildErrors),
)]
#[post("/imports/{importId}/preview")]
pub(super) async fn preview_stored_import(
    caller: Caller,
    id: Id<ImportId>,
    body: JsonBody<ImportRequest>,
) -> ApiResult {
    let mut scope = caller.scope();
    let options = body.value.options(&mut scope, no_mapping).await?;
    Ok(ApiResponse::ok(&scope.imports().preview(*id, &options).await.map_err(in_body)?)?)
}

/// Start an import
///
/// Starts a job that imports the file, or tries it out with `dryRun`. The import itself is started once; starting it again
/// changes nothing and gives the same answer. The job has the rights that you have now. Rows with errors are left out and
/// reported, and `failed-rows` has them as a file.
#[utoipa::path(
    tag = "imports",
    params(IdempotencyKeyParameter),
    request_body(content = ImportRequest, description = "How to read the file"),
    responses((status = 202, description = "The file, with its job", body = StoredImport), CreateChildErrors),
)]
#[post("/imports/{importId}/start")]
pub(super) async fn start_import(
    caller: Caller,
    id: Id<ImportId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<ImportRequest>,
) -> ApiResult {
    let JsonBody { value, fingerprint } = body;
    let options = value.options(&mut caller.scope(), no_mapping).await?;
    let start = async |scope: &mut CompanyScope<'_>| {
        let import = scope.imports().start(*id, options.clone()).await.map_err(in_json)?;
        ApiResponse::started(&import)
    };
    key.once(&caller, "startImport", &fingerprint, start).await
}

/// Read the rows that failed
///
/// The rows that were not imported, as a CSV file with the reasons in the last column. Mended, it can be imported again.
/// Empty as long as there are none. It is kept for a day.
#[utoipa::path(
    tag = "imports",
    responses(
        (status = 200, description = "The file", headers(
                ("Content-Disposition" = String, description = "The suggested file name"),
            ),
            content((String = "text/csv")),
        ),
        GetErrors,
    ),
)]
#[get("/imports/{importId}/failed-rows")]
pub(super) async fn list_failed_rows(caller: Caller, id: Id<ImportId>) -> Result<HttpResponse, ApiError> {
    let (id, mut scope) = (*id, caller.scope());
    scope.imports().get(id).await?;
    let pieces = try_unfold((scope, None), move |(mut scope, after)| async move {
        let piece = scope.imports().failed_rows(id, after).await.map_err(ApiError::from);
        // The status has been sent already, so the only way to report the error is to break the connection.
        let piece = piece.inspect_err(ApiError::log)?;
        let next = |FailedRows { number, content, .. }| (Bytes::from(content), (scope, Some(number)));
        Ok::<_, ApiError>(piece.map(next))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"failed-rows.csv\""))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .streaming(pieces))
}

/// Whether to revert an import, or only to count.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ImportReversal {
    /// Only count, and write nothing.
    #[serde(default)]
    #[schema(default = false)]
    dry_run: bool,
}

/// Revert an import
///
/// Once and within 30 days: the customers that the import has added go to the trash, those that it has changed are as
/// before. Customers that were changed since are told, and left as they are. More than 1,000 customers are reverted by a
/// job. With `dryRun` nothing is written.
#[utoipa::path(
    tag = "imports",
    params(IdempotencyKeyParameter),
    request_body(content = ImportReversal, description = "Whether to count only"),
    responses(
        (status = 200, description = "What came of it", body = RevertedImport),
        (status = 202, description = "The job that reverts the import", body = Job),
        CreateChildErrors,
    ),
)]
#[post("/imports/{importId}/revert")]
pub(super) async fn revert_import(
    caller: Caller,
    id: Id<ImportId>,
    key: IdempotencyKeyHeader,
    body: JsonBody<ImportReversal>,
) -> ApiResult {
    let JsonBody { value: ImportReversal { dry_run }, fingerprint } = body;
    let revert = async |scope: &mut CompanyScope<'_>| match scope.imports().revert(*id, dry_run).await? {
        ImportRevert::Done(outcome) => ApiResponse::ok(&outcome),
        ImportRevert::Started(job) => ApiResponse::accepted(&*job),
    };
    key.once(&caller, "revertImport", &fingerprint, revert).await
}

/// Delete a stored import
///
/// Deletes the file and cancels its job. What it has imported stays, and cannot be reverted any more.
#[utoipa::path(
    tag = "imports",
    responses((status = 204, description = "The file is deleted"), ActionErrors),
)]
#[delete("/imports/{importId}")]
pub(super) async fn delete_import(caller: Caller, id: Id<ImportId>) -> ApiResult {
    caller.scope().imports().remove(*id).await?;
    Ok(ApiResponse::no_content())
}

fn no_mapping(detail: &'static str) -> ApiError {
    ApiError::of_field(Code::Invalid, "/mappingId", detail)
}

/// The options are members of the body here, not parameters of the query.
fn in_json(error: crm_core::Error) -> crm_core::Error {
    match error {
        crm_core::Error::Malformed(Malformed { code, at, detail }) if at != "file" => {
            Malformed { code, at: format!("/{at}"), detail }.into()
        }
        error => error,
    }
}

fn in_body(error: crm_core::Error) -> ApiError {
    in_json(error).into()
}
