//! What a caller can say about an import.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::model::CustomerKind;
use crate::base::error::Malformed;
use crate::base::string_enum::{UnknownName, string_enum};
use crate::base::text::{self, Unprintable};

/// The longest name of a system, in characters.
const MAX_SYSTEM_LENGTH: usize = 64;

string_enum! {
    /// What an import may do.
    #[derive(Default)]
    ImportMode {
        /// Every row is a new customer.
        #[default]
        Create = "create",
        /// Every row changes the customer that it matches.
        Update = "update",
        /// A row changes the customer that it matches; one that matches nobody is a new customer.
        Upsert = "upsert",
    }
}

string_enum! {
    /// The order in which a file writes the parts of its dates.
    DateOrder {
        /// 31.12.2026
        Dmy = "dmy",
        /// 12/31/2026
        Mdy = "mdy",
        /// 2026/12/31
        Ymd = "ymd",
    }
}

/// By which field a row finds its customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum MatchBy {
    /// The e-mail address.
    #[default]
    Email,
    /// The telephone number, in whatever form it is written.
    Phone,
    /// The id in another system, which [`ImportOptions::external_system`] names.
    ExternalRef,
    /// The customer's own id: for an export that comes back.
    Id,
}

impl MatchBy {
    /// All there are.
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

    /// Case and underscores are of no account.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().replace(['_', '-'], "");
        Self::ALL
            .iter()
            .copied()
            .find(|field| field.as_str().eq_ignore_ascii_case(&name))
            .ok_or(UnknownName { expected: &["email", "phone", "externalRef", "id"] })
    }
}

/// How a file is to be read. The default adds every row as a new customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// What the import may do.
    pub mode: ImportMode,
    /// By which field a row finds its customer; of no account where all rows are new.
    pub match_by: MatchBy,
    /// The system that the file comes from (`hubspot`, `erp`): its ids become the customers' external references.
    pub external_system: Option<String>,
    /// The order in which the file writes dates. With it, the columns of dates that go to `customFields` are kept as
    /// `YYYY-MM-DD`; without it they are kept as typed.
    pub date_order: Option<DateOrder>,
    /// What new customers are. Without it, a row that names an organization and nobody there is an organization, and
    /// every other row a person.
    pub default_kind: Option<CustomerKind>,
    /// Tells what would happen, and writes nothing.
    pub dry_run: bool,
    /// What columns mean, by their headers, where it is not what they would be taken for: a field (`email`), a member
    /// of the custom fields (`customFields.tier`), `externalRef` for the id in the external system, `tags`, or `None` (or
    /// an empty text) to leave the column out.
    pub mapping: BTreeMap<String, Option<String>>,
    /// How long the database may take for one batch of rows before the import ends with [`Error::Unavailable`]; as long as
    /// it takes if absent.
    ///
    /// [`Error::Unavailable`]: crate::Error::Unavailable
    pub batch_time: Option<Duration>,
}

impl ImportOptions {
    /// The options with the name of the system as it is stored. Refuses what contradicts itself before anything is read.
    pub(super) fn validated(mut self) -> Result<Self, Malformed> {
        let invalid = |detail: &str| Malformed::new("parameter_invalid", "externalSystem", detail);
        if let Some(system) = &self.external_system {
            let system = text::line(system).map_err(|Unprintable| invalid("text must not have control characters"))?;
            let system = system.filter(|system| system.chars().count() <= MAX_SYSTEM_LENGTH);
            let detail = "externalSystem is the name of a system, with 1 to 64 characters";
            self.external_system = Some(system.ok_or_else(|| invalid(detail))?);
        } else if self.matches() && self.match_by == MatchBy::ExternalRef {
            return Err(invalid("to match by externalRef, say in externalSystem which system the ids are from"));
        }
        Ok(self)
    }

    /// True if rows look for a customer that is there already.
    pub(super) fn matches(&self) -> bool {
        self.mode != ImportMode::Create
    }
}
