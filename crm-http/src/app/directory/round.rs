//! One round through the directory.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::Crm;
use crm_core::companies::CompanyState;
use crm_core::ids::CompanyId;
use crm_core::sea_orm::DatabaseConnection;
use crm_core::users::{TeamProfile, UserProfile, UserTeams};

use crm_web::auth::{DirectoryClient, DirectoryCompany, DirectoryError, DirectoryPage, DirectoryTeam, DirectoryUser};
use crm_web::timeout::within;

/// The timeout of a step of the database.
const PATIENCE: Duration = Duration::from_secs(30);
/// Transactions of the service may commit later than the times that they write.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);
/// The maximum number of pages in a round: a cursor that leads nowhere must not be followed forever.
const MOST_PAGES: usize = 100_000;

/// The reason why a round ended early. The next one begins where this one began.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    #[error("the user-management service: {0}")]
    Directory(#[from] DirectoryError),
    #[error("the database: {0}")]
    Database(#[from] crm_core::Error),
    #[error("the database does not answer")]
    Silence,
    #[error("the user-management service: its pages do not end")]
    Endless,
}

/// Reads the directory, and remembers how far.
pub(super) struct Reader {
    crm: Crm,
    database: DatabaseConnection,
    client: DirectoryClient,
    /// The times of the latest changes that were read.
    companies: Option<DateTime<Utc>>,
    teams: Option<DateTime<Utc>>,
    users: Option<DateTime<Utc>>,
    /// Entries that cannot be used, and it has been logged.
    unusable: usize,
}

impl Reader {
    pub(super) const fn new(crm: Crm, database: DatabaseConnection, client: DirectoryClient) -> Self {
        Self { crm, database, client, companies: None, teams: None, users: None, unusable: 0 }
    }

    /// Applies what has changed since the last round; everything in the first one.
    pub(super) async fn round(&mut self) -> Result<(), RoundError> {
        let mut companies = Pages::after(self.companies);
        while !companies.are_read {
            let page = self.client.companies(companies.since, companies.cursor.as_deref()).await?;
            self.apply_companies(&page.entries).await?;
            companies.turn(&page)?;
        }
        let mut teams = Pages::after(self.teams);
        while !teams.are_read {
            let mut page = self.client.teams(teams.since, teams.cursor.as_deref()).await?;
            self.apply_teams(std::mem::take(&mut page.entries)).await?;
            teams.turn(&page)?;
        }
        let mut users = Pages::after(self.users);
        while !users.are_read {
            let mut page = self.client.users(users.since, users.cursor.as_deref()).await?;
            self.apply_users(std::mem::take(&mut page.entries)).await?;
            users.turn(&page)?;
        }
        (self.companies, self.teams, self.users) = (companies.latest, teams.latest, users.latest);
        let unusable = companies.unusable + teams.unusable + users.unusable;
        if unusable > self.unusable {
            tracing::warn!(
                count = unusable,
                "the directory has entries that cannot be used: their ids must have the form of those in tokens"
            );
        }
        self.unusable = self.unusable.max(unusable);
        Ok(())
    }

    async fn apply_companies(&self, companies: &[DirectoryCompany]) -> Result<(), RoundError> {
        let known = self.crm.companies(&self.database);
        for DirectoryCompany { company, state } in companies {
            let change = async {
                if known.state(*company).await? == *state {
                    return Ok(());
                }
                match state {
                    CompanyState::Active => known.reactivate(*company).await,
                    CompanyState::Suspended => known.suspend(*company).await,
                    CompanyState::Deleted => known.delete(*company).await,
                }
            };
            within(PATIENCE, change).await.ok_or(RoundError::Silence)??;
        }
        Ok(())
    }

    async fn apply_users(&self, users: Vec<DirectoryUser>) -> Result<(), RoundError> {
        let mut by_company: BTreeMap<CompanyId, (Vec<UserProfile>, Vec<UserTeams>)> = BTreeMap::new();
        for DirectoryUser { company, profile, teams } in users {
            let (profiles, members) = by_company.entry(company).or_default();
            members.extend(teams.map(|team_ids| UserTeams { user_id: profile.id, team_ids }));
            profiles.push(profile);
        }
        let mirror = self.crm.users_directory(&self.database);
        for (company, (profiles, members)) in by_company {
            within(PATIENCE, mirror.mirror(company, &profiles)).await.ok_or(RoundError::Silence)??;
            within(PATIENCE, mirror.mirror_members(company, &members)).await.ok_or(RoundError::Silence)??;
        }
        Ok(())
    }

    async fn apply_teams(&self, teams: Vec<DirectoryTeam>) -> Result<(), RoundError> {
        let mut by_company: BTreeMap<CompanyId, Vec<TeamProfile>> = BTreeMap::new();
        for DirectoryTeam { company, profile } in teams {
            by_company.entry(company).or_default().push(profile);
        }
        let mirror = self.crm.users_directory(&self.database);
        for (company, teams) in by_company {
            within(PATIENCE, mirror.mirror_teams(company, &teams)).await.ok_or(RoundError::Silence)??;
        }
        Ok(())
    }
}

/// The pages of a list.
struct Pages {
    since: Option<DateTime<Utc>>,
    /// The time of the latest change.
    latest: Option<DateTime<Utc>>,
    unusable: usize,
    cursor: Option<String>,
    count: usize,
    are_read: bool,
}

impl Pages {
    fn after(latest: Option<DateTime<Utc>>) -> Self {
        let since = latest.map(|latest| latest - OVERLAP);
        Self { since, latest, unusable: 0, cursor: None, count: 0, are_read: false }
    }

    /// Notes what a page says, and goes on to the next one.
    fn turn<T>(&mut self, page: &DirectoryPage<T>) -> Result<(), RoundError> {
        // `None` is less than any time. A time that is yet to come would hide changes until then.
        self.latest = self.latest.max(page.latest.min(Some(Utc::now())));
        self.unusable += page.unusable;
        self.count += 1;
        self.are_read = page.next.is_none();
        let stays = page.next.is_some() && page.next == self.cursor;
        if stays || self.count == MOST_PAGES {
            return Err(RoundError::Endless);
        }
        self.cursor.clone_from(&page.next);
        Ok(())
    }
}
