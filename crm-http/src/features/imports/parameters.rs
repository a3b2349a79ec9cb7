//! How to read a file.

use std::collections::BTreeMap;

use crm_core::CompanyScope;
use crm_core::customers::{CustomerKind, DateOrder, ImportMode, ImportOptions, ImportOrganizations, MatchBy, OptedOut};
use crm_core::ids::ImportMappingId;
use serde::Deserialize;
use utoipa::ToSchema;

use crm_web::problem::ApiError;

/// How to import a file. What is left out comes from the saved mapping, or is the default.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct ImportRequest {
    /// A saved mapping: it gives the mapping of the columns, and the options that are left out here.
    pub mapping_id: Option<ImportMappingId>,
    /// `create` (the default): every row is a new customer. `update`: every row changes the customer that it matches.
    /// `upsert`: a row without a match is a new customer.
    pub mode: Option<ImportMode>,
    /// The field by which a row is matched to a customer. The default is `email`.
    pub match_by: Option<MatchBy>,
    /// The system that the file comes from, for example `hubspot`. Its ids become external references.
    #[schema(min_length = 1, max_length = 64)]
    pub external_system: Option<String>,
    /// The order of day, month and year in the dates of the file. Without it dates are stored as typed.
    pub date_order: Option<DateOrder>,
    /// The kind of new customers. Without it, a row with an organization name and no person's name is an organization,
    /// and every other row is a person.
    pub default_kind: Option<CustomerKind>,
    /// What becomes of rows whose customer wants no e-mails. `mark` (the default): they are imported, and the e-mail
    /// address is marked. `skip`: they are left out.
    pub opted_out: Option<OptedOut>,
    /// What becomes of the organizations that new people name. `text` (the default): the name stays a text. `match`: people
    /// are linked with the organization of this name, if there is one. `create`: an organization that there is not is added.
    pub organizations: Option<ImportOrganizations>,
    /// The name of the sheet of a workbook (XLSX). Without it, the first visible one that has rows is read.
    #[schema(min_length = 1, max_length = 31)]
    pub sheet: Option<String>,
    /// Reports what the import would do, and writes nothing. A dry run can be repeated.
    #[schema(default = false)]
    pub dry_run: bool,
    /// The fields of columns that are not recognized correctly, by their headers; see the import of customers.
    pub mapping: BTreeMap<String, Option<String>>,
}

impl ImportRequest {
    /// The options, on those of the saved mapping. `missing` is the error if there is no such mapping: it is a value of the
    /// request, and no missing page.
    pub async fn options(
        self,
        scope: &mut CompanyScope<'_>,
        missing: impl FnOnce(&'static str) -> ApiError,
    ) -> Result<ImportOptions, ApiError> {
        let saved = match self.mapping_id {
            Some(id) => match scope.import_mappings().get(id).await {
                Ok(saved) => saved.options(),
                Err(crm_core::Error::NotFound { .. }) => return Err(missing("the company has no such mapping")),
                Err(error) => return Err(error.into()),
            },
            None => ImportOptions::default(),
        };
        Ok(ImportOptions {
            mode: self.mode.unwrap_or(saved.mode),
            match_by: self.match_by.unwrap_or(saved.match_by),
            external_system: self.external_system.or(saved.external_system),
            date_order: self.date_order.or(saved.date_order),
            default_kind: self.default_kind.or(saved.default_kind),
            opted_out: self.opted_out.unwrap_or(saved.opted_out),
            organizations: self.organizations.unwrap_or(saved.organizations),
            dry_run: self.dry_run,
            sheet: self.sheet,
            mapping: saved.mapping.into_iter().chain(self.mapping).collect(),
            ..ImportOptions::default()
        })
    }
}
