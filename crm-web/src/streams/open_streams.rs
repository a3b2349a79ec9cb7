//! Counts and limits open event streams.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use crm_core::actor::Actor;
use crm_core::ids::{CompanyId, UserId};
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

use crate::problem::{ApiError, Code};

const OPEN: &str = "crm_event_streams";
const REFUSALS: &str = "crm_event_streams_refused_total";
/// The value of `Retry-After` in seconds: streams end within minutes.
const RETRY_SECONDS: u16 = 30;

pub(crate) fn describe_metrics() {
    describe_gauge!(OPEN, Unit::Count, "Streams of events that are open");
    describe_counter!(REFUSALS, Unit::Count, "Streams of events refused because too many are open, by whose limit");
}

/// The maximum numbers of open event streams at one instance; zero for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Per user.
    pub user: Option<NonZeroU32>,
    /// Per company.
    pub company: Option<NonZeroU32>,
    /// Per instance.
    pub process: Option<NonZeroU32>,
}

impl Default for StreamLimits {
    /// 20 per user, 500 per company, 2,000 in all.
    fn default() -> Self {
        let [user, company, process] = [20, 500, 2_000].map(NonZeroU32::new);
        Self { user, company, process }
    }
}

/// The open streams.
#[derive(Clone, Debug, Default)]
pub struct OpenStreams(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    users: HashMap<(CompanyId, Option<UserId>), u32>,
    companies: HashMap<CompanyId, u32>,
    process: u32,
}

/// The slot of an open stream. Dropping it frees the slot.
#[derive(Debug)]
pub struct Seat {
    streams: OpenStreams,
    user: (CompanyId, Option<UserId>),
}

impl OpenStreams {
    /// Takes a slot for a stream.
    ///
    /// # Errors
    /// [`Code::TooManyStreams`] if the user, the company or this instance has reached its maximum.
    pub fn take_seat(&self, actor: &Actor, limits: StreamLimits) -> Result<Seat, ApiError> {
        let user = (actor.company(), actor.user_id());
        let mut counts = self.lock();
        let of = |count: Option<&u32>| count.copied().unwrap_or_default();
        let counted = [
            ("user", of(counts.users.get(&user)), limits.user),
            ("company", of(counts.companies.get(&user.0)), limits.company),
            ("process", counts.process, limits.process),
        ];
        for (whose, count, limit) in counted {
            if let Some(limit) = limit.filter(|limit| count >= limit.get()) {
                counter!(REFUSALS, "kind" => whose).increment(1);
                return Err(refusal(whose, limit));
            }
        }
        *counts.users.entry(user).or_default() += 1;
        *counts.companies.entry(user.0).or_default() += 1;
        counts.process += 1;
        gauge!(OPEN).increment(1);
        Ok(Seat { streams: self.clone(), user })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(whose: &str, limit: NonZeroU32) -> ApiError {
    let detail = match whose {
        "process" => "this instance has the maximum number of open streams".to_owned(),
        whose => format!("more than {limit} streams of events are open at once ({whose})"),
    };
    ApiError::new(Code::TooManyStreams, detail).with_header(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS))
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.streams.lock();
        one_less(&mut counts.users, &self.user);
        one_less(&mut counts.companies, &self.user.0);
        counts.process -= 1;
        gauge!(OPEN).decrement(1);
    }
}

/// Entries without open streams are removed.
fn one_less<K: Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}
