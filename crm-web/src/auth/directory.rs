//! The directory of the user-management service: its users, teams and companies, page by page.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use crm_core::companies::CompanyState;
use crm_core::ids::{CompanyId, TeamId, UserId};
use crm_core::users::{TeamProfile, UserProfile};
use reqwest::header::ACCEPT;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

use super::claims::key_of;
use super::upstream::{CallError, Upstream};
use super::{ClaimMapping, ClientCredentials, UpstreamError, UpstreamOptions};
use crate::outbound::below;

/// The maximum size of a page, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
const USERS: &str = "/api/directory/users";
const TEAMS: &str = "/api/directory/teams";
const COMPANIES: &str = "/api/directory/companies";

/// The options of the directory.
#[derive(Clone, Debug)]
pub struct DirectoryClientOptions {
    /// The URL of the service.
    pub service: Url,
    /// The client credentials.
    pub client: ClientCredentials,
    /// The issuer of tokens: keys of companies and users that are not UUIDs are mapped with it.
    pub issuer: String,
    /// The rules for ids, which are those of claims.
    pub claims: ClaimMapping,
    /// The limits of calls to the service.
    pub upstream: UpstreamOptions,
}

/// Reads the directory of the user-management service.
#[derive(Debug)]
pub struct DirectoryClient {
    options: DirectoryClientOptions,
    upstream: Upstream,
}

/// A page could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DirectoryError(#[from] CallError);

/// A page of the directory.
#[derive(Clone, PartialEq, Eq)]
pub struct DirectoryPage<T> {
    /// The entries that can be used.
    pub entries: Vec<T>,
    /// The number of the others: their ids break the rules of claims, or a member is missing.
    pub unusable: usize,
    /// The time of the latest change on the page.
    pub latest: Option<DateTime<Utc>>,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// Without the entries, which are personal data.
impl<T> fmt::Debug for DirectoryPage<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryPage").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

/// A user of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryUser {
    /// The company.
    pub company: CompanyId,
    /// The user.
    pub profile: UserProfile,
    /// The teams that they are in; none from a service that does not tell.
    pub teams: Option<Vec<TeamId>>,
}

/// A team of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryTeam {
    /// The company.
    pub company: CompanyId,
    /// The team.
    pub profile: TeamProfile,
}

