//! Import and export of leads.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, post};
use crm_core::customers::{
    CustomerKind, DateOrder, ExportFormat, ImportFormat, ImportMode, ImportOptions, ImportReport, MatchBy, OptedOut,
};
use futures_util::stream::try_unfold;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::parameters::ListParameters;
use crate::features::customers::{download, piece};
use crate::features::imports::{ImportFile, ImportParts};
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::problem::responses::{Importing, ReadErrors};
use crm_web::problem::{ApiError, Code};
use crm_web::request::{Caller, Flatten, Flattened, Query};
use crm_web::service::Limits;

/// How to read the file.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LeadImportParameters {
    /// `create` (the default): every row is a new lead. `update`: every row changes the lead that it matches. `upsert`: a row
    /// without a match is a new lead.
    #[param(inline, nullable = false)]
    mode: Option<ImportMode>,
    /// The field by which a row is matched to a lead. The default is `email`. Leads may repeat each other: a row that matches
    /// several is refused.
    #[param(inline, nullable = false)]
    match_by: Option<MatchBy>,
    /// The system that the file comes from, for example `hubspot`. Its ids become external references.
    #[param(nullable = false, min_length = 1, max_length = 64)]
    external_system: Option<String>,
    /// The order of day, month and year in the dates of the file. Without it dates are stored as typed.
    #[param(inline, nullable = false)]
    date_order: Option<DateOrder>,
    /// The kind of new leads. Without it, a row with an organization name and no person's name is an organization, and every
    /// other row is a person.
    #[param(inline, nullable = false)]
    default_kind: Option<CustomerKind>,
    /// What becomes of rows of leads who want no e-mails. `mark` (the default): they are imported, and the e-mail address is
    /// marked. `skip`: they are left out.
    #[param(inline, nullable = false)]
    opted_out: Option<OptedOut>,
    /// The name of the sheet of a workbook (XLSX). Without it, the first visible one that has rows is read.
    #[param(nullable = false, min_length = 1, max_length = 31)]
    sheet: Option<String>,
    /// Reports what the import would do, and writes nothing.
    #[serde(default)]
    #[param(required = false, default = false)]
    dry_run: bool,
}

/// A file of leads.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "read by the extractor; this is its documentation")]
pub(super) struct LeadImport {
    /// A table as text (`text/csv`), a workbook, cards (`text/vcard`), an array of objects (`application/json`), or one object
    /// per line (`application/x-ndjson`), as with an import of customers. A file other than CSV has at most 20 MiB.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// A JSON object that maps column headers to fields, as with an import of customers: a field of a lead (`rating`,
    /// `utmCampaign`), a member of the custom fields (`customFields.tier`), `externalRef`, `emails`, `phones`, `tags`, `notes`,
    /// or `null` to ignore the column. `#3` stands for the third column.
    // Swagger UI sends the example with every file, so it must be valid for any file.
    #[schema(example = "{}")]
    mapping: Option<String>,
}

impl LeadImportParameters {
    fn options(
        self,
        (mapping, format): (Option<&str>, Option<ImportFormat>),
        limits: Limits,
    ) -> Result<ImportOptions, ApiError> {
        let Self { mode, match_by, external_system, date_order, default_kind, opted_out, sheet, dry_run } = self;
        let mapping = mapping.map_or(Ok(BTreeMap::new()), serde_json::from_str).map_err(|error| {
            let detail = format!("mapping is a JSON object of headers and fields: {error}");
            ApiError::of_parameter(Code::MappingInvalid, "mapping", detail)
        })?;
        Ok(ImportOptions {
            mode: mode.unwrap_or_default(),
            match_by: match_by.unwrap_or_default(),
            external_system,
            date_order,
            default_kind,
            opted_out: opted_out.unwrap_or_default(),
            sheet,
            dry_run,
            mapping,
            format,
            batch_time: Some(limits.request_time),
            ..ImportOptions::default()
        })
    }
}

/// Import leads
///
/// Reads leads from a file that another system exported, as an import of customers does: headers are recognized by their words,
/// and `columns` in the answer lists the field of each column. Beside the fields of customers that leads have there are theirs:
/// `status` (by name or code), `statusReason`, `sourceDetail`, `utmSource` and the other marks of a campaign, `referredBy`,
/// `rating`, `priority`, `estimatedValue`, `expectedCloseDate`, `lostReason`, `lostNotes`, `doNotCall` and `doNotEmail`. Columns
/// without a field are stored in `customFields`. Rows are matched to leads that were not converted, and only leads are
/// written. A row with an error is refused and reported with its number; the other rows are imported. A file written by the
/// export can be imported again. Try an import with `dryRun=true` first, which compares rows with leads and with the rows of
/// the same 500. Managers and administrators only.
#[utoipa::path(
    tag = "leads",
    params(LeadImportParameters),
    request_body(content = LeadImport, content_type = "multipart/form-data", description = "The file"),
    responses((status = 200, description = "The result of the import", body = ImportReport), Importing),
)]
#[post("/leads/import")]
pub(super) async fn import_leads(caller: Caller, query: Query<LeadImportParameters>, file: ImportFile) -> ApiResult {
    let ImportParts { file, format, mapping, .. } = file.parts();
    let options = query.0.options((mapping.as_deref(), format), caller.limits())?;
    let report = caller.scope().leads().import(file, options).await?;
    Ok(ApiResponse::ok(&report)?)
}

/// The format of an export.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LeadExportParameters {
    /// `csv` (the default): a table for spreadsheets. `xlsx`: the same as a workbook, which is sent when its last row is
    /// known. `ndjson`: one lead per line, as JSON. These can be imported again. `vcard`: cards for address books.
    #[serde(default)]
    #[param(inline, required = false)]
    format: ExportFormat,
}

impl Flatten for LeadExportParameters {
    const NAMES: &'static [&'static str] = &["format"];
}

/// Export leads
///
/// All leads that match the filters of the list, in one file, in the order in which they were added; without those that are
/// archived or were converted, unless the filters ask for them. Imported into a company without leads, the file makes the same
/// leads, but for their ids, times, conversions, and what belongs to them beside tags. If the connection breaks, the file is
/// incomplete. Exports are audited. Managers and administrators only.
#[utoipa::path(
    tag = "leads",
    params(ListParameters, LeadExportParameters),
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
#[get("/leads/export")]
pub(super) async fn export_leads(
    caller: Caller,
    query: Query<Flattened<LeadExportParameters, ListParameters>>,
) -> Result<HttpResponse, ApiError> {
    let Query(Flattened { shared: LeadExportParameters { format }, own: filters }) = query;
    let limits = caller.limits();
    let export = caller.scope().export_leads(filters.query()?, format).await?;
    let chunks = try_unfold(export, move |mut export| async move {
        let chunk = piece(limits, export.next_chunk()).await?;
        Ok::<_, ApiError>(chunk.map(|chunk| (chunk, export)))
    });
    Ok(download("leads", format, chunks))
}
