//! Caches the verified claims of tokens, so that not every request verifies its token.
//!
//! Claims are cached, never decisions: roles and rights are evaluated for every request. Claims never outlive the
//! token, and are stored under a keyed digest of it, which does not reveal the token.

mod cache;
mod key;
mod shared;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::Permission;
use serde::{Deserialize, Serialize};

pub use cache::CacheOptions;
pub(super) use cache::FactsCache;
pub use key::FactsKey;
pub(super) use key::TokenKey;
pub use shared::SharedFacts;

/// The claims of a verified token, with the names of its issuer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedClaims {
    /// The issuer; empty if the token does not name one.
    pub issuer: String,
    /// The company: a UUID, or any key of the issuer.
    pub company: Option<String>,
    /// The user: a UUID, or any key of the issuer.
    pub user: Option<String>,
    /// The user's roles.
    pub roles: Vec<String>,
    /// The rights beside those of the role.
    pub permissions: Vec<Permission>,
    /// Whether this is a program with its own identity, and no user.
    pub is_service: bool,
    /// The user's name.
    pub name: Option<String>,
    /// The user's e-mail address.
    pub email: Option<String>,
    /// The session (`sid`).
    pub session: Option<String>,
    /// The generation of the user's rights in the company (`gen`).
    pub generation: Option<i64>,
    /// The time at which the token was issued (`iat`).
    pub issued_at: Option<DateTime<Utc>>,
    /// The expiry of the token, if known.
    pub expires_at: Option<DateTime<Utc>>,
    /// The time of verification.
    pub verified_at: DateTime<Utc>,
}

/// Prints neither name nor address.
impl fmt::Debug for VerifiedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedClaims")
            .field("issuer", &self.issuer)
            .field("expires_at", &self.expires_at)
            .field("verified_at", &self.verified_at)
            .finish_non_exhaustive()
    }
}

impl VerifiedClaims {
    /// Whether the claims are valid at `now`, with a maximum age of `age`.
    fn hold(&self, now: DateTime<Utc>, age: std::time::Duration) -> bool {
        self.remaining(now, age) > TimeDelta::zero()
    }

    /// The remaining validity at `now`, with a maximum age of `age`.
    fn remaining(&self, now: DateTime<Utc>, age: std::time::Duration) -> TimeDelta {
        let until = TimeDelta::from_std(age).ok().and_then(|age| self.verified_at.checked_add_signed(age));
        let until = [until, self.expires_at].into_iter().flatten().min().unwrap_or(DateTime::<Utc>::MAX_UTC);
        // A clock that was set back must not extend the validity.
        (until - now).min(until - self.verified_at)
    }

    /// The approximate size in bytes.
    fn size(&self) -> usize {
        let Self { company, user, name, email, session, .. } = self;
        let texts = [company, user, name, email, session].into_iter().flatten();
        let texts = texts.chain([&self.issuer]).chain(&self.roles).map(String::len);
        size_of::<Self>() + texts.sum::<usize>() + size_of_val(&*self.permissions)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use chrono::{TimeDelta, Utc};
    use crm_core::actor::{Action, Permission, Resource};

    use super::VerifiedClaims;

    pub(in crate::auth) fn facts() -> VerifiedClaims {
        VerifiedClaims {
            issuer: "https://id".to_owned(),
            company: Some("acme".to_owned()),
            user: Some("ann".to_owned()),
            roles: vec!["admin".to_owned()],
            permissions: vec![Permission::own(Resource::Notes, Action::Update)],
            is_service: false,
            name: Some("Ann Lee".to_owned()),
            email: Some("ann@example.com".to_owned()),
            session: Some("a session".to_owned()),
            generation: Some(7),
            issued_at: None,
            expires_at: None,
            verified_at: Utc::now(),
        }
    }

    #[test]
    fn facts_hold_until_they_are_old_or_the_token_expires() {
        let minute = Duration::from_secs(60);
        let fresh = facts();
        let (now, later) = (fresh.verified_at, |seconds| fresh.verified_at + TimeDelta::seconds(seconds));
        assert!(fresh.hold(now, minute) && fresh.hold(later(59), minute));
        assert!(!fresh.hold(later(60), minute) && !fresh.hold(now, Duration::ZERO));
        let short = VerifiedClaims { expires_at: Some(later(10)), ..fresh.clone() };
        assert!(short.hold(later(9), minute) && !short.hold(later(10), minute));
        // Setting the clock back an hour does not add an hour.
        assert_eq!(fresh.remaining(later(-3600), minute), TimeDelta::seconds(60));
    }

    #[test]
    fn personal_data_is_not_shown() {
        let shown = format!("{:?}", facts());
        assert!(!shown.contains("Ann") && !shown.contains("example.com"), "{shown}");
    }
}
