//! Log-in by e-mail address and password at the user-management service.

use std::fmt;
use std::time::Duration;

use actix_web::cookie::Cookie;
use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use crm_web::outbound::read_body;
use reqwest::header::{COOKIE, FORWARDED, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, USER_AGENT};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::{Credentials, Ended, FormLogin, Login, LoginError, Renewal, Tokens, Visitor, Way};

const REFRESH: &str = "um_refresh";
const DEVICE: &str = "um_device";
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The maximum size of an answer, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// Where the user-management service is, and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordLoginOptions {
    /// The address before `/api/auth/login`.
    pub url: String,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl PasswordLoginOptions {
    /// The service at this address, with ten seconds for an answer: passwords are hashed slowly on purpose.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), timeout: Duration::from_secs(10) }
    }
}

/// The client cannot be made, for example because the machine has no trusted certificates.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a client for the user-management service")]
pub struct ClientError(#[source] pub(crate) reqwest::Error);

/// Logs in at the user-management service.
#[derive(Clone)]
pub struct PasswordLogin {
    client: Client,
    url: String,
}

impl fmt::Debug for PasswordLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordLogin").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    token: SecretString,
    expires_in: i64,
    #[serde(default)]
    user: User,
}

#[derive(Default, Deserialize)]
struct User {
    company: Option<Company>,
}

#[derive(Deserialize)]
struct Company {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl PasswordLogin {
    /// A log-in at the service.
    ///
    /// # Errors
    /// [`ClientError`] if the HTTP client cannot be made.
    pub fn new(options: PasswordLoginOptions) -> Result<Self, ClientError> {
        let client = Client::builder().timeout(options.timeout).redirect(redirect::Policy::none());
        let url = options.url.trim_end_matches('/').to_owned();
        Ok(Self { client: client.build().map_err(ClientError)?, url })
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}/api/auth/{path}", self.url))
    }

    async fn tokens(&self, request: RequestBuilder) -> Result<Tokens, LoginError> {
        let response = send(request).await?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        let cookie = |name| cookie(response.headers(), name);
        let (refresh_token, device) = (cookie(REFRESH).map(SecretString::from), cookie(DEVICE));
        let answer: Answer = read(response).await.ok_or(LoginError::Unavailable)?;
        let lifetime = TimeDelta::try_seconds(answer.expires_in).unwrap_or_default();
        Ok(Tokens {
            access_token: answer.token,
            expires_at: Utc::now() + lifetime,
            refresh_token,
            id_token: None,
            device,
            company_name: answer.user.company.and_then(|company| company.name),
        })
    }
}

#[async_trait]
impl FormLogin for PasswordLogin {
    async fn log_in(&self, credentials: Credentials) -> Result<Tokens, LoginError> {
        let Credentials { email, password, code, device, visitor } = credentials;
        let mut body = json!({ "email": email, "password": password.expose_secret() });
        if let Some(code) = code {
            body["code"] = code.into();
        }
        let mut request = on_behalf(self.post("login"), &visitor).json(&body);
        if let Some(device) = device {
            request = request.header(COOKIE, Cookie::new(DEVICE, device).to_string());
        }
        self.tokens(request).await
    }
}

#[async_trait]
impl Login for PasswordLogin {
    fn way(&self) -> Way<'_> {
        Way::Form(self)
    }

    async fn refresh(&self, renewal: Renewal<'_>) -> Result<Tokens, LoginError> {
        let cookie = Cookie::new(REFRESH, renewal.refresh_token.expose_secret()).to_string();
        self.tokens(on_behalf(self.post("refresh"), renewal.visitor).header(COOKIE, cookie)).await
    }

    async fn log_out(&self, ended: Ended<'_>) -> Option<String> {
        // The session of the console has ended already; without this, the one there expires.
        let _ = send(self.post("logout").bearer_auth(ended.access_token.expose_secret())).await;
        None
    }
}

/// Tells the service which browser asks, as a proxy does. It believes the address if it trusts the console as a proxy.
fn on_behalf(mut request: RequestBuilder, visitor: &Visitor) -> RequestBuilder {
    if let Some(address) = &visitor.address {
        // The service reads one of the two, as its settings say.
        let node = if address.contains(':') { format!("\"[{address}]\"") } else { address.clone() };
        request = request.header(X_FORWARDED_FOR, address).header(FORWARDED, format!("for={node}"));
    }
    let user_agent = visitor.user_agent.as_ref().and_then(|text| HeaderValue::from_str(text).ok());
    match user_agent {
        Some(user_agent) => request.header(USER_AGENT, user_agent),
        None => request,
    }
}

async fn send(request: RequestBuilder) -> Result<Response, LoginError> {
    request.send().await.map_err(|error| {
        tracing::warn!(error = %error.without_url(), "the user-management service cannot be reached");
        LoginError::Unavailable
    })
}

/// Why the service refuses, from its problem document.
async fn refusal(response: Response) -> LoginError {
    let status = response.status();
    let code = read::<Problem>(response).await.map(|problem| problem.code).unwrap_or_default();
    match (status, code.as_str()) {
        (_, "second_factor_required") => LoginError::CodeRequired,
        (_, "second_factor_invalid") => LoginError::CodeWrong,
        (StatusCode::TOO_MANY_REQUESTS, _) => LoginError::TooManyAttempts,
        (status, _) if status.is_client_error() => LoginError::Refused,
        (status, code) => {
            tracing::warn!(status = status.as_u16(), code, "the user-management service fails");
            LoginError::Unavailable
        }
    }
}

async fn read<T: for<'de> Deserialize<'de>>(mut response: Response) -> Option<T> {
    let body = read_body(&mut response, MAX_ANSWER).await.ok()?;
    serde_json::from_slice(&body).ok()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let set =
        headers.get_all(SET_COOKIE).iter().filter_map(|value| Cookie::parse(value.to_str().ok()?.to_owned()).ok());
    set.filter(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned()).find(|value| !value.is_empty())
}
