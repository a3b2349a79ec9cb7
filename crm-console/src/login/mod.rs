//! The port through which the console logs people in, and its adapter for the user-management service.

mod password;

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

pub use password::{ClientError, PasswordLogin, PasswordLoginOptions};

/// Logs people in. Called by the server; a browser never sees a token.
#[async_trait]
pub trait Login: Send + Sync + 'static {
    /// The tokens for these credentials.
    ///
    /// # Errors
    /// The reason why there are none.
    async fn log_in(&self, credentials: Credentials) -> Result<Tokens, LoginError>;

    /// New tokens before the old ones expire.
    ///
    /// # Errors
    /// [`LoginError::Refused`] if the session has ended there; [`LoginError::Unavailable`].
    async fn refresh(&self, refresh_token: &SecretString) -> Result<Tokens, LoginError>;

    /// Ends the session there. The console's own session ends in any case.
    async fn log_out(&self, access_token: &SecretString);
}

/// What a person types to log in.
pub struct Credentials {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// The code of the second factor.
    pub code: Option<String>,
    /// The mark of a device that has logged in before.
    pub device: Option<String>,
    /// The address of the browser.
    pub address: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// The tokens of a session.
#[derive(Clone)]
pub struct Tokens {
    /// The access token, which the [`Authenticator`](crm_web::auth::Authenticator) verifies.
    pub access_token: SecretString,
    /// The time at which the access token expires.
    pub expires_at: DateTime<Utc>,
    /// The refresh token. Without one the session ends with the access token.
    pub refresh_token: Option<SecretString>,
    /// The mark of the device, to be sent with its next log-in.
    pub device: Option<String>,
    /// The name of the company, for the user menu.
    pub company_name: Option<String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Why a person is not logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The address or the password is wrong, or the session has ended.
    #[error("the credentials are not valid")]
    Refused,
    /// A code of the second factor is required.
    #[error("a code of the second factor is required")]
    CodeRequired,
    /// The code of the second factor is wrong.
    #[error("the code of the second factor is wrong")]
    CodeWrong,
    /// There were too many attempts.
    #[error("there were too many attempts")]
    TooManyAttempts,
    /// The service cannot be reached.
    #[error("log-in is not available at the moment")]
    Unavailable,
}
