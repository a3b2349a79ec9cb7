//! Counters of the process.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::{Decision, Kind, RateLimitKey, RateLimitOptions, Subject};

/// After this many requests, counters without used requests are removed.
const TIDY_EVERY: u32 = 10_000;

/// A clock that returns the time since its start.
#[derive(Clone)]
pub(super) struct Ticks(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        (self.0)().into()
    }
}

type Limiter = RateLimiter<Subject, DashMapStateStore<Subject>, Ticks, StateInformationMiddleware>;

/// The limits of this process.
pub(super) struct Local {
    ip: Option<Limiter>,
    user: Option<Limiter>,
    company: Option<Limiter>,
    form: Option<Limiter>,
    form_address: Option<Limiter>,
    clock: Ticks,
    taken: AtomicU32,
}

impl Local {
    pub(super) fn new(options: &RateLimitOptions, clock: Arc<dyn Fn() -> Duration + Send + Sync>) -> Self {
        let clock = Ticks(clock);
        let limiter = |limit: Option<NonZeroU32>| {
            let quota = Quota::per_minute(limit?);
            Some(RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()))
        };
        let (ip, user, company) = (limiter(options.ip), limiter(options.user), limiter(options.company));
        let (form, form_address) = (limiter(options.form), limiter(options.form_address));
        Self { ip, user, company, form, form_address, clock, taken: AtomicU32::new(0) }
    }

    /// The decisions up to the first refusal; the remaining limits are not counted then.
    pub(super) fn check(&self, counted: &[RateLimitKey]) -> Vec<Decision> {
        self.evict();
        let mut decisions = Vec::new();
        for counted in counted {
            let decision = self.check_one(counted);
            decisions.extend(decision);
            if decision.is_some_and(|decision| decision.wait.is_some()) {
                break;
            }
        }
        decisions
    }

    fn check_one(&self, RateLimitKey { subject, limit }: &RateLimitKey) -> Option<Decision> {
        let kind = subject.kind();
        let limiter = match kind {
            Kind::Ip => &self.ip,
            Kind::User => &self.user,
            Kind::Company => &self.company,
            Kind::Form => &self.form,
            Kind::FormAddress => &self.form_address,
        };
        let (remaining, wait) = match limiter.as_ref()?.check_key(subject) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(refusal) => (0, Some(refusal.wait_time_from(self.clock.now()))),
        };
        Some(Decision { kind, limit: *limit, remaining, wait })
    }

    fn evict(&self) {
        if self.taken.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            let limiters = [&self.ip, &self.user, &self.company, &self.form, &self.form_address];
            for limiter in limiters.into_iter().flatten() {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
    }
}
