//! Whether a company may use the CRM.

use super::string_enum::string_enum;

string_enum! {
    /// Whether a company may use the CRM.
    CompanyState {
        /// It may.
        Active = "active",
        /// It may not for now; its data stays.
        Suspended = "suspended",
        /// It may not any more.
        Deleted = "deleted",
    }
}
