//! A log-in that goes on at a provider. The browser keeps what it needs to finish, sealed, because nobody is known yet.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use crm_web::problem::ApiError;
use crm_web::seal::LENGTH;
use serde::{Deserialize, Serialize};

use super::Sessions;
use crate::login::Attempt;

/// What seals are bound to, beside the state.
const PURPOSE: &[u8] = b"crm console log-in";
/// How long a log-in may take.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// A log-in that has begun.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pending {
    /// What the provider's answer is compared with.
    pub attempt: Attempt,
    /// The wanted page.
    pub next: String,
    began_at: DateTime<Utc>,
}

impl Pending {
    pub(crate) fn new(attempt: Attempt, next: String) -> Self {
        Self { attempt, next, began_at: Utc::now() }
    }

    /// True if it took too long.
    pub(crate) fn has_expired(&self) -> bool {
        self.began_at + LIFETIME <= Utc::now()
    }
}

impl Sessions {
    fn pending_name(&self, state: &str) -> [u8; LENGTH] {
        self.key.digest(&[PURPOSE, state.as_bytes()])
    }

    /// The value of a cookie, which only the state of this log-in opens.
    pub(crate) fn seal_pending(&self, pending: &Pending) -> Result<String, ApiError> {
        let text = serde_json::to_vec(pending).map_err(ApiError::internal)?;
        let sealed = self.key.seal(PURPOSE, &self.pending_name(&pending.attempt.state), text);
        sealed
            .map(|sealed| URL_SAFE_NO_PAD.encode(sealed))
            .ok_or_else(|| ApiError::internal("a log-in cannot be sealed"))
    }

    /// What a cookie remembers of the log-in with this state.
    pub(crate) fn open_pending(&self, state: &str, sealed: &str) -> Option<Pending> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let text = self.key.open(PURPOSE, &self.pending_name(state), &sealed)?;
        serde_json::from_slice(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};

    use super::{Attempt, Pending};

    #[test]
    fn a_log_in_may_take_ten_minutes() {
        let attempt = Attempt { state: String::new(), nonce: String::new(), verifier: String::new() };
        let mut pending = Pending::new(attempt, "/".to_owned());
        assert!(!pending.has_expired());
        pending.began_at = Utc::now() - TimeDelta::minutes(10);
        assert!(pending.has_expired());
        assert!(!format!("{:?}", pending.attempt).contains("nonce"));
    }
}
