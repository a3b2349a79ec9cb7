//! Counters shared with the other instances.

use std::time::{Duration, Instant};

use deadpool_redis::redis::cmd;
use moka::future::Cache;

use super::{Decision, RateLimitKey, Subject, WINDOW, address};
use crate::redis::Redis;

const PURPOSE: &str = "limits";
/// Sent whole each time: it is as short as a request, and needs no second round trip if Redis has lost it.
const TAKE: &str = include_str!("take.lua");
/// The maximum number of remembered refusals.
const WAITING: u64 = 100_000;

/// The limits, counted in Redis.
pub(super) struct Shared {
    redis: Redis,
    /// What the names of the counters begin with.
    counters: Box<str>,
    /// Refused subjects, and until when they must wait: until then Redis would give the same decision.
    waiting: Cache<Subject, (Decision, Instant)>,
}

impl Shared {
    pub(super) fn new(redis: Redis, counters: &str) -> Self {
        let waiting = Cache::builder().max_capacity(WAITING).time_to_live(WINDOW).build();
        Self { redis, counters: counters.into(), waiting }
    }

    /// The refusal of a subject that must wait; does not call Redis.
    pub(super) async fn refusal(&self, subject: &Subject) -> Option<Decision> {
        let (decision, until) = self.waiting.get(subject).await?;
        let wait = until.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(Decision { wait: Some(wait), ..decision })
    }

    /// The decisions, in one round trip; `None` if Redis does not answer. The clock of Redis is used, because clocks of
    /// instances may differ.
    pub(super) async fn check(&self, counted: &[RateLimitKey]) -> Option<Vec<Decision>> {
        let mut take = cmd("EVAL");
        take.arg(TAKE).arg(counted.len());
        for RateLimitKey { subject, .. } in counted {
            take.arg(self.key(*subject));
        }
        for RateLimitKey { limit, .. } in counted {
            take.arg(limit.get());
        }
        let answer: Vec<u64> = self.redis.ask(PURPOSE, &take).await?;
        let mut decisions = Vec::new();
        for (RateLimitKey { subject, limit }, answer) in counted.iter().zip(answer.chunks_exact(2)) {
            let wait = (answer[1] > 0).then(|| Duration::from_micros(answer[1]));
            let remaining = u32::try_from(answer[0]).unwrap_or(u32::MAX);
            let decision = Decision { kind: subject.kind(), limit: *limit, remaining, wait };
            if let Some(wait) = wait {
                self.waiting.insert(*subject, (decision, Instant::now() + wait)).await;
            }
            decisions.push(decision);
        }
        Some(decisions)
    }

    /// The braces keep the keys of a user and their company on one node of a cluster, and those of a form.
    fn key(&self, subject: Subject) -> String {
        let (counters, kind) = (&self.counters, subject.kind().as_str());
        match subject {
            Subject::Ip(network) => format!("{counters}:{kind}:{}", address::name(&network)),
            Subject::User(company, user) => format!("{counters}:{kind}:{{{company}}}:{user}"),
            Subject::Company(company) => format!("{counters}:{kind}:{{{company}}}"),
            Subject::Form(form) => format!("{counters}:{kind}:{{{form}}}"),
            Subject::FormAddress(form, network) => {
                format!("{counters}:{kind}:{{{form}}}:{}", address::name(&network))
            }
        }
    }
}
