//! Forwarding of events to Redis, and wake-ups between instances.

mod forwarding;
mod killed;
mod tls;
mod wake_ups;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crm_core::actor::{Actor, Role};
use crm_core::customers::{Customer, CustomerPatch, NewCustomer};
use crm_core::events::Event;
use crm_core::ids::{CompanyId, UserId};
use crm_core::notes::NewNote;
use crm_core::patch::Patch;
use crm_core::sea_orm::DatabaseConnection;
use crm_core::{CompanyScope, Crm, begin_write};
use crm_http::redis::Redis;
use crm_http::relay::{CONSUMER, Relay, RelayOptions};
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{AsyncConnectionConfig, Client, cmd};
use testkit::{Suite, TestDatabase, eventually};
use uuid::Uuid;

use crate::support::cursor_key;

pub fn register(suite: &mut Suite) {
    forwarding::register(suite);
    killed::register(suite);
    tls::register(suite);
    wake_ups::register(suite);
}

/// What normally takes milliseconds may take this long on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

/// A separate database, because a relay takes the events of all companies; and a separate stream.
struct World {
    database: TestDatabase,
    redis_url: String,
    options: RelayOptions,
}

impl World {
    fn new(database: TestDatabase, redis_url: impl Into<String>) -> Self {
        let stream = format!("crm:test:{}", Uuid::new_v4().simple());
        // Fast enough for tests that write as hosts do; those that must not rely on it say otherwise.
        let options = RelayOptions { stream, look_every: Duration::from_millis(50), ..RelayOptions::default() };
        Self { database, redis_url: redis_url.into(), options }
    }

    /// A relay of a process that runs this CRM.
    fn relay(&self, crm: &Crm, db: &DatabaseConnection) -> Relay {
        self.relay_at(&self.redis_url, crm, db)
    }

    fn relay_at(&self, url: &str, crm: &Crm, db: &DatabaseConnection) -> Relay {
        let redis = Redis::new(&url.to_owned().into(), PATIENCE).expect("a URL");
        Relay::start(crm.clone(), db.clone(), redis, cursor_key(), self.options.clone())
    }

    async fn redis(&self) -> anyhow::Result<MultiplexedConnection> {
        // A long stream is not read in the half second that the crate would wait.
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
        let config = config.set_connection_timeout(Some(PATIENCE));
        Ok(Client::open(&*self.redis_url)?.get_multiplexed_async_connection_with_config(&config).await?)
    }

    /// Whether everything has been forwarded, soon.
    async fn is_done(&self) -> bool {
        let crm = Crm::default();
        let done = async || crm.waiting(&self.database.connection, CONSUMER).await.is_ok_and(|all| all.is_empty());
        eventually(PATIENCE, done).await
    }

    /// What is in the stream: the fields of each entry.
    async fn entries(&self) -> anyhow::Result<Vec<HashMap<String, String>>> {
        let mut range = cmd("XRANGE");
        range.arg(&self.options.stream).arg("-").arg("+");
        let entries: Vec<(String, HashMap<String, String>)> = range.query_async(&mut self.redis().await?).await?;
        Ok(entries.into_iter().map(|(_, fields)| fields).collect())
    }

    /// How many additions Redis has refused.
    async fn refusals(&self) -> anyhow::Result<usize> {
        let mut info = cmd("INFO");
        let stats: String = info.arg("commandstats").query_async(&mut self.redis().await?).await?;
        let additions = stats.lines().find(|line| line.starts_with("cmdstat_xadd:")).unwrap_or_default();
        let counts = additions.split(',').filter_map(|count| count.split_once('='));
        let refused = counts.filter(|(name, _)| ["rejected_calls", "failed_calls"].contains(name));
        Ok(refused.map(|(_, count)| count.trim().parse::<usize>().unwrap_or_default()).sum())
    }

    async fn streamed(&self) -> anyhow::Result<Vec<Event>> {
        self.entries().await?.iter().map(|fields| Ok(serde_json::from_str(&fields["event"])?)).collect()
    }

