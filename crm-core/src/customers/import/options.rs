//! The options of an import.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::model::CustomerKind;
use super::format::ImportFormat;
use crate::base::error::{Kind, Malformed};
use crate::base::rights::Resource;
use crate::base::string_enum::{UnknownName, string_enum};
use crate::base::text::{self, Unprintable};

/// The maximum length of the name of a system, in characters.
const MAX_SYSTEM_LENGTH: usize = 64;
/// The maximum length of the name of a sheet, in characters.
const MAX_SHEET_LENGTH: usize = 31;

string_enum! {
    /// The effect of rows.
    #[derive(Default)]
    ImportMode {
        /// Every row is a new customer.
        #[default]
        Create = "create",
        /// Every row changes the customer that it matches.
        Update = "update",
        /// A row changes the customer that it matches; a row without a match is a new customer.
        Upsert = "upsert",
    }
}

string_enum! {
    /// The order of day, month and year in the dates of a file.
    DateOrder {
        /// 31.12.2026
        Dmy = "dmy",
        /// 12/31/2026
        Mdy = "mdy",
        /// 2026/12/31
        Ymd = "ymd",
    }
}

string_enum! {
    /// What becomes of rows whose customer wants no e-mails.
    #[derive(Default)]
    OptedOut {
        /// They are imported, and the e-mail address is marked.
        #[default]
        Mark = "mark",
        /// They are left out.
        Skip = "skip",
    }
}

string_enum! {
    /// What becomes of the organizations that new people name.
    #[derive(Default)]
    ImportOrganizations {
        /// The name stays a text.
        #[default]
        Text = "text",
        /// People are linked with the organization of this name, if there is one.
        Match = "match",
        /// The same; an organization that there is not is added.
        Create = "create",
    }
}

string_enum! {
    /// What the rows of a file become.
    #[derive(Default)]
    ImportRecords {
        /// Customers.
        #[default]
        Customers = "customers",
        /// Leads.
        Leads = "leads",
    }
}

impl ImportRecords {
    /// What rights speak of.
    pub(super) const fn resource(self) -> Resource {
        match self {
            Self::Customers => Resource::Customers,
            Self::Leads => Resource::Leads,
        }
    }

    /// What the audit trail speaks of.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Customers => Kind::Customer,
            Self::Leads => Kind::Lead,
        }
    }
}

/// The field by which rows are matched to customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum MatchBy {
    /// The e-mail address.
    #[default]
    Email,
    /// The telephone number, in any notation.
    Phone,
    /// The id in another system, named by [`ImportOptions::external_system`].
    ExternalRef,
    /// The id of the customer, for our own export.
    Id,
}

impl MatchBy {
    /// All fields.
    pub const ALL: &'static [Self] = &[Self::Email, Self::Phone, Self::ExternalRef, Self::Id];

    /// The name of the field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::ExternalRef => "externalRef",
            Self::Id => "id",
        }
    }
}

impl fmt::Display for MatchBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MatchBy {
    type Err = UnknownName;

    /// Case and underscores are ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().replace(['_', '-'], "");
        Self::ALL
            .iter()
            .copied()
            .find(|field| field.as_str().eq_ignore_ascii_case(&name))
            .ok_or(UnknownName { expected: &["email", "phone", "externalRef", "id"] })
    }
}

/// The options of an import. By default every row is a new customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, rename_all = "camelCase")]
pub struct ImportOptions {
    /// The effect of rows.
    pub mode: ImportMode,
    /// The field by which rows are matched to customers; ignored if all rows are new.
    pub match_by: MatchBy,
    /// The system that the file comes from (`hubspot`, `erp`): its ids become the customers' external references.
    pub external_system: Option<String>,
    /// The order of day, month and year in dates. With it, dates in `customFields` are stored as `YYYY-MM-DD`; without
    /// it they are stored as typed.
    pub date_order: Option<DateOrder>,
    /// The kind of new customers. Without it, a row with an organization name and no person's name is an organization,
    /// and every other row is a person.
    pub default_kind: Option<CustomerKind>,
    /// What becomes of rows whose customer wants no e-mails.
    pub opted_out: OptedOut,
    /// What becomes of the organizations that new people name.
    pub organizations: ImportOrganizations,
    /// Reports what the import would do, and writes nothing.
    pub dry_run: bool,
    /// The name of the sheet of a workbook. Without it, the first one that has rows is read.
    pub sheet: Option<String>,
    /// What the rows become. Set by the method that imports.
    #[serde(skip)]
    pub records: ImportRecords,
    /// What the file is said to be. Its content decides where it tells.
    #[serde(skip)]
    pub format: Option<ImportFormat>,
    /// The fields of columns by their headers, for columns that are not recognized correctly: a field (`email`), a
    /// custom field (`customFields.tier`), `externalRef` for the id in the external system, `tags`, or `None` (or an
    /// empty text) to ignore the column. `#3` stands for the third column, whatever its header.
    pub mapping: BTreeMap<String, Option<String>>,
    /// How long the database may take for one batch before the import fails with [`Error::Unavailable`]; no limit if
    /// absent.
    ///
    /// [`Error::Unavailable`]: crate::Error::Unavailable
    #[serde(skip)]
    pub batch_time: Option<Duration>,
}

impl ImportOptions {
    /// Normalises the name of the system. Refuses contradictory options before anything is read.
    pub(super) fn validated(mut self) -> Result<Self, Malformed> {
        if self.sheet.as_ref().is_some_and(|sheet| !text::is_block(sheet) || sheet.chars().count() > MAX_SHEET_LENGTH) {
            let detail = format!("the name of a sheet has at most {MAX_SHEET_LENGTH} characters");
            return Err(Malformed::new("parameter_invalid", "sheet", detail));
        }
        if self.is_of_leads() && self.organizations != ImportOrganizations::Text {
            let detail = "the organization of a lead is a text until the lead is converted";
            return Err(Malformed::new("parameter_invalid", "organizations", detail));
        }
        let invalid = |detail: &str| Malformed::new("parameter_invalid", "externalSystem", detail);
        if let Some(system) = &self.external_system {
            let system = text::line(system).map_err(|Unprintable| invalid("text must not have control characters"))?;
            let system = system.filter(|system| system.chars().count() <= MAX_SYSTEM_LENGTH);
            let detail = "externalSystem is the name of a system, with 1 to 64 characters";
            self.external_system = Some(system.ok_or_else(|| invalid(detail))?);
        } else if self.matches() && self.match_by == MatchBy::ExternalRef {
            return Err(invalid("to match by externalRef, externalSystem must name the system of the ids"));
        }
        Ok(self)
    }

    /// Whether the rows are leads.
    pub(super) fn is_of_leads(&self) -> bool {
        self.records == ImportRecords::Leads
    }

    /// Whether rows are matched to existing customers.
    pub(super) fn matches(&self) -> bool {
        self.mode != ImportMode::Create
    }
}
