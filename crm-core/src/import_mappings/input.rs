//! The input for saved mappings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::ImportMapping;
use crate::base::custom_field::CompanyFields;
use crate::base::error::{Malformed, Violations};
use crate::base::text::{self, fold};
use crate::base::validation;
use crate::customers::{
    self, CustomerKind, DateOrder, ImportMode, ImportOptions, ImportOrganizations, MatchBy, OptedOut, import_signature,
};

/// The maximum number of columns: that of a file.
const MAX_COLUMNS: usize = 1_000;
/// The maximum length of a header, in characters: that of a file.
const MAX_HEADER: usize = 250;

/// A mapping to save. An absent or `null` field has no value.
///
/// ```
/// use crm_core::import_mappings::NewImportMapping;
///
/// let columns = ["Full name", "Mail"].map(String::from).to_vec();
/// let mapping = [("Mail".to_owned(), Some("email".to_owned()))].into();
/// let new = NewImportMapping { mapping: Some(mapping), ..NewImportMapping::of("Newsletter", columns) };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewImportMapping {
    /// The name; unique in the company without case and accents.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = "Contacts of the shop", max_length = 100))]
    pub name: Option<String>,
    /// The headers of all columns, in the order of the file; an empty text for a column without a header. At most 1,000.
    #[cfg_attr(feature = "openapi", schema(max_items = 1_000, example = json!(["Full name", "Mail", "Tier"])))]
    pub columns: Option<Vec<String>>,
    /// The fields of columns, as an import takes them; what it leaves out is recognized by the header.
    #[cfg_attr(feature = "openapi", schema(example = json!({ "Mail": "email", "Tier": "customFields.tier" })))]
    pub mapping: Option<BTreeMap<String, Option<String>>>,
    /// The effect of rows; `create` if absent.
    pub mode: Option<ImportMode>,
    /// The field by which rows are matched to customers; `email` if absent.
    pub match_by: Option<MatchBy>,
    /// The system that the files come from; its ids become external references.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "shop", max_length = 64))]
    pub external_system: Option<String>,
    /// The order of day, month and year in dates.
    pub date_order: Option<DateOrder>,
    /// The kind of new customers.
    pub default_kind: Option<CustomerKind>,
    /// What becomes of rows whose customer wants no e-mails; `mark` if absent.
    pub opted_out: Option<OptedOut>,
    /// What becomes of the organizations that new people name; `text` if absent.
    pub organizations: Option<ImportOrganizations>,
}

impl NewImportMapping {
    /// The writable fields, which a replacement must have.
    pub const FIELDS: &'static [&'static str] = &[
        "name",
        "columns",
        "mapping",
        "mode",
        "matchBy",
        "externalSystem",
        "dateOrder",
        "defaultKind",
        "optedOut",
        "organizations",
    ];
    /// The read-only fields of an [`ImportMapping`].
    pub const READ_ONLY: &'static [&'static str] =
        &["id", "version", "signature", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// A mapping for files with these columns, all of them as they are recognized.
    pub fn of(name: impl Into<String>, columns: Vec<String>) -> Self {
        Self { name: Some(name.into()), columns: Some(columns), ..Self::default() }
    }

    /// Trims all texts, and checks every rule.
    pub(super) fn validated(mut self, fields: &CompanyFields) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        validation::normalise(&mut self.name, "/name", text::line, &mut violations);
        if violations.0.is_empty() && self.name.as_deref().is_none_or(|name| fold(name).is_empty()) {
            violations.add("/name", "required", "a saved mapping needs a name");
        }
        validation::normalise(&mut self.external_system, "/externalSystem", text::line, &mut violations);
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        // A header may have line breaks, which do not tell it from others.
        let tidy = |text: &String| text::tidy(text).unwrap_or_default();
        self.columns = self.columns.map(|columns| columns.iter().map(tidy).collect());
        let tidied =
            |(header, field): (&String, &Option<String>)| (tidy(header), field.as_deref().and_then(text::tidy));
        self.mapping = self.mapping.map(|mapping| mapping.iter().map(tidied).collect());
        self.check_columns(fields, &mut violations);
        violations.into_result()?;
        Ok(self)
    }

    /// Checks that a file with these columns can be imported.
    fn check_columns(&self, fields: &CompanyFields, violations: &mut Violations) {
        let columns = self.columns.as_deref().unwrap_or_default();
        if columns.iter().all(String::is_empty) {
            return violations.add("/columns", "required", "a saved mapping needs the headers of the file");
        }
        if columns.len() > MAX_COLUMNS {
            return violations.add("/columns", "too_many", format!("at most {MAX_COLUMNS} columns"));
        }
        if let Some(long) = columns.iter().position(|column| column.chars().count() > MAX_HEADER) {
            return violations.add(format!("/columns/{long}"), "too_long", format!("at most {MAX_HEADER} long"));
        }
        let options = self.options();
        let is_by_reference = options.mode != ImportMode::Create && options.match_by == MatchBy::ExternalRef;
        if is_by_reference && options.external_system.is_none() {
            let detail = "to match by externalRef, externalSystem must name the system of the ids";
            return violations.add("/externalSystem", "required", detail);
        }
        if let Err(Malformed { code, at, detail }) = customers::check_import_columns(columns, &options, fields) {
            let pointer = match at.split_once('/') {
                Some((_, header)) => format!("/mapping/{}", header.replace('~', "~0").replace('/', "~1")),
                None if at == "file" => "/columns".to_owned(),
                None => format!("/{at}"),
            };
            violations.add(pointer, code, detail);
        }
    }

    fn options(&self) -> ImportOptions {
        ImportOptions {
            mode: self.mode.unwrap_or_default(),
            match_by: self.match_by.unwrap_or_default(),
            external_system: self.external_system.clone(),
            date_order: self.date_order,
            default_kind: self.default_kind,
            opted_out: self.opted_out.unwrap_or_default(),
            organizations: self.organizations.unwrap_or_default(),
            mapping: self.mapping.clone().unwrap_or_default(),
            ..ImportOptions::default()
        }
    }

    /// Writes validated input into a mapping.
    pub(super) fn write(self, saved: &mut ImportMapping) {
        let Self { name, columns, mapping, mode, match_by, external_system, date_order, .. } = self;
        let Self { default_kind, opted_out, organizations, .. } = self;
        saved.name = name.unwrap_or_default();
        saved.columns = columns.unwrap_or_default();
        saved.signature = import_signature(saved.columns.iter().map(String::as_str));
        saved.mapping = mapping.unwrap_or_default();
        saved.mode = mode.unwrap_or_default();
        saved.match_by = match_by.unwrap_or_default();
        saved.external_system = external_system;
        saved.date_order = date_order;
        saved.default_kind = default_kind;
        saved.opted_out = opted_out.unwrap_or_default();
        saved.organizations = organizations.unwrap_or_default();
    }
}
