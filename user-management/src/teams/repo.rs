//! The operations on teams.

use crm_core::Violations;
use crm_core::ids::{CompanyId, UserId};
use crm_core::page::{Page, PageRequest};
use crm_core::text::fold;
use sea_orm::QueryFilter;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait};
use serde_json::json;

use super::input::{Draft, NewTeam, TeamPatch, TeamQuery};
use super::model::Team;
use super::{members, parents, read};
use crate::base::caller::Caller;
use crate::base::error::{Conflict, Error, Result, expect_version};
use crate::base::ids::TeamId;
use crate::base::service::UserManagement;
use crate::rows::team::{ActiveModel, Column, Entity};
use crate::{audit, companies};

/// How many teams a company has at most.
const MAX_TEAMS: u64 = 1_000;

/// The teams of a company. Obtained from [`UserManagement::teams`].
#[derive(Debug)]
pub struct Teams<'a> {
    um: &'a UserManagement,
    caller: &'a Caller,
}

impl UserManagement {
    /// The teams of the caller's company.
    #[must_use]
    pub const fn teams<'a>(&'a self, caller: &'a Caller) -> Teams<'a> {
        Teams { um: self, caller }
    }
}

impl Teams<'_> {
    /// A page of teams by name, with their members.
    ///
    /// # Errors
    /// A text that is longer than any name, and a cursor of another list.
    #[tracing::instrument(name = "um.teams.list", skip_all, fields(company.id = %self.caller.company))]
    pub async fn list(&self, query: &TeamQuery, request: &PageRequest) -> Result<Page<Team>> {
        read::list(self.um.db(), self.caller.company, query, request).await
    }

    /// One team.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: TeamId) -> Result<Team> {
        read::find(self.um.db(), self.caller.company, id).await
    }

    /// Adds a team. Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; invalid values; [`Conflict::TeamNameTaken`]; [`Conflict::TooMany`].
    #[tracing::instrument(name = "um.teams.create", skip_all, fields(company.id = %self.caller.company))]
    pub async fn create(&self, new: NewTeam) -> Result<Team> {
        self.caller.require_admin()?;
        let draft = new.checked()?;
        let (um, company, id) = (self.um, self.caller.company, self.um.id::<TeamId>());
        let tx = um.begin().await?;
        companies::locked(&tx, company).await?;
        ensure_room(&tx, company).await?;
        ensure_members(&tx, company, &draft).await?;
        parents::ensure(&tx, company, id, draft.parent_id).await?;
        let created_at = Set(um.now());
        Entity::insert(ActiveModel { created_at, ..self.row(id, 1, &draft) }).exec_without_returning(&tx).await?;
        members::set_members(&tx, um.now(), company, id, &[], &draft.member_ids).await?;
        let changes = serde_json::to_value(&draft).map_err(Error::internal)?;
        audit::record(&tx, um, self.caller, "team.created", "team", Some(id.0), changes).await?;
        let team = read::find(&tx, company, id).await?;
        tx.commit().await?;
        Ok(team)
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing. Administrators only.
    ///
    /// # Errors
    /// Those of [`Teams::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "um.teams.update", skip_all, fields(company.id = %self.caller.company, team.id = %id))]
    pub async fn update(&self, id: TeamId, patch: TeamPatch, expected: Option<i64>) -> Result<Team> {
        self.caller.require_admin()?;
        let (um, company) = (self.um, self.caller.company);
        let tx = um.begin().await?;
        companies::locked(&tx, company).await?;
        let team = read::find(&tx, company, id).await?;
        expect_version(team.version, expected)?;
        let (before, after) = (Draft::from(&team), patch.apply(&team).checked()?);
        if before == after {
            return Ok(team);
        }
        ensure_members(&tx, company, &after).await?;
        if after.parent_id != before.parent_id {
            parents::ensure(&tx, company, id, after.parent_id).await?;
        }
        self.row(id, team.version + 1, &after).update(&tx).await?;
        members::set_members(&tx, um.now(), company, id, &before.member_ids, &after.member_ids).await?;
        let changes = audit::diff(&before, &after, &[])?;
        audit::record(&tx, um, self.caller, "team.updated", "team", Some(id.0), changes).await?;
        let team = read::find(&tx, company, id).await?;
        tx.commit().await?;
        Ok(team)
    }

    /// Deletes a team; its members stay in the company, and the teams below it are part of none. Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "um.teams.delete", skip_all, fields(company.id = %self.caller.company, team.id = %id))]
    pub async fn delete(&self, id: TeamId, expected: Option<i64>) -> Result<()> {
        self.caller.require_admin()?;
        let (um, company) = (self.um, self.caller.company);
        let tx = um.begin().await?;
        companies::locked(&tx, company).await?;
        let team = read::find(&tx, company, id).await?;
        expect_version(team.version, expected)?;
        members::set_members(&tx, um.now(), company, id, &team.member_ids, &[]).await?;
        parents::leave(&tx, um.now(), company, id).await?;
        Entity::delete_by_id((company.0, id.0)).exec(&tx).await?;
        let changes = json!({ "name": { "from": team.name, "to": null } });
        audit::record(&tx, um, self.caller, "team.deleted", "team", Some(id.0), changes).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A team as it is written; `created_at` stays as it is.
    fn row(&self, id: TeamId, version: i64, draft: &Draft) -> ActiveModel {
        ActiveModel {
            company_id: Set(self.caller.company.0),
            id: Set(id.0),
            version: Set(version),
            updated_at: Set(self.um.now()),
            name: Set(draft.name.clone()),
            name_key: Set(fold(&draft.name)),
            manager_id: Set(draft.manager_id.map(|manager| manager.0)),
            parent_id: Set(draft.parent_id.map(|parent| parent.0)),
            ..Default::default()
        }
    }
}

async fn ensure_room(tx: &DatabaseTransaction, company: CompanyId) -> Result<()> {
    let teams = Entity::find().filter(Column::CompanyId.eq(company.0)).count(tx).await?;
    if teams >= MAX_TEAMS { Err(Conflict::TooMany.into()) } else { Ok(()) }
}

/// Fails unless the manager and the members belong to the company.
async fn ensure_members(tx: &DatabaseTransaction, company: CompanyId, draft: &Draft) -> Result<()> {
    let asked: Vec<UserId> = draft.member_ids.iter().copied().chain(draft.manager_id).collect();
    let known = members::known(tx, company, &asked).await?;
    let mut violations = Violations::default();
    let rule = ("user_unknown", "the company has no such user");
    if draft.manager_id.is_some_and(|manager| !known.contains(&manager.0)) {
        violations.add("/managerId", rule.0, rule.1);
    }
    for (index, member) in draft.member_ids.iter().enumerate() {
        if !known.contains(&member.0) {
            violations.add(format!("/memberIds/{index}"), rule.0, rule.1);
        }
    }
    Ok(violations.into_result()?)
}
