//! The settings of the web console.

use crm_web::auth::AuthMode;
use crm_web::settings::Reader;
use secrecy::SecretString;

use super::AuthConfig;
use super::identity::{safe_url, url};

/// Where the users of the web console log in.
#[derive(Clone, Debug)]
pub enum ConsoleConfig {
    /// At the user-management service of this repository, at this address.
    UserManagement(String),
    /// At a provider of OpenID Connect.
    Oidc(Box<OidcConfig>),
}

/// A provider of OpenID Connect, and the console as its client.
#[derive(Clone, Debug)]
pub struct OidcConfig {
    /// The issuer, as the discovery document names it.
    pub issuer: String,
    /// The client id.
    pub client_id: String,
    /// The client secret, unless the console is a public client.
    pub client_secret: Option<SecretString>,
    /// The name on the button; the host of the issuer if absent.
    pub name: Option<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// More parameters of the authorization request.
    pub parameters: Vec<(String, String)>,
    /// Whether the ID token is verified, and not the access token.
    pub is_id_token: bool,
    /// Whether ID tokens are refused as bearer tokens, so that one may be shown in the address of a log-out.
    pub refuses_id_tokens: bool,
    /// Whether the provider may be reached without TLS on other machines.
    pub plain_http: bool,
    /// The public address of the service.
    pub address: String,
}

impl ConsoleConfig {
    pub(super) fn from_reader(reader: &mut Reader, auth: &AuthConfig) -> Option<Self> {
        const WORDS: &[(&str, bool)] = &[("on", true), ("off", false)];
        if !reader.word("CONSOLE", WORDS).unwrap_or_default() {
            return None;
        }
        if !cfg!(feature = "console") {
            reader.fault("CONSOLE", "this program is built without the console");
        }
        if let Some(issuer) = reader.text("OIDC_ISSUER") {
            return Some(Self::Oidc(Box::new(oidc(reader, auth, issuer))));
        }
        for name in ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_PARAMETERS", "OIDC_NAME"] {
            if reader.text(name).is_some() {
                reader.fault(name, "is used with OIDC_ISSUER only");
            }
        }
        let hint = "the console logs users in there, or at the provider of OIDC_ISSUER";
        Some(Self::UserManagement(reader.required("USER_MANAGEMENT_URL", hint)))
    }
}

fn oidc(reader: &mut Reader, auth: &AuthConfig, issuer: String) -> OidcConfig {
    const TOKENS: &[(&str, bool)] = &[("access", false), ("id", true)];
    let plain_http = reader.flag("USER_MANAGEMENT_PLAIN_HTTP");
    let _ = safe_url(reader, "OIDC_ISSUER", plain_http);
    if matches!(auth.mode, AuthMode::SharedSecret(_)) {
        reader.fault("AUTH_MODE", "must be jwks or introspection with OIDC_ISSUER: its tokens have no shared secret");
    }
    let client_id = reader.required("OIDC_CLIENT_ID", "the provider knows the console by it");
    let address = reader.required("PUBLIC_URL", "the provider sends users back to it, to the path /log-in/callback");
    let _ = url(reader, "PUBLIC_URL");
    let audience = auth.rules().audience;
    OidcConfig {
        refuses_id_tokens: audience.is_some_and(|audience| audience != client_id),
        issuer,
        client_id,
        client_secret: reader.text("OIDC_CLIENT_SECRET").map(Into::into),
        name: reader.text("OIDC_NAME"),
        scopes: reader.text("OIDC_SCOPES").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        parameters: parameters(reader),
        is_id_token: reader.word("OIDC_TOKEN", TOKENS).unwrap_or_default(),
        plain_http,
        address,
    }
}

/// `audience=crm,organization=acme`
fn parameters(reader: &mut Reader) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    for text in reader.list("OIDC_PARAMETERS") {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => parameters.push((name.to_owned(), value.to_owned())),
            _ => reader.fault("OIDC_PARAMETERS", "a parameter is written name=value, for instance audience=crm"),
        }
    }
    parameters
}
