//! The statements that the service sends, taken from the core itself so that they cannot drift.

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use crm_core::Crm;
use crm_core::customers::NewCustomer;
use crm_core::page::PageRequest;
use crm_core::sea_orm::{ConnectOptions, Database, DbBackend, Statement};

use crate::data::Data;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    List,
    Get,
    Create,
}

impl Operation {
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list-20",
            Self::Get => "get",
            Self::Create => "create",
        }
    }
}

/// The statements of each operation; for `get`, one for each of some customers.
pub(crate) struct Statements {
    list: Vec<Statement>,
    get: Vec<Statement>,
    create: Vec<Statement>,
}

impl Statements {
    pub fn of(&self, operation: Operation) -> &[Statement] {
        match operation {
            Operation::List => &self.list,
            Operation::Get => &self.get,
            Operation::Create => &self.create,
        }
    }
}

/// What a new customer of the benchmark is.
pub(crate) fn new_customer() -> NewCustomer {
    NewCustomer {
        phone: Some("030 901820".to_owned()),
        organization_name: Some("Bench Ltd".to_owned()),
        city: Some("Berlin".to_owned()),
        country: Some("Germany".to_owned()),
        ..NewCustomer::person("Benny", "Bench")
    }
}

/// Calls the core once for each operation and keeps what it sent.
pub(crate) async fn capture(url: &str, data: &Data) -> Result<Statements> {
    let sent: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let mut connect = ConnectOptions::new(url);
    connect.sqlx_logging(false).max_connections(1).test_before_acquire(false);
    let mut db = Database::connect(connect).await?;
    let log = sent.clone();
    db.set_metric_callback(move |info| {
        if let Ok(mut sent) = log.lock() {
            sent.push(info.statement.clone());
        }
    });
    let take = || sent.lock().map(|mut sent| std::mem::take(&mut *sent)).ok().context("the log is poisoned");
    let mut scope = Crm::default().on(data.actor(), &db);
    scope.customers().create(new_customer()).await?;
    take()?;
    scope.customers().list(&Default::default(), &PageRequest::default()).await?;
    let list = queries(take()?);
    for customer in &data.customers {
        scope.customers().get(*customer).await?;
    }
    let get = queries(take()?);
    scope.customers().create(new_customer()).await?;
    let create = queries(take()?);
    Ok(Statements { list, get, create })
}

/// Without transaction control and mirror refreshes, which the figures leave apart.
fn queries(sent: Vec<Statement>) -> Vec<Statement> {
    sent.into_iter()
        .filter(|statement| statement.db_backend == DbBackend::Postgres)
        .filter(|statement| statement.sql.contains("crm_customers") || statement.sql.contains("crm_outbox"))
        .collect()
}
