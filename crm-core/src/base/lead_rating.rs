//! How promising a lead is: what rules of a company speak of.

use crate::base::string_enum::string_enum;

string_enum! {
    /// How promising a lead is.
    LeadRating {
        /// Hardly.
        Cold = "cold",
        /// Perhaps.
        Warm = "warm",
        /// Very much.
        Hot = "hot",
    }
}
