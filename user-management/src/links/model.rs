//! What a link is.

use chrono::{DateTime, Utc};
use crm_core::string_enum::string_enum;
use secrecy::SecretString;

string_enum! {
    /// The kind of a link.
    LinkKind {
        /// An invitation to a company.
        Invitation = "invitation",
        /// A reset of the password.
        Reset = "reset",
    }
}

/// A link for a user. Its token is a secret: it can be used once by any bearer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Link {
    /// The token.
    pub token: SecretString,
    /// The address of the page that takes the token, with it.
    pub url: SecretString,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
}
