//! The input for teams.

use std::collections::HashSet;

use crm_core::Violations;
use crm_core::ids::UserId;
use crm_core::patch::Patch;
use crm_core::text::fold;
use serde::{Deserialize, Serialize};

use super::model::Team;
use crate::base::ids::TeamId;
use crate::base::input;

/// How many members a team has at most.
pub(super) const MAX_MEMBERS: usize = 500;

/// A team to add. An absent or `null` field has no value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTeam {
    /// The name; unique in the company without case and accents.
    #[schema(example = "Sales North", max_length = 200)]
    pub name: Option<String>,
    /// Who leads it, and the teams below it.
    pub manager_id: Option<UserId>,
    /// The team that it is part of.
    pub parent_id: Option<TeamId>,
    /// Who is in it.
    pub member_ids: Option<Vec<UserId>>,
}

impl NewTeam {
    /// A team with this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// The values in their stored form.
    pub(super) fn checked(self) -> Result<Draft, Violations> {
        let mut violations = Violations::default();
        let mut name = input::required_line(self.name.as_deref(), "/name", &mut violations);
        if violations.0.is_empty() && fold(&name).is_empty() {
            violations.add("/name", "required", "a team needs a name");
            name.clear();
        }
        let (mut member_ids, mut seen) = (self.member_ids.unwrap_or_default(), HashSet::new());
        if member_ids.len() > MAX_MEMBERS {
            violations.add("/memberIds", "too_long", format!("at most {MAX_MEMBERS} members"));
        }
        violations.into_result()?;
        member_ids.retain(|member| seen.insert(*member));
        Ok(Draft { name, manager_id: self.manager_id, parent_id: self.parent_id, member_ids })
    }
}

/// A change of a team (RFC 7396): absent fields stay unchanged, `null` clears a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TeamPatch {
    /// The name.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub name: Patch<String>,
    /// Who leads it.
    #[schema(value_type = Option<UserId>)]
    pub manager_id: Patch<UserId>,
    /// The team that it is part of.
    #[schema(value_type = Option<TeamId>)]
    pub parent_id: Patch<TeamId>,
    /// Who is in it.
    #[schema(value_type = Option<Vec<UserId>>)]
    pub member_ids: Patch<Vec<UserId>>,
}

impl TeamPatch {
    /// The team after the change.
    pub(super) fn apply(self, team: &Team) -> NewTeam {
        let Team { name, manager_id, parent_id, member_ids, .. } = team.clone();
        let mut new = NewTeam { name: Some(name), manager_id, parent_id, member_ids: Some(member_ids) };
        self.name.apply(&mut new.name);
        self.manager_id.apply(&mut new.manager_id);
        self.parent_id.apply(&mut new.parent_id);
        self.member_ids.apply(&mut new.member_ids);
        new
    }
}

/// The teams in a list, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TeamQuery {
    /// Only teams whose name contains this text, in any case.
    pub q: Option<String>,
}

/// What can be written of a team, in stored form.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Draft {
    pub name: String,
    pub manager_id: Option<UserId>,
    pub parent_id: Option<TeamId>,
    pub member_ids: Vec<UserId>,
}

impl From<&Team> for Draft {
    fn from(team: &Team) -> Self {
        let Team { name, manager_id, parent_id, member_ids, .. } = team.clone();
        Self { name, manager_id, parent_id, member_ids }
    }
}
