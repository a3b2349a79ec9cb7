//! What a company can choose.

use serde::{Deserialize, Serialize};

use crate::base::string_enum::string_enum;

string_enum! {
    /// What happens when a second customer gets an e-mail address that another one has.
    DuplicatePolicy {
        /// It is refused.
        Reject = "reject",
        /// It is allowed.
        Allow = "allow",
    }
}

/// What a company can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompanySettings {
    /// The country (ISO 3166-1 alpha-2) by which telephone numbers without a country code are read.
    pub default_country: Option<String>,
    /// The time zone (IANA) in which days and months begin.
    pub time_zone: String,
    /// What happens when a second customer gets an e-mail address that another one has.
    pub duplicate_policy: DuplicatePolicy,
}

impl Default for CompanySettings {
    fn default() -> Self {
        Self { default_country: None, time_zone: "UTC".to_owned(), duplicate_policy: DuplicatePolicy::Reject }
    }
}
