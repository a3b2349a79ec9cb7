//! Log-in at a provider of OpenID Connect: the authorization code flow with PKCE.

mod authorize;
mod client;
mod discovery;
mod id_token;
mod tokens;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use crm_web::auth::TokenRules;
use crm_web::outbound::is_safe;
use secrecy::SecretString;
use url::Url;

use self::client::Client;
use self::discovery::Discovery;
use super::{Attempt, ClientError, Departure, Ended, Login, LoginError, ProviderLogin, Renewal, Returned, Tokens, Way};

/// Parameters of the authorization request that are not for others to set.
const OWN_PARAMETERS: &[&str] = &[
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "request",
    "request_uri",
];

/// Which token the service's authenticator verifies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bearer {
    /// The access token.
    #[default]
    AccessToken,
    /// The ID token, for providers whose access tokens only they themselves can read. Its audience is the client id.
    IdToken,
}

/// The provider, and the console as its client.
#[derive(Clone)]
pub struct OidcLoginOptions {
    /// The issuer, exactly as in its discovery document.
    pub issuer: String,
    /// The client id of the console.
    pub client_id: String,
    /// The client secret, unless the console is a public client.
    pub client_secret: Option<SecretString>,
    /// The public address of the console, with the path of its mount: `https://erp.example.com/erp/crm`. The provider has
    /// to know `log-in/callback` and, for log-outs, `log-in` below it.
    pub address: String,
    /// The name on the button.
    pub name: String,
    /// What is asked for; always with `openid`.
    pub scopes: Vec<String>,
    /// More parameters of the authorization request, for example the `audience` of Auth0.
    pub parameters: Vec<(String, String)>,
    /// Which token is verified.
    pub bearer: Bearer,
    /// Whether the ID token is shown to the provider at log-outs, in an address. Turn it off where the service accepts ID
    /// tokens of this client as bearer tokens. With [`Bearer::IdToken`] it never is.
    pub id_token_hint: bool,
    /// Whether the provider may be reached without TLS on other machines.
    pub plain_http: bool,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl OidcLoginOptions {
    /// The provider of this issuer, and a public client of it, at this public address.
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>, address: impl Into<String>) -> Self {
        let issuer = issuer.into();
        let host = issuer.parse::<Url>().ok().and_then(|url| url.host_str().map(str::to_owned));
        Self {
            name: host.unwrap_or_else(|| issuer.clone()),
            issuer,
            client_id: client_id.into(),
            client_secret: None,
            address: address.into(),
            scopes: ["openid", "profile", "email", "offline_access"].map(str::to_owned).into(),
            parameters: Vec::new(),
            bearer: Bearer::default(),
            id_token_hint: true,
            plain_http: false,
            timeout: Duration::from_secs(5),
        }
    }
}

/// Prints no secret.
impl fmt::Debug for OidcLoginOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, client_id, address, scopes, bearer, .. } = self;
        f.debug_struct("OidcLoginOptions")
            .field("issuer", issuer)
            .field("client_id", client_id)
            .field("address", address)
            .field("scopes", scopes)
            .field("bearer", bearer)
            .finish_non_exhaustive()
    }
}

/// The options are not usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OidcError {
    /// The issuer is not a URL with TLS, or on this machine.
    #[error("the issuer is no https:// URL without user name, ? and #")]
    Issuer,
    /// The address is not a URL.
    #[error("the address of the console is no http:// or https:// URL without ? and #")]
    Address,
    /// A parameter is set by the log-in itself.
    #[error("the parameter {0} cannot be set")]
    Parameter(String),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Logs in at a provider of OpenID Connect. Cheap to clone.
#[derive(Clone)]
pub struct OidcLogin(Arc<Inner>);

struct Inner {
    options: OidcLoginOptions,
    rules: TokenRules,
    client: Client,
    discovery: Discovery,
}

impl fmt::Debug for OidcLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OidcLogin").field(&self.0.options).finish()
    }
}

