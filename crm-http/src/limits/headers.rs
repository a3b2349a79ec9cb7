//! What answers say of limits: draft-ietf-httpapi-ratelimit-headers-10.

use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::{Verdict, WINDOW};
use crate::problem::{Code, Failure};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Says which limits there are, and what is left of each.
pub(super) fn write(verdicts: &[Verdict], headers: &mut HeaderMap) {
    let mut list = |name: HeaderName, item: fn(&Verdict) -> String| {
        let items: Vec<String> = verdicts.iter().map(item).collect();
        if let (false, Ok(value)) = (items.is_empty(), HeaderValue::try_from(items.join(", "))) {
            headers.insert(name, value);
        }
    };
    list(RATE_LIMIT_POLICY, |Verdict { kind, limit, .. }| {
        format!("\"{}\";q={limit};w={}", kind.as_str(), WINDOW.as_secs())
    });
    list(RATE_LIMIT, |verdict| {
        format!("\"{}\";r={};t={}", verdict.kind.as_str(), verdict.remaining, verdict.seconds_to_full())
    });
}

impl Verdict {
    /// In how many seconds all of the limit can be used at once again.
    fn seconds_to_full(&self) -> u64 {
        let used = u64::from(self.limit.get().saturating_sub(self.remaining));
        (used * WINDOW.as_secs()).div_ceil(u64::from(self.limit.get()))
    }
}

/// The refusal of a request that is too many.
pub(super) fn refusal(verdicts: &[Verdict]) -> Option<Failure> {
    let (verdict, wait) = verdicts.iter().find_map(|verdict| Some((verdict, verdict.wait?)))?;
    let detail = format!("more than {} requests a minute ({})", verdict.limit, verdict.kind.as_str());
    let failure = Failure::new(Code::RateLimited, detail);
    Some(failure.with_header(RETRY_AFTER, HeaderValue::from(whole_seconds(wait))))
}

/// Whoever waits for so long does not come too early.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