    /// Everything there is, as a consumer reads it who has seen nothing yet.
    async fn written(&self) -> anyhow::Result<Vec<Event>> {
        let (crm, consumer) = (Crm::default(), format!("reader {}", Uuid::new_v4()));
        let mut written = Vec::new();
        while !crm.waiting(&self.database.connection, &consumer).await?.is_empty() {
            let pending = crm.pending_events(&self.database.connection, &consumer, 10_000).await?;
            written.extend(pending.events);
            crm.acknowledge(&self.database.connection, &consumer, &pending.cursor).await?;
        }
        Ok(written)
    }

    /// Each company's events are all in the stream, in order, whether repeated or not. Returns the number of repeated
    /// ones.
    async fn nothing_is_missing(&self) -> anyhow::Result<usize> {
        let (streamed, written) = (self.streamed().await?, self.written().await?);
        let (all, mut seen) = (streamed.len(), HashSet::new());
        let first_times: Vec<Event> = streamed.into_iter().filter(|event| seen.insert(event.id)).collect();
        let repeated = all - first_times.len();
        let (streamed, written) = (by_company(first_times), by_company(written));
        assert_eq!(streamed.keys().collect::<HashSet<_>>(), written.keys().collect::<HashSet<_>>());
        for (company, events) in &written {
            // Thousands of events would be no message.
            let pairs = streamed[company].iter().zip(events);
            let differs = pairs.enumerate().find(|(_, (streamed, written))| streamed.id != written.id);
            assert_eq!(differs.map(|(number, _)| number), None, "{company}: the first event that is not the next");
            assert_eq!(streamed[company].len(), events.len(), "{company}");
        }
        Ok(repeated)
    }
}

fn by_company(events: Vec<Event>) -> HashMap<CompanyId, Vec<Event>> {
    let mut by_company: HashMap<CompanyId, Vec<Event>> = HashMap::new();
    events.into_iter().for_each(|event| by_company.entry(event.companyid).or_default().push(event));
    by_company
}

/// A writer in a company of its own.
struct Writer {
    crm: Crm,
    db: DatabaseConnection,
    company: CompanyId,
    customer: Customer,
}

impl Writer {
    async fn new(crm: &Crm, db: &DatabaseConnection) -> anyhow::Result<Self> {
        let (crm, db, company) = (crm.clone(), db.clone(), CompanyId(Uuid::new_v4()));
        let customer = NewCustomer::organization("Lee & Co");
        let customer = crm.on(actor(company), &db).customers().create(customer).await?;
        Ok(Self { crm, db, company, customer })
    }

    fn scope(&self) -> CompanyScope<'static> {
        self.crm.on(actor(self.company), &self.db)
    }

    /// Changes the customer.
    async fn write(&mut self) -> anyhow::Result<()> {
        let patch = change(&self.customer);
        self.customer = self.scope().customers().update(self.customer.id, patch, None).await?;
        Ok(())
    }

    /// Changes the customer like a host, in its own transaction, without a notification.
    async fn write_as_a_host(&mut self) -> anyhow::Result<()> {
        let patch = change(&self.customer);
        let mut tx = begin_write(&self.db).await?;
        let mut scope = self.crm.within(actor(self.company), &mut tx);
        let customer = scope.customers().update(self.customer.id, patch, None).await?;
        tx.commit().await?;
        self.customer = customer;
        Ok(())
    }

    async fn write_a_private_note(&self) -> anyhow::Result<()> {
        self.scope().notes(self.customer.id).create(NewNote::text("Mine").private()).await?;
        Ok(())
    }
}

fn actor(company: CompanyId) -> Actor {
    Actor::user(company, UserId::from_foreign(company.0, "ann"), Role::Admin)
}

fn change(customer: &Customer) -> CustomerPatch {
    CustomerPatch { city: Patch::Set(format!("City {}", customer.version)), ..CustomerPatch::default() }
}
