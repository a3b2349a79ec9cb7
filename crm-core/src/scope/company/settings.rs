//! The settings of a company.

use serde::{Deserialize, Serialize};

use crate::base::string_enum::string_enum;

string_enum! {
    /// Whether two customers may have the same e-mail address.
    DuplicatePolicy {
        /// A duplicate is refused.
        Reject = "reject",
        /// Duplicates are allowed.
        Allow = "allow",
    }
}

/// The settings of a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompanySettings {
    /// The default country (ISO 3166-1 alpha-2) of telephone numbers without a country code.
    pub default_country: Option<String>,
    /// The time zone (IANA) of days and months.
    pub time_zone: String,
    /// Whether two customers may have the same e-mail address.
    pub duplicate_policy: DuplicatePolicy,
}

impl Default for CompanySettings {
    fn default() -> Self {
        Self { default_country: None, time_zone: "UTC".to_owned(), duplicate_policy: DuplicatePolicy::Reject }
    }
}
