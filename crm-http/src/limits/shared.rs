//! Counting together with the other instances.

use std::time::Duration;

use deadpool_redis::redis::cmd;

use super::{Counted, Verdict};
use crate::redis::Redis;

const PURPOSE: &str = "limits";
/// Sent whole each time: it is no longer than a request, and a Redis that has forgotten it needs no second question.
const TAKE: &str = include_str!("take.lua");

/// The verdicts, in one round trip; `None` if Redis does not answer. Its clock is the one that counts, so that those of the
/// instances may differ.
pub(super) async fn take(redis: &Redis, counted: &[Counted]) -> Option<Vec<Verdict>> {
    let mut take = cmd("EVAL");
    take.arg(TAKE).arg(counted.len());
    for Counted { kind, name, .. } in counted {
        take.arg(format!("crm:limits:{}:{name}", kind.as_str()));
    }
    for Counted { limit, .. } in counted {
        take.arg(limit.get());
    }
    let answer: Vec<u64> = redis.ask(PURPOSE, &take).await?;
    let verdicts = counted.iter().zip(answer.chunks_exact(2)).map(|(counted, answer)| Verdict {
        kind: counted.kind,
        limit: counted.limit,
        remaining: u32::try_from(answer[0]).unwrap_or(u32::MAX),
        wait: (answer[1] > 0).then(|| Duration::from_micros(answer[1])),
    });
    Some(verdicts.collect())
}
