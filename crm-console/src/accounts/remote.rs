//! Users and teams of the user-management service, over its HTTP API.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use crm_core::Violation;
use crm_core::ids::UserId;
use crm_web::outbound::read_body;
use crm_web::problem::Problem;
use reqwest::header::{CONTENT_TYPE, HeaderMap, IF_MATCH, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ids::{AccountSessionId, TeamId};
use super::model::{
    Account, AccountPatch, AccountQuery, AccountSession, Invited, Listed, NewAccount, NewSecondFactor, SentLink,
    SignIn, Team, TeamPatch,
};
use super::{Accounts, AccountsError, Result};
use crate::login::ClientError;

/// The maximum size of an answer, in bytes: 100 teams of 500 members.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
const MERGE_PATCH: &str = "application/merge-patch+json";
/// The codes of a 401 that is about what was typed, and not about the token.
const WRONG_SECRET: &[&str] = &["credentials_invalid", "second_factor_invalid"];
/// How many sign-ins and teams come at once.
const ROWS: &str = "50";

/// Where the user-management service is, and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteAccountsOptions {
    /// The address before `/api/users`.
    pub url: String,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl RemoteAccountsOptions {
    /// The service at this address, with ten seconds for an answer, as for log-in.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), timeout: Duration::from_secs(10) }
    }
}

/// Asks the user-management service.
#[derive(Clone)]
pub struct RemoteAccounts {
    client: Client,
    url: String,
}

impl fmt::Debug for RemoteAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteAccounts").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
    pagination: Pagination,
}

/// A list that is always whole.
#[derive(Deserialize)]
struct Data<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    has_second_factor: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    next_cursor: Option<String>,
}

impl<T> From<List<T>> for Listed<T> {
    fn from(list: List<T>) -> Self {
        Self { data: list.data, next_cursor: list.pagination.next_cursor }
    }
}

impl RemoteAccounts {
    /// The users and teams of the service.
    ///
    /// # Errors
    /// [`ClientError`] if the HTTP client cannot be made.
    pub fn new(options: RemoteAccountsOptions) -> std::result::Result<Self, ClientError> {
        let client = Client::builder().timeout(options.timeout).redirect(redirect::Policy::none());
        let url = options.url.trim_end_matches('/').to_owned();
        Ok(Self { client: client.build().map_err(ClientError)?, url })
    }

    fn request(&self, method: Method, path: &str, token: &SecretString) -> RequestBuilder {
        self.client.request(method, format!("{}/api/{path}", self.url)).bearer_auth(token.expose_secret())
    }

    fn patch(&self, path: &str, token: &SecretString, patch: &impl Serialize, version: i64) -> RequestBuilder {
        // The type comes first: `json` sets its own only where there is none.
        let request = self.request(Method::PATCH, path, token).header(CONTENT_TYPE, MERGE_PATCH);
        request.header(IF_MATCH, tag(version)).json(patch)
    }
}

fn tag(version: i64) -> String {
    format!("\"{version}\"")
}

#[async_trait]
impl Accounts for RemoteAccounts {
    async fn list(&self, token: &SecretString, query: &AccountQuery) -> Result<Listed<Account>> {
        let AccountQuery { text, role, status, cursor, limit } = query;
        let limit = limit.to_string();
        let pairs = [
            ("q", text.as_deref()),
            ("role", role.map(crm_core::actor::Role::as_str)),
            ("status", status.map(super::AccountStatus::as_str)),
            ("cursor", cursor.as_deref()),
            ("limit", Some(&limit)),
        ];
        let path = format!("users{}", query_string(&pairs));
        Ok(read::<List<Account>>(self.request(Method::GET, &path, token)).await?.into())
    }

    async fn get(&self, token: &SecretString, id: UserId) -> Result<Account> {
        read(self.request(Method::GET, &format!("users/{id}"), token)).await
    }

    async fn invite(&self, token: &SecretString, new: &NewAccount) -> Result<Invited> {
        read(self.request(Method::POST, "users", token).json(new)).await
    }

    async fn update(&self, token: &SecretString, id: UserId, patch: &AccountPatch, version: i64) -> Result<Account> {
        read(self.patch(&format!("users/{id}"), token, patch, version)).await
    }

    async fn remove(&self, token: &SecretString, id: UserId, version: i64) -> Result<()> {
        done(self.request(Method::DELETE, &format!("users/{id}"), token).header(IF_MATCH, tag(version))).await
    }

    async fn invite_again(&self, token: &SecretString, id: UserId) -> Result<SentLink> {
        read(self.request(Method::POST, &format!("users/{id}/invitation"), token)).await
    }

    async fn send_reset(&self, token: &SecretString, id: UserId) -> Result<SentLink> {
        read(self.request(Method::POST, &format!("users/{id}/password-reset"), token)).await
    }

    async fn reset_second_factor(&self, token: &SecretString, id: UserId) -> Result<()> {
        done(self.request(Method::DELETE, &format!("users/{id}/second-factor"), token)).await
    }

    async fn sign_ins(&self, token: &SecretString, id: UserId, cursor: Option<&str>) -> Result<Listed<SignIn>> {
        let id = id.to_string();
        let pairs = [("userId", Some(&*id)), ("cursor", cursor), ("limit", Some(ROWS))];
        let path = format!("sign-ins{}", query_string(&pairs));
        Ok(read::<List<SignIn>>(self.request(Method::GET, &path, token)).await?.into())
    }

    async fn teams(&self, token: &SecretString, cursor: Option<&str>) -> Result<Listed<Team>> {
        let path = format!("teams{}", query_string(&[("cursor", cursor), ("limit", Some(ROWS))]));
        Ok(read::<List<Team>>(self.request(Method::GET, &path, token)).await?.into())
    }

