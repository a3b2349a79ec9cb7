//! Import and export of customers.

use std::collections::BTreeMap;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, post};
use chrono::Utc;
use crm_core::CompanyScope;
use crm_core::customers::{
    CustomerExport, CustomerKind, CustomerQuery, CustomerSearch, DateOrder, ExportFormat, ExportOptions, ImportFormat,
    ImportMode, ImportOptions, ImportOrganizations, ImportPreview, ImportReport, MatchBy, OptedOut,
};
use crm_core::ids::ImportMappingId;
use futures_util::stream::{Stream, try_unfold};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::imports::{ImportFile, ImportParts, ImportRequest};
use super::parameters::Filters;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::problem::responses::{Importing, ReadErrors};
use crm_web::problem::{ApiError, Code};
use crm_web::request::Caller;
use crm_web::request::{Flattened, Query, timed_out};
use crm_web::service::Limits;
use crm_web::timeout::within;

/// How to read the file.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportParameters {
    /// A saved mapping: it gives the mapping of the columns, and the parameters that the request leaves out.
    #[param(nullable = false)]
    mapping_id: Option<ImportMappingId>,
    /// `create` (the default): every row is a new customer. `update`: every row changes the customer that it matches.
    /// `upsert`: a row without a match is a new customer.
    #[param(inline, nullable = false)]
    mode: Option<ImportMode>,
    /// The field by which a row is matched to a customer. The default is `email`.
    #[param(inline, nullable = false)]
    match_by: Option<MatchBy>,
    /// The system that the file comes from, for example `hubspot`. Its ids become external references.
    #[param(nullable = false, min_length = 1, max_length = 64)]
    external_system: Option<String>,
    /// The order of day, month and year in the dates of the file. Without it dates are stored as typed.
    #[param(inline, nullable = false)]
    date_order: Option<DateOrder>,
    /// The kind of new customers. Without it, a row with an organization name and no person's name is an organization,
    /// and every other row is a person.
    #[param(inline, nullable = false)]
    default_kind: Option<CustomerKind>,
    /// What becomes of rows whose customer wants no e-mails. `mark` (the default): they are imported, and the e-mail address
    /// is marked. `skip`: they are left out.
    #[param(inline, nullable = false)]
    opted_out: Option<OptedOut>,
    /// What becomes of the organizations that new people name. `text` (the default): the name stays a text. `match`: people
    /// are linked with the organization of this name, if there is one. `create`: an organization that there is not is added.
    #[param(inline, nullable = false)]
    organizations: Option<ImportOrganizations>,
    /// The name of the sheet of a workbook (XLSX). Without it, the first visible one that has rows is read.
    #[param(nullable = false, min_length = 1, max_length = 31)]
    sheet: Option<String>,
    /// Reports what the import would do, and writes nothing.
    #[serde(default)]
    #[param(required = false, default = false)]
    dry_run: bool,
}

/// A file of customers.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "read by the extractor; this is its documentation")]
pub(super) struct CustomerImport {
    /// One of these, told by its content; the media type of the part counts where the content leaves it open:
    ///
    /// - a table as text (`text/csv`) with a line that names the columns, in UTF-8, UTF-16 or Windows-1252, separated by comma,
    ///   semicolon, tab or bar;
    /// - a workbook (`application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`);
    /// - cards of an address book (`text/vcard`, versions 2.1, 3.0 and 4.0);
    /// - an array of objects (`application/json`), or one object per line (`application/x-ndjson`).
    ///
    /// A file other than CSV has at most 20 MiB.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// A JSON object that maps column headers to fields, for columns that are not recognized correctly: a field
    /// (`email`), a member of the custom fields (`customFields.tier`), `externalRef` for the id in the external system,
    /// `emails` and `phones` for further ones, `tags` for tag names separated by semicolons or commas, `notes` for shared notes,
    /// `emails.optedOut`, `deleted`, or `null` to ignore the column. For example
    /// `{"Mail": "email", "Tier": "customFields.tier", "Notes": null}`. `#3` stands for the third column, whatever its
    /// header.
    // Swagger UI sends the example with every file, so it must be valid for any file.
    #[schema(example = "{}")]
    mapping: Option<String>,
}

