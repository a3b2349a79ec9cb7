//! The input for users.

use std::fmt;

use crm_core::Violations;
use crm_core::actor::Role;
use crm_core::patch::Patch;
use serde::{Deserialize, Serialize};

use super::model::{User, UserStatus};
use crate::base::ids::TeamId;
use crate::base::input;

/// How many teams a user has at most.
const MAX_TEAMS: usize = 100;

/// A user to invite. An absent or `null` field has no value.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewUser {
    /// The e-mail address, with which they sign in.
    #[serde(alias = "emailId")]
    #[schema(example = "ann@example.com", max_length = 254)]
    pub email: Option<String>,
    /// The name.
    #[schema(example = "Ann Lee", max_length = 200)]
    pub name: Option<String>,
    /// The role in the company; a viewer by default.
    pub role: Option<Role>,
    /// Rights beside those of the role: `resource:action`, or `resource:action:own`.
    pub permissions: Option<Vec<String>>,
    /// Their teams.
    pub team_ids: Option<Vec<TeamId>>,
    /// Their language (BCP 47).
    pub locale: Option<String>,
    /// Their time zone (IANA).
    pub time_zone: Option<String>,
}

impl fmt::Debug for NewUser {
    /// Prints no name and no address, because they do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("role", &self.role).finish_non_exhaustive()
    }
}

impl NewUser {
    /// A user with this address.
    pub fn with_email(email: impl Into<String>) -> Self {
        Self { email: Some(email.into()), ..Self::default() }
    }

    /// The values in their stored form. Pointers start with `at`.
    pub(crate) fn checked(self, at: &str, violations: &mut Violations) -> Draft {
        let Self { email, name, role, permissions, team_ids, locale, time_zone } = self;
        let fields = Fields { email, name, permissions: permissions.unwrap_or_default(), locale, time_zone };
        let (role, status) = (role.unwrap_or(Role::Viewer), UserStatus::Invited);
        fields.checked(at, role, status, team_ids.unwrap_or_default(), violations)
    }
}

/// A change of a user (RFC 7396): absent fields stay unchanged, `null` clears a field.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UserPatch {
    /// The e-mail address.
    #[serde(alias = "emailId")]
    #[schema(value_type = Option<String>, max_length = 254)]
    pub email: Patch<String>,
    /// The name.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub name: Patch<String>,
    /// The role in the company.
    #[schema(value_type = Option<Role>)]
    pub role: Patch<Role>,
    /// Whether they may sign in; an invitation ends only by acceptance or removal.
    #[schema(value_type = Option<UserStatus>)]
    pub status: Patch<UserStatus>,
    /// Rights beside those of the role.
    #[schema(value_type = Option<Vec<String>>)]
    pub permissions: Patch<Vec<String>>,
    /// Their teams.
    #[schema(value_type = Option<Vec<TeamId>>)]
    pub team_ids: Patch<Vec<TeamId>>,
    /// Their language (BCP 47).
    #[schema(value_type = Option<String>)]
    pub locale: Patch<String>,
    /// Their time zone (IANA).
    #[schema(value_type = Option<String>)]
    pub time_zone: Patch<String>,
}

impl fmt::Debug for UserPatch {
    /// Prints no name and no address, because they do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserPatch").field("role", &self.role).field("status", &self.status).finish_non_exhaustive()
    }
}

impl UserPatch {
    /// The user after the change, in stored form.
    pub(super) fn apply(self, user: &User) -> Result<Draft, Violations> {
        let Self { email, name, role, status, permissions, team_ids, locale, time_zone } = self;
        let mut violations = Violations::default();
        for (is_cleared, pointer) in [(role == Patch::Clear, "/role"), (status == Patch::Clear, "/status")] {
            if is_cleared {
                violations.add(pointer, "required", "a value is required");
            }
        }
        let mut fields = Fields::of(user);
        email.apply(&mut fields.email);
        name.apply(&mut fields.name);
        permissions.apply_or_default(&mut fields.permissions);
        locale.apply(&mut fields.locale);
        time_zone.apply(&mut fields.time_zone);
        let mut teams = user.team_ids.clone();
        team_ids.apply_or_default(&mut teams);
        let role = role.value().copied().unwrap_or(user.role);
        let status = status.value().copied().unwrap_or(user.status);
        let draft = fields.checked("", role, status, teams, &mut violations);
        violations.into_result()?;
        Ok(draft)
    }
}

/// What a user changes of their own account (RFC 7396): absent fields stay unchanged, `null` clears a field.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProfilePatch {
    /// The name.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub name: Patch<String>,
    /// The language (BCP 47).
    #[schema(value_type = Option<String>)]
    pub locale: Patch<String>,
    /// The time zone (IANA).
    #[schema(value_type = Option<String>)]
    pub time_zone: Patch<String>,
}

impl fmt::Debug for ProfilePatch {
    /// Prints no name, because it does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfilePatch").field("locale", &self.locale).finish_non_exhaustive()
    }
}

impl From<ProfilePatch> for UserPatch {
    fn from(patch: ProfilePatch) -> Self {
        let ProfilePatch { name, locale, time_zone } = patch;
        Self { name, locale, time_zone, ..Self::default() }
    }
}

/// What can be written of a user, in stored form.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Draft {
    #[serde(flatten)]
    pub profile: Profile,
    pub role: Role,
    pub status: UserStatus,
    pub permissions: Vec<String>,
    pub team_ids: Vec<TeamId>,
}

/// What can be written of an account.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    pub email: String,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
}

impl Draft {
    /// What the audit trail does not show.
    pub(super) const HIDDEN: &'static [&'static str] = &["email"];
}

impl From<&User> for Draft {
    fn from(user: &User) -> Self {
        let User { email, name, locale, time_zone, role, status, permissions, team_ids, .. } = user.clone();
        Self { profile: Profile { email, name, locale, time_zone }, role, status, permissions, team_ids }
    }
}

/// The texts of an input.
struct Fields {
    email: Option<String>,
    name: Option<String>,
    permissions: Vec<String>,
    locale: Option<String>,
    time_zone: Option<String>,
}

impl Fields {
    fn of(user: &User) -> Self {
        let User { email, name, permissions, locale, time_zone, .. } = user.clone();
        Self { email: Some(email), name, permissions, locale, time_zone }
    }

    fn checked(
        self,
        at: &str,
        role: Role,
        status: UserStatus,
        mut team_ids: Vec<TeamId>,
        violations: &mut Violations,
    ) -> Draft {
        let at = |field: &str| format!("{at}/{field}");
        if team_ids.len() > MAX_TEAMS {
            violations.add(at("teamIds"), "too_long", format!("at most {MAX_TEAMS} teams"));
        }
        let mut seen = std::collections::HashSet::new();
        team_ids.retain(|team| seen.insert(*team));
        let profile = Profile {
            email: input::email(self.email.as_deref(), &at("email"), violations),
            name: input::line(self.name.as_deref(), &at("name"), violations),
            locale: input::locale(self.locale.as_deref(), &at("locale"), violations),
            time_zone: input::time_zone(self.time_zone.as_deref(), &at("timeZone"), violations),
        };
        let permissions = input::permissions(&self.permissions, &at("permissions"), violations);
        Draft { profile, role, status, permissions, team_ids }
    }
}
