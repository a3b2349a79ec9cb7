//! Timeouts that mark connections as suspect.
//!
//! A wait without an answer leaves a suspect connection: its host may have vanished. For a while the pool then checks
//! returned connections (`server/pool_hygiene.rs`).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long connections are suspect after an abandoned wait.
const UNSETTLED_FOR: Duration = Duration::from_secs(60);

static UNSETTLED_UNTIL: Mutex<Option<Instant>> = Mutex::new(None);

/// Waits for at most `limit`; `None` without an answer by then.
pub async fn within<T>(limit: Duration, wait: impl Future<Output = T>) -> Option<T> {
    let mut wait = std::pin::pin!(wait);
    // Dropped first, so that the mark is set before connections return to the pool.
    let mut waiting = WaitGuard::default();
    let answer = tokio::time::timeout(limit, wait.as_mut()).await.ok();
    waiting.is_answered = answer.is_some();
    answer
}

/// A wait; if it is dropped without an answer, it was abandoned, by the timeout or because the client disconnected.
#[derive(Debug, Default)]
pub(crate) struct WaitGuard {
    pub(crate) is_answered: bool,
}

impl Drop for WaitGuard {
    fn drop(&mut self) {
        if !self.is_answered {
            *UNSETTLED_UNTIL.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + UNSETTLED_FOR);
        }
    }
}

/// Whether a wait was abandoned recently.
#[cfg(feature = "server")]
pub(crate) fn is_unsettled() -> bool {
    let until = *UNSETTLED_UNTIL.lock().unwrap_or_else(PoisonError::into_inner);
    until.is_some_and(|until| Instant::now() < until)
}
