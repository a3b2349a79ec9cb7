//! Tokens that are void before they expire: their session has ended, or the rights of their user have changed.
//!
//! The user-management service tells of such changes through Redis; see `docs/identity.md`. Each process has the changes of
//! the last minutes in memory, so that no request waits for Redis. While Redis is down, nothing is learnt, and tokens end as
//! without it.

mod change;
mod list;
mod metrics;
mod token_watch;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::Utc;
use tokio::sync::watch;

pub(crate) use list::{MOST, NEEDED_FOR};
pub(in crate::auth) use metrics::describe as describe_metrics;
pub use token_watch::TokenWatch;

use super::VerifiedClaims;
use change::Change;
use list::List;

/// The tokens that are revoked. Empty until it follows a service. Cheap to clone.
#[derive(Clone, Default)]
pub struct Revocations(Arc<Inner>);

#[derive(Default)]
struct Inner {
    list: RwLock<List>,
    /// The number of entries: most requests need to know no more.
    count: AtomicUsize,
    /// Marked when tokens are revoked.
    revoked: watch::Sender<()>,
    /// Marked when users or companies change.
    directory: watch::Sender<()>,
    connected: watch::Sender<bool>,
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations").field("count", &self.0.count).finish_non_exhaustive()
    }
}

impl Revocations {
    /// Whether a token with these claims is revoked.
    #[must_use]
    pub fn include(&self, facts: &VerifiedClaims) -> bool {
        self.0.count.load(Ordering::Acquire) > 0
            && self.0.list.read().unwrap_or_else(PoisonError::into_inner).includes(facts)
    }

    /// Marked whenever the service tells that users or companies have changed, and when some of that may have been missed.
    #[must_use]
    pub fn directory_changes(&self) -> watch::Receiver<()> {
        self.0.directory.subscribe()
    }

    /// Waits until the recent changes are known, at most so long; returns whether they are.
    pub async fn are_known_within(&self, limit: Duration) -> bool {
        let mut connected = self.0.connected.subscribe();
        let known = tokio::time::timeout(limit, connected.wait_for(|connected| *connected)).await;
        matches!(known, Ok(Ok(_)))
    }

    /// Applies a change that another service in this process tells, in the form that it has in Redis.
    pub fn tell(&self, change: &str) {
        self.apply([(change, Utc::now().timestamp_millis())]);
    }

