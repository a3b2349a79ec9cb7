//! The port through which the console logs people in, and its adapters: for the user-management service, and for
//! providers of OpenID Connect.

mod oidc;
mod password;

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use oidc::{Bearer, OidcError, OidcLogin, OidcLoginOptions};
pub use password::{ClientError, PasswordLogin, PasswordLoginOptions};

/// Logs people in. Called by the server; a browser never sees an access token.
#[async_trait]
pub trait Login: Send + Sync + 'static {
    /// How people log in.
    fn way(&self) -> Way<'_>;

    /// New tokens before the old ones expire.
    ///
    /// # Errors
    /// [`LoginError::Refused`] if the session has ended there; [`LoginError::Unavailable`].
    async fn refresh(&self, renewal: Renewal<'_>) -> Result<Tokens, LoginError>;

    /// Ends the session there. The console's own session ends in any case. The address of a page to which the browser
    /// goes, if that ends a session of the browser itself.
    async fn log_out(&self, ended: Ended<'_>) -> Option<String>;
}

/// How people log in.
#[derive(Clone, Copy)]
pub enum Way<'l> {
    /// By a form of the console.
    Form(&'l dyn FormLogin),
    /// At a page of a provider, to which the browser is sent.
    Provider(&'l dyn ProviderLogin),
}

impl fmt::Debug for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form(_) => "Form",
            Self::Provider(_) => "Provider",
        })
    }
}

/// A log-in by what a person types into a form of the console.
#[async_trait]
pub trait FormLogin: Send + Sync {
    /// The tokens for these credentials.
    ///
    /// # Errors
    /// The reason why there are none.
    async fn log_in(&self, credentials: Credentials) -> Result<Tokens, LoginError>;
}

/// A log-in at a page of a provider.
#[async_trait]
pub trait ProviderLogin: Send + Sync {
    /// The name of the provider, for the button.
    fn name(&self) -> &str;

    /// Where the browser is sent, and what has to be remembered until it comes back to `log-in/callback`. With
    /// `is_asking` the provider asks who it is, even if it knows the browser.
    ///
    /// # Errors
    /// [`LoginError::Unavailable`] if the provider cannot be reached.
    async fn begin(&self, is_asking: bool) -> Result<Departure, LoginError>;

    /// The tokens for what the browser brought back. The state has been compared.
    ///
    /// # Errors
    /// The reason why there are none.
    async fn finish(&self, attempt: &Attempt, returned: Returned) -> Result<Tokens, LoginError>;
}

/// The way to the page of a provider.
#[derive(Clone, Debug)]
pub struct Departure {
    /// The address, with the state in it.
    pub url: String,
    /// What is remembered.
    pub attempt: Attempt,
}

/// What is remembered of a log-in until the browser comes back. Secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The text that comes back in the address of the callback.
    pub state: String,
    /// The text that comes back in the ID token.
    pub nonce: String,
    /// The verifier of PKCE (RFC 7636).
    pub verifier: String,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt")
    }
}

/// What a browser brings back from a provider.
#[derive(Clone, Default)]
pub struct Returned {
    /// The code, if the person was logged in.
    pub code: Option<SecretString>,
    /// The code of the error otherwise.
    pub error: Option<String>,
    /// The issuer (RFC 9207).
    pub issuer: Option<String>,
}

impl fmt::Debug for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Returned")
    }
}

/// The browser that a request comes from.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Visitor {
    /// Its address.
    pub address: Option<String>,
    /// What it calls itself (`User-Agent`).
    pub user_agent: Option<String>,
}

/// Prints no address.
impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visitor")
    }
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
    /// The browser.
    pub visitor: Visitor,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// A session that needs new tokens.
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'t> {
    /// Its refresh token.
    pub refresh_token: &'t SecretString,
    /// Its ID token, if it has one.
    pub id_token: Option<&'t SecretString>,
    /// The browser whose request needs them.
    pub visitor: &'t Visitor,
}

/// A session that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'t> {
    /// Its access token.
    pub access_token: &'t SecretString,
    /// Its refresh token, if it has one.
    pub refresh_token: Option<&'t SecretString>,
    /// Its ID token, if it has one.
    pub id_token: Option<&'t SecretString>,
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
    /// The ID token of OpenID Connect.
    pub id_token: Option<SecretString>,
    /// The mark of the device, to be sent with its next log-in.
    pub device: Option<String>,
    /// The name of the company, for the user menu.
    pub company_name: Option<String>,
}

impl Tokens {
    /// The tokens as those of a session that has ended.
    #[must_use]
    pub fn ended(&self) -> Ended<'_> {
        let (refresh_token, id_token) = (self.refresh_token.as_ref(), self.id_token.as_ref());
        Ended { access_token: &self.access_token, refresh_token, id_token }
    }
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
    /// The address or the password is wrong, or the session or the code of a provider is not valid any more.
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
    /// The person or the provider declined.
    #[error("the log-in was declined")]
    Declined,
    /// What the provider answered cannot be trusted.
    #[error("the answer of the provider cannot be trusted")]
    Untrusted,
    /// The clocks of the provider and of this machine differ.
    #[error("the clocks of the provider and of this service differ")]
    ClocksDiffer,
    /// The provider does not accept the console as a client.
    #[error("the provider does not accept the console as a client")]
    Misconfigured,
}

impl LoginError {
    /// True if a session goes on: its refresh token may work later.
    pub(crate) const fn is_passing(self) -> bool {
        matches!(self, Self::Unavailable | Self::TooManyAttempts | Self::Misconfigured | Self::ClocksDiffer)
    }
}
