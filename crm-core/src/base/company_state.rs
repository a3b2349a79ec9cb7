//! Whether a company may use the CRM.

use super::string_enum::string_enum;

string_enum! {
    /// Whether a company may use the CRM.
    CompanyState {
        /// The company may use the CRM.
        Active = "active",
        /// The company may not use the CRM for now; its data is kept.
        Suspended = "suspended",
        /// The company may no longer use the CRM.
        Deleted = "deleted",
    }
}