    async fn team(&self, token: &SecretString, id: &TeamId) -> Result<Team> {
        read(self.request(Method::GET, &format!("teams/{id}"), token)).await
    }

    async fn create_team(&self, token: &SecretString, name: &str) -> Result<Team> {
        read(self.request(Method::POST, "teams", token).json(&json!({ "name": name }))).await
    }

    async fn update_team(&self, token: &SecretString, id: &TeamId, patch: &TeamPatch, version: i64) -> Result<Team> {
        read(self.patch(&format!("teams/{id}"), token, patch, version)).await
    }

    async fn delete_team(&self, token: &SecretString, id: &TeamId, version: i64) -> Result<()> {
        done(self.request(Method::DELETE, &format!("teams/{id}"), token).header(IF_MATCH, tag(version))).await
    }

    async fn change_password(&self, token: &SecretString, current: &SecretString, new: &SecretString) -> Result<()> {
        let body = json!({ "currentPassword": current.expose_secret(), "newPassword": new.expose_secret() });
        done(self.request(Method::POST, "auth/password", token).json(&body)).await
    }

    async fn sessions(&self, token: &SecretString) -> Result<Vec<AccountSession>> {
        Ok(read::<Data<AccountSession>>(self.request(Method::GET, "auth/sessions", token)).await?.data)
    }

    async fn end_session(&self, token: &SecretString, id: &AccountSessionId) -> Result<()> {
        done(self.request(Method::DELETE, &format!("auth/sessions/{id}"), token)).await
    }

    async fn has_second_factor(&self, token: &SecretString) -> Result<bool> {
        Ok(read::<Me>(self.request(Method::GET, "auth/me", token)).await?.has_second_factor)
    }

    async fn begin_second_factor(&self, token: &SecretString) -> Result<NewSecondFactor> {
        read(self.request(Method::POST, "auth/second-factor", token)).await
    }

    async fn confirm_second_factor(&self, token: &SecretString, code: &str) -> Result<Vec<String>> {
        let request = self.request(Method::POST, "auth/second-factor/confirm", token);
        Ok(read::<RecoveryCodes>(request.json(&json!({ "code": code }))).await?.recovery_codes)
    }

    async fn disable_second_factor(&self, token: &SecretString, password: &SecretString) -> Result<()> {
        let body = json!({ "password": password.expose_secret() });
        done(self.request(Method::DELETE, "auth/second-factor", token).json(&body)).await
    }

    async fn forgot_password(&self, email: &str, from: Option<&str>) -> Result<()> {
        let request = self.client.post(format!("{}/api/auth/forgot-password", self.url));
        let request = request.json(&json!({ "email": email }));
        done(match from {
            Some(address) => request.header("x-forwarded-for", address),
            None => request,
        })
        .await
    }
}

/// The query string of the pairs that have a value.
fn query_string(pairs: &[(&str, Option<&str>)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(pairs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
    format!("?{}", text.finish())
}

async fn send(request: RequestBuilder) -> Result<Response> {
    let response = request.send().await.map_err(|error| {
        tracing::warn!(error = %error.without_url(), "the user-management service cannot be reached");
        AccountsError::Unavailable
    })?;
    if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
}

async fn done(request: RequestBuilder) -> Result<()> {
    send(request).await.map(drop)
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> Result<T> {
    let body = body(send(request).await?).await.ok_or(AccountsError::Unavailable)?;
    serde_json::from_slice(&body).map_err(|error| {
        tracing::warn!(%error, "an answer of the user-management service is not understood");
        AccountsError::Unavailable
    })
}

async fn body(mut response: Response) -> Option<Vec<u8>> {
    read_body(&mut response, MAX_ANSWER).await.ok()
}

/// Why the service refuses, from its problem document.
async fn refusal(response: Response) -> AccountsError {
    let (status, retry_after) = (response.status(), retry_after(response.headers()));
    let problem = body(response).await.and_then(|body| serde_json::from_slice::<Problem>(&body).ok());
    match (status, problem) {
        (StatusCode::UNPROCESSABLE_ENTITY, Some(problem)) => {
            let faults = problem.errors.into_iter();
            let violation = |fault: crm_web::problem::Fault| Violation {
                pointer: fault.pointer.unwrap_or_default(),
                code: fault.code,
                detail: fault.detail,
            };
            AccountsError::Invalid(faults.map(violation).collect())
        }
        (StatusCode::CONFLICT, Some(problem)) => {
            let pointer = problem.errors.into_iter().find_map(|fault| fault.pointer).unwrap_or_default();
            AccountsError::Conflict(Violation { pointer, code: problem.code, detail: problem.detail })
        }
        (StatusCode::UNAUTHORIZED, Some(problem)) if WRONG_SECRET.contains(&&*problem.code) => {
            AccountsError::WrongSecret
        }
        (StatusCode::UNAUTHORIZED, _) => AccountsError::TokenRefused,
        (StatusCode::FORBIDDEN, _) => AccountsError::Forbidden,
        (StatusCode::NOT_FOUND, _) => AccountsError::NotFound,
        (StatusCode::PRECONDITION_FAILED, _) => AccountsError::Stale,
        (StatusCode::TOO_MANY_REQUESTS, _) => AccountsError::TooManyRequests { retry_after },
        // A cursor or a search text that the service does not take.
        (StatusCode::BAD_REQUEST, _) => AccountsError::NotFound,
        (status, problem) => {
            let code = problem.map(|problem| problem.code).unwrap_or_default();
            tracing::warn!(status = status.as_u16(), code, "the user-management service fails");
            AccountsError::Unavailable
        }
    }
}

fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}