    /// Applies changes, each with its time in milliseconds since 1970. Texts that are no changes are ignored.
    pub(crate) fn apply<'t>(&self, changes: impl IntoIterator<Item = (&'t str, i64)>) {
        let now = Utc::now().timestamp_millis();
        let (mut revoked, mut directory, mut unknown) = (false, false, 0_usize);
        {
            let mut list = self.0.list.write().unwrap_or_else(PoisonError::into_inner);
            for (json, at) in changes {
                let Some(change) = Change::read(json) else {
                    unknown += 1;
                    continue;
                };
                directory |= change.is_of_the_directory();
                let kind = change.kind();
                if let Some((key, generation)) = change.revocation()
                    && list.add(key, generation, at.min(now))
                {
                    metrics::revoked(kind);
                    revoked = true;
                }
            }
            list.trim(now);
            self.0.count.store(list.len(), Ordering::Release);
        }
        if unknown > 0 {
            tracing::debug!(count = unknown, "revocations in Redis are of unknown kinds");
        }
        if revoked {
            self.0.revoked.send_replace(());
        }
        if directory {
            self.0.directory.send_replace(());
        }
    }

    /// Whether the changes of the service are received; afterwards more may have changed than was told.
    pub(crate) fn set_connected(&self, connected: bool) {
        metrics::connected(connected);
        self.0.connected.send_replace(connected);
        if connected {
            self.0.directory.send_replace(());
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};
    use serde_json::{Value, json};

    use super::Revocations;
    use crate::auth::VerifiedClaims;
    use crate::auth::facts::tests::facts;

    fn told(change: Value) -> Revocations {
        told_at(change, Utc::now().timestamp_millis())
    }

    fn told_at(change: Value, at: i64) -> Revocations {
        let revocations = Revocations::default();
        revocations.apply([(&*change.to_string(), at)]);
        revocations
    }

    #[test]
    fn a_session_ends_with_its_tokens() {
        let ended = told(json!({ "kind": "session_ended", "session": "a session" }));
        assert!(ended.include(&facts()));
        for session in [None, Some("another".to_owned())] {
            assert!(!ended.include(&VerifiedClaims { session, ..facts() }));
        }
    }

    #[test]
    fn older_generations_are_void() {
        let changed = |user| json!({ "kind": "member_changed", "company": "acme", "user": user, "generation": 8 });
        for (generation, is_void) in [(None, true), (Some(7), true), (Some(8), false), (Some(9), false)] {
            let facts = VerifiedClaims { generation, ..facts() };
            assert_eq!(told(changed("ann")).include(&facts), is_void, "{generation:?}");
            assert!(!told(changed("ben")).include(&facts));
            let elsewhere = VerifiedClaims { company: Some("other".to_owned()), ..facts };
            assert!(!told(changed("ann")).include(&elsewhere));
        }
        let both = told(changed("ann"));
        let older = json!({ "kind": "member_changed", "company": "acme", "user": "ann", "generation": 3 }).to_string();
        both.apply([(&*older, Utc::now().timestamp_millis())]);
        assert!(both.include(&facts()), "an older change that arrives later makes nothing valid");
    }

    #[test]
    fn the_tokens_of_a_company_end_up_to_a_time() {
        let at = Utc::now();
        let change = |ended| json!({ "kind": "company_changed", "company": "acme", "ended": ended });
        let issued = |seconds| VerifiedClaims { issued_at: Some(at + TimeDelta::seconds(seconds)), ..facts() };
        let ended = told_at(change(true), at.timestamp_millis());
        assert!(ended.include(&issued(-1)) && ended.include(&facts()) && !ended.include(&issued(1)));
        assert!(!told(change(false)).include(&facts()));
        let plain = json!({ "kind": "company_changed", "company": "acme" });
        assert!(!told(plain).include(&facts()));
    }

    #[test]
    fn other_changes_revoke_nothing() {
        for change in [
            json!({ "kind": "profile_changed", "company": "acme", "user": "ann" }),
            json!({ "kind": "rocket_launched", "session": "a session" }),
            json!({ "kind": "session_ended" }),
            json!("session_ended"),
        ] {
            let revocations = told(change);
            assert!(!revocations.include(&facts()));
            assert_eq!(revocations.0.count.load(std::sync::atomic::Ordering::Acquire), 0);
        }
    }

    #[test]
    fn entries_are_forgotten_when_their_tokens_have_expired() {
        let ended = json!({ "kind": "session_ended", "session": "a session" });
        let minutes = |ago| (Utc::now() - TimeDelta::minutes(ago)).timestamp_millis();
        assert!(told_at(ended.clone(), minutes(15)).include(&facts()));
        assert!(!told_at(ended, minutes(24 * 60 + 1)).include(&facts()));
    }

    #[tokio::test]
    async fn the_directory_is_told_of_users_and_companies_only() {
        for (change, is_told) in [
            (json!({ "kind": "profile_changed", "company": "acme", "user": "ann" }), true),
            (json!({ "kind": "member_changed", "company": "acme", "user": "ann", "generation": 2 }), true),
            (json!({ "kind": "company_changed", "company": "acme" }), true),
            (json!({ "kind": "session_ended", "session": "a session" }), false),
        ] {
            let revocations = Revocations::default();
            let told = revocations.directory_changes();
            revocations.apply([(&*change.to_string(), 0)]);
            assert_eq!(told.has_changed().unwrap(), is_told, "{change}");
        }
    }
}
