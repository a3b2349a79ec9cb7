//! Import: customers from a CSV file, as other systems export it.
//!
//! A thread of its own reads the file: the encoding is told by its bytes (`encoding`), the delimiter by its first line
//! (`records`), what the columns mean by their headers (`headers`, `columns`). Each row is checked by the rules that hold
//! for every customer (`rows`). Batches of 500 then go through three steps: what they mean is looked up (`known`), what
//! is to be done is decided (`plan`), and that is written in one transaction (`write`).
//!
//! - A row with a fault is left out and reported; the others are not affected.
//! - What has no field of its own goes to `customFields`, so that nothing in the file is lost.
//! - An empty cell says nothing: a new customer has no value there, an existing one keeps its value.
//! - A row whose quotation mark is not closed takes no other rows with it (`quotes`).
//! - Our own export comes back as it went, tags included.
//! - A dry run goes through the same steps but the last.
//!
//! Memory is bounded, however large the file is. On a pool all of it happens on threads of its own.

mod columns;
mod dates;
mod encoding;
mod headers;
mod known;
mod options;
mod owners;
mod plan;
mod quotes;
mod reader;
mod records;
mod report;
mod rows;
mod trace;
mod write;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, Span};
use uuid::Uuid;

pub use options::{DateOrder, ImportMode, ImportOptions, MatchBy};
pub use report::{ImportColumn, ImportFault, ImportReport};

use super::model::Customer;
use super::repo::Customers;
use crate::base::error::{Error, Kind, Result};
use crate::query::dialect;
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::users;
use columns::Columns;
use owners::{MAX_USERS, Owners};
use reader::Batch;
use rows::RowReader;
use write::Writer;

/// So many new rows change what a table looks like to the planner.
const MANY_ROWS: u64 = 1_000;
/// The tables that an import fills.
const FILLED: [&str; 6] =
    ["crm_customers", "crm_customer_external_refs", "crm_customer_tags", "crm_changes", "crm_audit", "crm_outbox"];
/// How many batches are read ahead.
const AHEAD: usize = 2;

impl Customers<'_, '_> {
    /// Reads customers from a CSV file. Its first line names the columns; what each is taken for, the report tells.
    ///
    /// Rows are written in transactions of 500, so an import that ends with an error has written the batches before; an
    /// upsert can simply be repeated. A customer that a row adds or changes gets history, audit entry and event like any
    /// other, and the import as a whole an audit entry `imported`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to import; [`Error::Malformed`] for a file without a header that can be
    /// told, a mapping to fields that there are not, or a column missing that rows are to be matched by;
    /// [`Error::Unavailable`] if the database is. Faults of rows are no errors but part of the report.
    #[tracing::instrument(name = "customers.import", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn import(&mut self, file: impl Read + Send + 'static, options: ImportOptions) -> Result<ImportReport> {
        let scope = &mut *self.0;
        scope.authorize(Resource::Customers, Action::Import).await?;
        let (file, options) = (Box::new(file), Arc::new(options.validated()?));
        let Some(pool) = scope.pool() else {
            return Box::pin(import(scope, file, options)).await;
        };
        let mut scope = scope.crm.on((*scope.actor).clone(), pool);
        // On the heap: what an import awaits is too much for the stack of a thread.
        aside(Box::pin(async move { import(&mut scope, file, options).await })).await
    }
}

async fn import(
    scope: &mut CompanyScope<'_>,
    file: Box<dyn Read + Send>,
    options: Arc<ImportOptions>,
) -> Result<ImportReport> {
    let limit = options.batch_time;
    let rows = within(limit, row_reader(scope, options.clone())).await?;
    let mut writer = Writer::new(options);
    let outcome = Box::pin(pump(scope, file, rows, &mut writer)).await;
    let report = writer.report();
    // A file that could not be read at all, or of which nothing was written, was not imported.
    if outcome.is_ok() || report.created + report.updated > 0 {
        within(limit, audit(scope, &report, writer.options(), outcome.is_ok())).await?;
    }
    if let Err(error) = within(limit, analyze(scope, &report)).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "what was filled cannot be analysed");
    }
    let columns = outcome?;
    Ok(ImportReport { columns: columns.described(), ..report })
}

/// Tells the planner of a table that has grown by so many rows; until then it may take it for empty. Not in a host's
/// transaction, whose rows nobody else sees yet.
async fn analyze(scope: &CompanyScope<'_>, report: &ImportReport) -> Result<()> {
    if report.dry_run || scope.is_hosted() || report.created < MANY_ROWS {
        return Ok(());
    }
    for statement in FILLED.iter().filter_map(|table| dialect::analyze(table, scope.is_postgres())) {
        scope.database().execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Does work on a thread of its own, so that what it computes holds up no other task of this one. Dropping the future ends
/// the work at its next wait.
async fn aside<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let (runtime, span) = (Handle::current(), Span::current());
    let (is_wanted, dropped) = oneshot::channel::<()>();
    let work = async move {
        tokio::select! {
            outcome = work => outcome,
            _ = dropped => Err(Error::internal("nobody waits for the outcome")),
        }
    };
    let outcome = tokio::task::spawn_blocking(move || runtime.block_on(work.instrument(span))).await;
    drop(is_wanted);
    outcome.map_err(Error::internal)?
}

/// Gives up what the database does not answer in time.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(limit) = limit else {
        return work.await;
    };
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(Error::no_answer(limit)))
}

async fn row_reader(scope: &CompanyScope<'_>, options: Arc<ImportOptions>) -> Result<RowReader> {
    let company = scope.company().await?;
    let owners = Owners::new(users::some(scope, MAX_USERS).await?);
    let blank = Customer::blank(Uuid::nil().into(), scope.crm.now(), ActorRef::from(scope.actor()));
    Ok(RowReader { options, settings: company.settings.clone(), owners, blank })
}

/// Reads on a thread of its own and writes on this one.
async fn pump(
    scope: &mut CompanyScope<'_>,
    file: Box<dyn Read + Send>,
    rows: RowReader,
    writer: &mut Writer,
) -> Result<Arc<Columns>> {
    let (sender, mut batches) = mpsc::channel::<Batch>(AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        // Nobody listens any more once writing has failed, or the caller has gone away.
        reader::read(file, &rows, |batch| sender.blocking_send(batch).is_ok())
    });
    while let Some(batch) = batches.recv().await {
        Box::pin(writer.write(scope, batch)).await?;
    }
    reading.await.map_err(Error::internal)?
}

/// One entry for the whole, without values. What rows did has entries of its own.
async fn audit(
    scope: &mut CompanyScope<'_>,
    report: &ImportReport,
    options: &ImportOptions,
    is_complete: bool,
) -> Result<()> {
    if report.dry_run {
        return Ok(());
    }
    let details = json!({
        "mode": options.mode,
        "matchBy": options.matches().then_some(options.match_by),
        "externalSystem": options.external_system,
        "dateOrder": options.date_order,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "failed": report.failed,
        "warnings": report.warnings,
        "complete": is_complete,
    });
    scope.audit_action(Kind::Customer, "imported", details).await
}
