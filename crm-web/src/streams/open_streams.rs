//! Counts and limits open event streams.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use crm_core::actor::Actor;
use crm_core::ids::{CompanyId, UserId};
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use tokio::sync::oneshot;

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

type User = (CompanyId, Option<UserId>);

#[derive(Debug, Default)]
struct Counts {
    users: HashMap<User, u32>,
    companies: HashMap<CompanyId, u32>,
    process: u32,
    /// The streams of browser tabs. Dropping a sender ends the stream.
    tabs: HashMap<(User, String), oneshot::Sender<()>>,
}

/// The slot of an open stream. Dropping it frees the slot.
#[derive(Debug)]
pub struct Seat {
    streams: OpenStreams,
    user: User,
    tab: Option<(String, oneshot::Receiver<()>)>,
}

impl Seat {
    /// Completes when another stream of the same tab takes its place; never for a stream without a tab.
    pub async fn replaced(&mut self) {
        match &mut self.tab {
            Some((_, replaced)) => drop(replaced.await),
            None => std::future::pending().await,
        }
    }
}

impl OpenStreams {
    /// Takes a slot for a stream. A stream of the same `tab`, a name that the page has chosen, ends: a server learns late
    /// that a browser has left a page.
    ///
    /// # Errors
    /// [`Code::TooManyStreams`] if the user, the company or this instance has reached its maximum.
    pub fn take_seat(&self, actor: &Actor, limits: StreamLimits, tab: Option<&str>) -> Result<Seat, ApiError> {
        let user = (actor.company(), actor.user_id());
        let mut counts = self.lock();
        // The stream that ends is still counted.
        let replaces = tab.is_some_and(|tab| counts.tabs.remove(&(user, tab.to_owned())).is_some());
        let leaving = u32::from(replaces);
        let of = |count: Option<&u32>| count.copied().unwrap_or_default().saturating_sub(leaving);
        let counted = [
            ("user", of(counts.users.get(&user)), limits.user),
            ("company", of(counts.companies.get(&user.0)), limits.company),
            ("process", counts.process.saturating_sub(leaving), limits.process),
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
        let tab = tab.map(|tab| {
            let (sender, replaced) = oneshot::channel();
            counts.tabs.insert((user, tab.to_owned()), sender);
            (tab.to_owned(), replaced)
        });
        Ok(Seat { streams: self.clone(), user, tab })
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
        if let Some((name, replaced)) = &mut self.tab {
            replaced.close();
            let tab = (self.user, std::mem::take(name));
            // The entry of the stream that came in its place stays.
            if counts.tabs.get(&tab).is_some_and(oneshot::Sender::is_closed) {
                counts.tabs.remove(&tab);
            }
        }
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use crm_core::actor::{Actor, Role};
    use uuid::Uuid;

    use super::{OpenStreams, StreamLimits};

    #[tokio::test]
    async fn a_tab_has_one_stream() {
        let actor = Actor::user(Uuid::new_v4().into(), Uuid::new_v4().into(), Role::Viewer);
        let limits = StreamLimits { user: NonZeroU32::new(2), ..StreamLimits::default() };
        let streams = OpenStreams::default();
        let take = |tab| streams.take_seat(&actor, limits, tab);
        let (mut first, _other) = (take(Some("a")).unwrap(), take(Some("b")).unwrap());
        assert!(take(None).is_err() && take(Some("c")).is_err());
        // The page was left, and the next one of the tab takes its place although the limit is reached.
        let mut second = take(Some("a")).unwrap();
        first.replaced().await;
        drop(first);
        assert!(take(Some("c")).is_err());
        let third = take(Some("a")).unwrap();
        second.replaced().await;
        drop((second, third));
        take(None).unwrap();
    }
}