impl OidcLogin {
    /// A log-in at the provider. It is asked when the first person logs in, so it need not be there yet.
    ///
    /// # Errors
    /// [`OidcError`] if the options are not usable.
    pub fn new(mut options: OidcLoginOptions) -> Result<Self, OidcError> {
        let issuer = options.issuer.parse::<Url>().ok().filter(is_plain).ok_or(OidcError::Issuer)?;
        if !is_safe(&issuer, options.plain_http) {
            return Err(OidcError::Issuer);
        }
        let address = options.address.parse::<Url>().ok().filter(is_plain).ok_or(OidcError::Address)?;
        if !matches!(address.scheme(), "https" | "http") {
            return Err(OidcError::Address);
        }
        address.as_str().trim_end_matches('/').clone_into(&mut options.address);
        if let Some((name, _)) = options.parameters.iter().find(|(name, _)| OWN_PARAMETERS.contains(&name.as_str())) {
            return Err(OidcError::Parameter(name.clone()));
        }
        if !options.scopes.iter().any(|scope| scope == "openid") {
            options.scopes.insert(0, "openid".to_owned());
        }
        let (audience, known) = (Some(options.client_id.clone()), Some(options.issuer.clone()));
        let client = Client::new(&issuer, options.timeout)?;
        let rules = TokenRules { issuer: known, audience };
        Ok(Self(Arc::new(Inner { options, rules, client, discovery: Discovery::default() })))
    }
}

/// Whether a URL has nothing that is not for it to have.
fn is_plain(url: &Url) -> bool {
    let has_user = !url.username().is_empty() || url.password().is_some();
    url.has_host() && !has_user && url.query().is_none() && url.fragment().is_none()
}

#[async_trait]
impl ProviderLogin for OidcLogin {
    fn name(&self) -> &str {
        &self.0.options.name
    }

    async fn begin(&self, is_asking: bool) -> Result<Departure, LoginError> {
        let provider = self.0.provider().await?;
        Ok(self.0.departure(&provider.document, is_asking))
    }

    async fn finish(&self, attempt: &Attempt, returned: Returned) -> Result<Tokens, LoginError> {
        let provider = self.0.provider().await?;
        let code = self.0.code(&provider.document, returned)?;
        let granted = self.0.redeem(&provider.document, &code, &attempt.verifier).await?;
        let id_token = granted.id_token.as_ref().ok_or_else(|| {
            tracing::warn!("the provider gives no ID token; is the scope openid allowed?");
            LoginError::Untrusted
        })?;
        let claims = self.0.verify(&provider, id_token).await?;
        id_token::check_log_in(&claims, &self.0.options.client_id, &attempt.nonce, &granted.access_token)?;
        self.0.tokens(granted, Some(&claims))
    }
}

#[async_trait]
impl Login for OidcLogin {
    fn way(&self) -> Way<'_> {
        Way::Provider(self)
    }

    async fn refresh(&self, renewal: Renewal<'_>) -> Result<Tokens, LoginError> {
        let provider = self.0.provider().await?;
        let granted = self.0.renew(&provider.document, renewal.refresh_token).await?;
        let claims = match &granted.id_token {
            None => None,
            Some(id_token) => {
                let claims = self.0.verify(&provider, id_token).await?;
                id_token::check_refresh(&claims, &self.0.options.client_id, renewal.id_token, &granted.access_token)?;
                Some(claims)
            }
        };
        self.0.tokens(granted, claims.as_ref())
    }

    async fn log_out(&self, ended: Ended<'_>) -> Option<String> {
        let provider = self.0.provider().await.ok()?;
        if let Some(refresh_token) = ended.refresh_token {
            // Tokens for offline access outlive the session at the provider. A page that does not answer helps nobody.
            self.0.revoke(&provider.document, refresh_token).await.ok()?;
        }
        self.0.farewell(&provider.document, ended.id_token)
    }
}
