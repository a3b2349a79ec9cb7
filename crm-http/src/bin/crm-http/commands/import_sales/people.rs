//! The sales agents and their managers, users of another system, and the offices that they work in.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use crm_core::actor::{Actor, Role};
use crm_core::ids::{CompanyId, TeamId};
use crm_core::sea_orm::DatabaseConnection;
use crm_core::users::{TeamProfile, UserProfile, UserTeams};
use crm_core::{CompanyScope, Crm};
use crm_http::auth::CallerFacts;
use crm_http::config::AuthConfig;

use super::SYSTEM;
use super::files::{Agent, Sales};

/// Finds users by their names, as tokens with these names do.
pub(super) struct People {
    pub auth: AuthConfig,
    pub company: String,
}

impl People {
    /// A user of the company.
    pub fn actor(&self, name: &str) -> anyhow::Result<Actor> {
        let facts = CallerFacts {
            company: self.company.clone(),
            user: name.to_owned(),
            role: Role::Admin.as_str().to_owned(),
            name: Some(name.to_owned()),
            email: None,
        };
        self.auth.actor(&facts).with_context(|| format!("the company, or the user {name}, has no valid id"))
    }

    /// Makes all of them known.
    pub async fn mirror(&self, scope: &mut CompanyScope<'_>, sales: &Sales) -> anyhow::Result<()> {
        let managers = sales.agents.iter().map(|agent| agent.manager.as_str());
        let agents = sales.agents.iter().map(|agent| agent.name.as_str());
        let sellers = sales.opportunities.iter().map(|row| row.agent.as_str());
        for name in managers.chain(agents).chain(sellers).collect::<BTreeSet<&str>>() {
            let id = self.actor(name)?.user_id().context("a user has an id")?;
            let profile = UserProfile { id, display_name: Some(name.to_owned()), email: None, is_active: true };
            scope.users().mirror(&profile).await?;
        }
        Ok(())
    }

    /// Makes the regional offices teams, and below them the agents of each manager. Not where a directory says who is in
    /// which team.
    pub async fn mirror_teams(
        &self,
        crm: &Crm,
        database: &DatabaseConnection,
        company: CompanyId,
        sales: &Sales,
    ) -> anyhow::Result<()> {
        if self.auth.directory.is_some() {
            return Ok(());
        }
        let id = |kind: &str, name: &str| TeamId::from_foreign(company.0, &format!("{SYSTEM}:{kind}:{name}"));
        let mut teams: BTreeMap<TeamId, TeamProfile> = BTreeMap::new();
        let mut members = Vec::with_capacity(sales.agents.len());
        for Agent { name, manager, office } in &sales.agents {
            let parent_id = office.as_deref().map(|office| id("office", office));
            if let Some((id, office)) = parent_id.zip(office.clone()) {
                teams.insert(id, TeamProfile { id, name: Some(office), parent_id: None, manager_id: None });
            }
            let team = id("manager", manager);
            let manager_id = self.actor(manager)?.user_id();
            teams.insert(team, TeamProfile { id: team, name: Some(manager.clone()), parent_id, manager_id });
            let user_id = self.actor(name)?.user_id().context("a user has an id")?;
            members.push(UserTeams { user_id, team_ids: vec![team] });
        }
        let directory = crm.users_directory(database);
        directory.mirror_teams(company, &teams.into_values().collect::<Vec<_>>()).await?;
        directory.mirror_members(company, &members).await?;
        Ok(())
    }
}
