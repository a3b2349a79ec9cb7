//! From the outbox to the stream, round by round.

use std::time::Duration;

use chrono::Utc;
use crm_core::Crm;
use crm_core::events::{Consumer, DeliveryOutcome, PendingCompany};
use crm_core::sea_orm::DatabaseConnection;
use deadpool_redis::redis::aio::MultiplexedConnection;
use tokio::sync::watch;
use tokio::time::sleep;

use super::backoff::Backoff;
use super::stream::Stream;
use super::{CONSUMER, metrics, stopped};
use crate::redis::CommandError;
use crate::timeout::within;

/// How many events of a company are sent at once, before other companies have their turn.
const AT_ONCE: u64 = 500;
/// How long the database may take for one step, in which events are sent to Redis.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why events have to wait. Those of all companies do: neither the database nor Redis has one for each.
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

/// What a round has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remaining {
    Nothing,
    /// Other instances are at it.
    Elsewhere,
    More,
}

pub(super) struct Forwarder {
    crm: Crm,
    database: DatabaseConnection,
    consumer: Consumer,
    stream: Stream,
    connection: Option<MultiplexedConnection>,
    /// Events have to wait, and it has been said.
    is_stuck: bool,
}

impl Forwarder {
    pub(super) fn new(crm: Crm, database: DatabaseConnection, stream: Stream) -> Self {
        let consumer = crm.consumer(&database, CONSUMER);
        Self { crm, database, consumer, stream, connection: None, is_stuck: false }
    }

    /// Goes round whenever something was committed here, now and then besides, and after a failure later and later; until it
    /// is told to stop, between two companies.
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

    /// Once round the companies with something to forward, as far as no other instance is at it.
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
                DeliveryOutcome::Refused(trouble) => return Err(trouble.into()),
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

    /// Tells the operator, once for each time that events have to wait. The next attempt is on another connection.
    fn note(&mut self, outcome: &Result<Remaining, RelayError>) {
        match outcome {
            Ok(_) if std::mem::take(&mut self.is_stuck) => tracing::info!("events are forwarded again"),
            Ok(_) => {}
            Err(obstacle) => {
                metrics::failed(obstacle.cause());
                self.connection = None;
                if !std::mem::replace(&mut self.is_stuck, true) {
                    tracing::warn!(%obstacle, "events have to wait");
                }
            }
        }
    }
}

/// For how many seconds the first event has been waiting.
fn lag(waiting: &[PendingCompany]) -> f64 {
    let since = waiting.iter().filter_map(|waiting| waiting.since).min();
    since.map_or(0.0, |since| (Utc::now() - since).as_seconds_f64().max(0.0))
}