impl ImportParameters {
    fn request(self, mapping: Option<&str>) -> Result<ImportRequest, ApiError> {
        let Self { mapping_id, mode, match_by, external_system, date_order, .. } = self;
        let Self { default_kind, opted_out, organizations, sheet, dry_run, .. } = self;
        let mapping = mapping.map_or(Ok(BTreeMap::new()), serde_json::from_str).map_err(|error| {
            let detail = format!("mapping is a JSON object of headers and fields: {error}");
            ApiError::of_parameter(Code::MappingInvalid, "mapping", detail)
        })?;
        Ok(ImportRequest {
            mapping_id,
            mode,
            match_by,
            external_system,
            date_order,
            default_kind,
            opted_out,
            organizations,
            sheet,
            dry_run,
            mapping,
        })
    }

    /// The options, on those of a saved mapping where one is named.
    async fn options(
        self,
        scope: &mut CompanyScope<'_>,
        (mapping, format): (Option<&str>, Option<ImportFormat>),
        limits: Limits,
    ) -> Result<ImportOptions, ApiError> {
        let missing = |detail| ApiError::of_parameter(Code::Invalid, "mappingId", detail);
        let options = self.request(mapping)?.options(scope, missing).await?;
        Ok(ImportOptions { format, batch_time: Some(limits.request_time), ..options })
    }
}

/// Import customers
///
/// Reads customers from a file that another system exported: a table (CSV), a workbook (XLSX), cards (vCard) or JSON. Each
/// card or object is a row, and its properties or members are the columns. Headers are recognized by their words, and `columns` in
/// the answer lists the field of each column. Further e-mail addresses and telephone numbers become contact points, labels
/// and categories tags, and notes shared notes. Columns without a matching field are stored in `customFields`. An empty
/// cell changes nothing; `-`, `N/A`, `NULL`, `none` and `unknown` are empty cells. A row with an error is refused and
/// reported with its number; the other rows are imported. Rows that the other system has deleted and lines below the table
/// are left out, with a warning. With `upsert`, a row without the value that others are matched by is matched by another
/// key that it has, or is new. An unclosed quotation mark is an error of its line, and reading continues with the next
/// line. A file written by the export can be imported again; its `tags` replace the tags of a customer, and missing
/// tags are created. Try an import with `dryRun=true` first. Managers and administrators only.
#[utoipa::path(
    tag = "customers",
    params(ImportParameters),
    request_body(content = CustomerImport, content_type = "multipart/form-data", description = "The file"),
    responses((status = 200, description = "The result of the import", body = ImportReport), Importing),
)]
#[post("/customers/import")]
pub(super) async fn import_customers(caller: Caller, query: Query<ImportParameters>, file: ImportFile) -> ApiResult {
    let (ImportParts { file, format, mapping, .. }, mut scope) = (file.parts(), caller.scope());
    let options = query.0.options(&mut scope, (mapping.as_deref(), format), caller.limits()).await?;
    let report = scope.customers().import(file, options).await?;
    Ok(ApiResponse::ok(&report)?)
}

/// Preview an import
///
/// Tells what an import of the file with the same parameters would make of it: how the file is laid out, what each column
/// is taken for and why, its first values, and the errors and warnings of the first 100 rows. `mapping` in the answer can
/// be corrected and sent with the import. `savedMapping` is the mapping that your company has saved for files with the
/// same headers. A file without the columns that the import needs is a 200 with a `problem`. Writes nothing. Managers and
/// administrators only.
#[utoipa::path(
    tag = "customers",
    params(ImportParameters),
    request_body(content = CustomerImport, content_type = "multipart/form-data", description = "The file"),
    responses((status = 200, description = "What the file is taken for", body = ImportPreview), Importing),
)]
#[post("/customers/import/preview")]
pub(super) async fn preview_import(caller: Caller, query: Query<ImportParameters>, file: ImportFile) -> ApiResult {
    let (ImportParts { file, format, mapping, .. }, mut scope) = (file.parts(), caller.scope());
    let options = query.0.options(&mut scope, (mapping.as_deref(), format), caller.limits()).await?;
    let preview = scope.customers().preview_import(file, options).await?;
    Ok(ApiResponse::ok(&preview)?)
}

