//! Forwards events from the outbox to the stream, in passes.

use std::time::Duration;

use chrono::Utc;
use crm_core::Crm;
use crm_core::events::{Consumer, DeliveryOutcome, PendingCompany};
use crm_core::sea_orm::DatabaseConnection;
use deadpool_redis::redis::aio::MultiplexedConnection;
use tokio::sync::watch;
use tokio::time::sleep;

use super::stream::Stream;
use super::{CONSUMER, metrics, stopped};
use crm_web::backoff::Backoff;
use crm_web::redis::CommandError;
use crm_web::timeout::within;

/// The number of events of a company that are sent before other companies have their turn.
const AT_ONCE: u64 = 500;
/// The timeout of the database step in which events are sent to Redis.
const PATIENCE: Duration = Duration::from_secs(30);

/// The reason why events are delayed. It affects all companies: they share the database and Redis.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("Redis: {0}")]
    Redis(#[from] CommandError),
    #[error("the database: {0}")]
    Database(#[from] crm_core::Error),
    #[error("the database does not answer")]
    Silence,
}

impl RelayError {
    const fn cause(&self) -> &'static str {
        match self {
            Self::Redis(_) => "redis",
            Self::Database(_) | Self::Silence => "database",
        }
    }
}

/// The events that remain after a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remaining {
    Nothing,
    /// Other instances are sending them.
    Elsewhere,
    More,
}

pub(super) struct Forwarder {
    crm: Crm,
    database: DatabaseConnection,
    consumer: Consumer,
    stream: Stream,
    connection: Option<MultiplexedConnection>,
    /// Events are delayed, and it has been logged.
    is_stuck: bool,
}

impl Forwarder {
    pub(super) fn new(crm: Crm, database: DatabaseConnection, stream: Stream) -> Self {
        let consumer = crm.consumer(&database, CONSUMER);
        Self { crm, database, consumer, stream, connection: None, is_stuck: false }
    }

    /// Makes a pass after every commit in this process, at an interval, and after failures with growing delays. Stops
    /// between two companies when it is told to.
    pub(super) async fn run(mut self, look_every: Duration, mut stopping: watch::Receiver<bool>) {
        let (mut commits, mut backoff) = (self.crm.commits(), Backoff::default());
        loop {
            let outcome = self.pass(&stopping).await;
            self.note(&outcome);
            if *stopping.borrow() {
                return;
            }
            let pause = match &outcome {
                Ok(Remaining::More) => continue,
                Ok(Remaining::Nothing | Remaining::Elsewhere) => look_every,
                Err(_) => backoff.next(),
            };
            if outcome.is_ok() {
                backoff = Backoff::default();
            }
            tokio::select! {
                () = commits.here(), if outcome.is_ok() => {}
                () = sleep(pause) => {}
                () = stopped(&mut stopping) => return,
            }
        }
    }

    /// One pass over the companies with unsent events, except those that other instances are sending.
    async fn pass(&mut self, stopping: &watch::Receiver<bool>) -> Result<Remaining, RelayError> {
        let waiting = within(PATIENCE, self.consumer.waiting()).await.ok_or(RelayError::Silence)??;
        metrics::lags(lag(&waiting));
        let mut left = Remaining::Nothing;
        for PendingCompany { company, .. } in waiting {
            let connection = self.connection().await?;
            let stream = &self.stream;
            let sink = |events| stream.send(connection, company, events);
            let handover = self.crm.deliver_to(&self.database, CONSUMER, company, AT_ONCE, sink);
            match within(PATIENCE, handover).await.ok_or(RelayError::Silence)?? {
                DeliveryOutcome::Taken { events, has_more } => {
                    metrics::relayed(events);
                    if has_more {
                        left = Remaining::More;
                    }
                }
                DeliveryOutcome::Refused(error) => return Err(error.into()),
                _ if left == Remaining::Nothing => left = Remaining::Elsewhere,
                _ => {}
            }
            if *stopping.borrow() {
                return Ok(Remaining::More);
            }
        }
        if left == Remaining::Nothing {
            metrics::lags(0.0);
        }
        Ok(left)
    }

    async fn connection(&mut self) -> Result<MultiplexedConnection, CommandError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.stream.connect().await?,
        };
        Ok(self.connection.insert(connection).clone())
    }

    /// Logs the error, once for each time that events are delayed. The next try uses another connection.
    fn note(&mut self, outcome: &Result<Remaining, RelayError>) {
        match outcome {
            Ok(_) if std::mem::take(&mut self.is_stuck) => tracing::info!("events are forwarded again"),
            Ok(_) => {}
            Err(error) => {
                metrics::failed(error.cause());
                self.connection = None;
                if !std::mem::replace(&mut self.is_stuck, true) {
                    tracing::warn!(%error, "events have to wait");
                }
            }
        }
    }
}

/// The number of seconds that the first event has been waiting.
fn lag(waiting: &[PendingCompany]) -> f64 {
    let since = waiting.iter().filter_map(|waiting| waiting.since).min();
    since.map_or(0.0, |since| (Utc::now() - since).as_seconds_f64().max(0.0))
}