/// A company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryCompany {
    /// The company.
    pub company: CompanyId,
    /// Whether it may use the CRM.
    pub state: CompanyState,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    data: Vec<Value>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserEntry {
    company_id: Value,
    user_id: Value,
    email: Option<String>,
    display_name: Option<String>,
    is_active: bool,
    team_ids: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TeamEntry {
    company_id: Value,
    team_id: Value,
    name: Option<String>,
    parent_id: Option<Value>,
    manager_id: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompanyEntry {
    company_id: Value,
    status: CompanyState,
}

impl DirectoryClient {
    /// Does not call the service yet.
    ///
    /// # Errors
    /// [`UpstreamError`] if no TLS client can be created on this machine.
    pub fn new(options: DirectoryClientOptions) -> Result<Self, UpstreamError> {
        Ok(Self { upstream: Upstream::new(&options.service, options.upstream)?, options })
    }

    /// A page of the users that changed since a time; of all users without one.
    ///
    /// # Errors
    /// [`DirectoryError`] if the page cannot be read.
    pub async fn users(
        &self,
        since: Option<DateTime<Utc>>,
        cursor: Option<&str>,
    ) -> Result<DirectoryPage<DirectoryUser>, DirectoryError> {
        self.page(USERS, since, cursor, |entry| self.user(entry)).await
    }

    /// A page of the teams that changed since a time; of all teams without one. A service without teams has none.
    ///
    /// # Errors
    /// [`DirectoryError`] if the page cannot be read.
    pub async fn teams(
        &self,
        since: Option<DateTime<Utc>>,
        cursor: Option<&str>,
    ) -> Result<DirectoryPage<DirectoryTeam>, DirectoryError> {
        match self.page(TEAMS, since, cursor, |entry| self.team(entry)).await {
            Err(DirectoryError(CallError::Status(StatusCode::NOT_FOUND))) => {
                Ok(DirectoryPage { entries: Vec::new(), unusable: 0, latest: None, next: None })
            }
            page => page,
        }
    }

    /// A page of the companies that changed since a time; of all companies without one.
    ///
    /// # Errors
    /// [`DirectoryError`] if the page cannot be read.
    pub async fn companies(
        &self,
        since: Option<DateTime<Utc>>,
        cursor: Option<&str>,
    ) -> Result<DirectoryPage<DirectoryCompany>, DirectoryError> {
        self.page(COMPANIES, since, cursor, |entry| self.company(entry)).await
    }

    fn user(&self, entry: Value) -> Option<DirectoryUser> {
        let entry: UserEntry = serde_json::from_value(entry).ok()?;
        let UserEntry { company_id, user_id, email, display_name, is_active, team_ids } = entry;
        let profile = UserProfile { id: self.user_id(&user_id)?, display_name, email, is_active };
        let teams = match team_ids {
            Some(ids) => Some(ids.iter().map(|id| self.team_id(id)).collect::<Option<_>>()?),
            None => None,
        };
        Some(DirectoryUser { company: self.company_id(&company_id)?, profile, teams })
    }

    fn team(&self, entry: Value) -> Option<DirectoryTeam> {
        let TeamEntry { company_id, team_id, name, parent_id, manager_id } = serde_json::from_value(entry).ok()?;
        let parent_id = match parent_id {
            Some(id) => Some(self.team_id(&id)?),
            None => None,
        };
        let manager_id = match manager_id {
            Some(id) => Some(self.user_id(&id)?),
            None => None,
        };
        let profile = TeamProfile { id: self.team_id(&team_id)?, name, parent_id, manager_id };
        Some(DirectoryTeam { company: self.company_id(&company_id)?, profile })
    }

    fn company(&self, entry: Value) -> Option<DirectoryCompany> {
        let CompanyEntry { company_id, status } = serde_json::from_value(entry).ok()?;
        Some(DirectoryCompany { company: self.company_id(&company_id)?, state: status })
    }

    fn user_id(&self, id: &Value) -> Option<UserId> {
        self.options.claims.user_as.user(&self.options.issuer, &key_of(id)?).ok()
    }

    /// No token has ids of teams: they follow the rules for those of users.
    fn team_id(&self, id: &Value) -> Option<TeamId> {
        self.user_id(id).map(|id| TeamId(id.0))
    }

    fn company_id(&self, id: &Value) -> Option<CompanyId> {
        self.options.claims.company_as.company(&self.options.issuer, &key_of(id)?).ok()
    }

    async fn page<T>(
        &self,
        path: &str,
        since: Option<DateTime<Utc>>,
        cursor: Option<&str>,
        read: impl Fn(Value) -> Option<T>,
    ) -> Result<DirectoryPage<T>, DirectoryError> {
        let mut url = below(&self.options.service, path);
        let since = since.map(|since| since.to_rfc3339_opts(SecondsFormat::Micros, true));
        for (name, value) in [("changedSince", since.as_deref()), ("cursor", cursor)] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        let request = self.upstream.client().get(url).header(ACCEPT, "application/json");
        let (status, body) = self.upstream.ask("directory", self.options.client.sign(request), LARGEST).await?;
        if status != StatusCode::OK {
            return Err(CallError::Status(status).into());
        }
        let answer = serde_json::from_slice::<Answer>(&body);
        let Answer { data, next_cursor: next } =
            answer.map_err(|_| CallError::Garbled("it is no page of a directory"))?;
        let latest = data.iter().filter_map(|entry| entry.get("updatedAt")?.as_str()?.parse().ok()).max();
        let count = data.len();
        let entries: Vec<T> = data.into_iter().filter_map(read).collect();
        Ok(DirectoryPage { unusable: count - entries.len(), entries, latest, next })
    }
}