/// The contents and the format of an export.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportParameters {
    /// Only customers that a search for these words finds. Without it, all that the filters select.
    #[param(nullable = false, min_length = 1, max_length = 200, example = "harbour")]
    q: Option<String>,
    /// `csv` (the default): a table for spreadsheets. `xlsx`: the same as a workbook, which is sent when its last row is
    /// known. `ndjson`: one customer per line, as JSON. These can be imported again. `vcard`: cards for address books, with
    /// names, the firm, ways to reach the customer, tags, language and time zone.
    #[serde(default)]
    #[param(inline, required = false)]
    format: ExportFormat,
    /// Whether each customer has its shared notes: in CSV and XLSX as a list in the column `notes`, in NDJSON as a member, on
    /// cards as `NOTE`. Private notes are never exported.
    #[serde(default)]
    #[param(required = false, default = false)]
    include_notes: bool,
    /// Export the trash instead. Managers and administrators only.
    #[serde(default)]
    #[param(required = false, default = false)]
    trashed: bool,
}

/// Export customers
///
/// All customers that match the filters and the search words, in one file, in the order in which they were added.
/// Importing the file again changes nothing. If the connection breaks, the file is incomplete. Exports are audited.
/// Managers and administrators only.
#[utoipa::path(
    tag = "customers",
    params(Filters, ExportParameters),
    responses(
        (status = 200, description = "The file", headers(
                ("Content-Disposition" = String, description = "The suggested file name"),
            ),
            content(
                (String = "text/csv"),
                (String = "application/x-ndjson"),
                (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (String = "text/vcard"),
            ),
        ),
        ReadErrors,
    ),
)]
#[get("/customers/export")]
pub(super) async fn export_customers(
    caller: Caller,
    query: Query<Flattened<Filters, ExportParameters>>,
) -> Result<HttpResponse, ApiError> {
    let Query(Flattened { shared: filters, own: ExportParameters { q, format, include_notes, trashed } }) = query;
    let search = CustomerSearch { text: words(q)?, query: CustomerQuery { trashed, ..filters.query()? } };
    let export = caller.scope().export_customers(search, ExportOptions { format, include_notes }).await?;
    Ok(file(export, caller.limits()))
}

/// The search words. Words that are there but empty would export everybody.
fn words(q: Option<String>) -> Result<String, ApiError> {
    match q {
        Some(q) if q.trim().is_empty() => {
            Err(ApiError::of_parameter(Code::ParameterInvalid, "q", "say what to search for, or leave it out"))
        }
        q => Ok(q.unwrap_or_default()),
    }
}

/// Streams an export while it is read from the database.
fn file(export: CustomerExport<'static>, limits: Limits) -> HttpResponse {
    let format = export.format();
    let chunks = try_unfold(export, move |mut export| async move {
        let chunk = piece(limits, export.next_chunk()).await?;
        Ok::<_, ApiError>(chunk.map(|chunk| (chunk, export)))
    });
    download("customers", format, chunks)
}

/// The next piece of an export.
pub(in super::super) async fn piece(
    limits: Limits,
    next: impl Future<Output = crm_core::Result<Option<Vec<u8>>>>,
) -> Result<Option<Bytes>, ApiError> {
    let chunk = within(limits.request_time, next).await;
    let chunk = chunk.map_or_else(|| Err(timed_out()), |chunk| chunk.map_err(ApiError::from));
    // The status has been sent already, so the only way to report the error is to break the connection.
    Ok(chunk.inspect_err(ApiError::log)?.map(Bytes::from))
}

/// The answer with an export of these records.
pub(in super::super) fn download(
    records: &str,
    format: ExportFormat,
    chunks: impl Stream<Item = Result<Bytes, ApiError>> + 'static,
) -> HttpResponse {
    let extension = format.extension();
    let name = format!("attachment; filename=\"{records}-{}.{extension}\"", Utc::now().format("%Y-%m-%d"));
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.content_type()))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .streaming(chunks)
}
