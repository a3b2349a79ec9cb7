//! The input for API keys.

use chrono::{DateTime, Utc};
use crm_core::Violations;
use crm_core::actor::{Permission, Role};
use crm_core::{clock, text};
use serde::Deserialize;

use crate::base::error::Result;

/// The maximum length of a name, in characters.
const LONGEST_NAME: usize = 100;
/// The maximum number of permissions.
const MOST_PERMISSIONS: usize = 100;

/// An API key to make.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewApiKey {
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Rights beyond the role's, such as `customers:export`.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// When it expires; never by default.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl NewApiKey {
    pub(super) fn validated(self, now: DateTime<Utc>) -> Result<Self> {
        let mut violations = Violations::default();
        let name = name(&self.name, &mut violations);
        if self.permissions.len() > MOST_PERMISSIONS {
            let detail = format!("at most {MOST_PERMISSIONS} permissions");
            violations.add("/permissions", "too_many", detail);
        }
        for (index, permission) in self.permissions.iter().enumerate().take(MOST_PERMISSIONS) {
            if !is_permission(permission) {
                let detail = "a permission is a resource and an action, such as customers:export";
                violations.add(format!("/permissions/{index}"), "permission_unknown", detail);
            }
        }
        let expires_at = self.expires_at.and_then(clock::stored);
        if self.expires_at.is_some() && expires_at.is_none_or(|expires| expires <= now) {
            violations.add("/expiresAt", "expiry_past", "the expiry is in the future");
        }
        violations.into_result()?;
        Ok(Self { name, expires_at, ..self })
    }
}

/// A name in its stored form.
pub(super) fn name(name: &str, violations: &mut Violations) -> String {
    match text::line(name) {
        Ok(Some(name)) if name.chars().count() <= LONGEST_NAME => return name,
        Ok(Some(_)) => violations.add("/name", "too_long", format!("a name has at most {LONGEST_NAME} characters")),
        Ok(None) => violations.add("/name", "required", "a name is required"),
        Err(error) => violations.add("/name", "unprintable", error.to_string()),
    }
    String::new()
}

/// A key has no records of its own, so its rights reach all.
fn is_permission(text: &str) -> bool {
    text.split(':').count() == 2 && text.parse::<Permission>().is_ok()
}
