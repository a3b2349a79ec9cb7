//! Headers of rate limits: draft-ietf-httpapi-ratelimit-headers-10.

use std::fmt::Write;
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::{Decision, WINDOW};
use crate::problem::{ApiError, Code};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Adds the limits, and the remaining requests of each.
pub(super) fn write(decisions: &[Decision], headers: &mut HeaderMap) {
    if decisions.is_empty() {
        return;
    }
    let (mut policy, mut left) = (String::new(), String::new());
    for decision in decisions {
        let separator = if policy.is_empty() { "" } else { ", " };
        let (kind, limit, remaining) = (decision.kind.as_str(), decision.limit, decision.remaining);
        // Writing to a string cannot fail.
        let _ = write!(policy, "{separator}\"{kind}\";q={limit};w={}", WINDOW.as_secs());
        let _ = write!(left, "{separator}\"{kind}\";r={remaining};t={}", decision.seconds_to_full());
    }
    for (name, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}

impl Decision {
    /// The number of seconds until the full limit is available.
    fn seconds_to_full(&self) -> u64 {
        let used = u64::from(self.limit.get().saturating_sub(self.remaining));
        (used * WINDOW.as_secs()).div_ceil(u64::from(self.limit.get()))
    }
}

/// The answer to a request that exceeds a limit.
pub(super) fn refusal(decisions: &[Decision]) -> Option<ApiError> {
    let (decision, wait) = decisions.iter().find_map(|decision| Some((decision, decision.wait?)))?;
    let detail = format!("more than {} requests a minute ({})", decision.limit, decision.kind.as_str());
    let failure = ApiError::new(Code::RateLimited, detail);
    Some(failure.with_header(RETRY_AFTER, HeaderValue::from(whole_seconds(wait))))
}

/// Rounds up, so that a client that waits this long is not refused again.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
