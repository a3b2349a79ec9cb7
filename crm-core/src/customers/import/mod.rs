//! Import: customers from a file of another system: a table (CSV), a workbook (XLSX), cards (vCard) or JSON.
//!
//! A separate thread reads the file. Whatever its format (`format`), it is a table from then on (`tables`): of text, the
//! encoding is detected by its bytes (`encoding`), the delimiter and the header by the first rows (`layout`). The fields of the
//! columns are detected by their headers (`columns`). Each row is validated like any
//! customer (`rows`). Batches of 500 then go through three steps: matching customers are read (`known`), the writes are
//! planned (`plan`), and executed in one transaction (`write`).
//!
//! - A row with an error is skipped and reported; the others are not affected.
//! - Headers are understood by their words (`words`, `meaning`, `context`), so that files of other programs land where
//!   people expect it.
//! - Further e-mail addresses, numbers and postal addresses of a row become contact points (`points`, `further`).
//! - Columns without a field go to `customFields`, so that no data is lost.
//! - An empty cell has no effect: a new customer has no value, an existing one keeps its value.
//! - A row with an unclosed quotation mark does not affect other rows (`quotes`).
//! - Our own export can be imported again, with its tags.
//! - A dry run goes through all steps except the last.
//!
//! Memory is bounded for any file size; formats other than CSV have a maximum size. On a pool all work happens on separate threads.
//!
//! Leads come from the same files (`leads`): their own fields are columns as well (`lead_fields`), rows are matched to leads,
//! and nothing of a lead is unique.
//!
//! A file that is stored first is imported by a job (`stored`), which goes on after the last committed batch when it is
//! interrupted, and can be reverted (`revert`).

mod assignment;
mod cells;
mod columns;
mod context;
mod dates;
mod employers;
mod encoding;
mod fields;
mod footer;
mod format;
mod further;
mod headers;
mod inspect;
mod known;
mod labels;
mod layout;
mod lead_fields;
mod leads;
mod matching;
mod meaning;
mod options;
mod overlay;
mod owners;
mod plan;
mod points;
mod postal;
mod preview;
mod quotes;
mod reader;
mod record;
mod records;
mod report;
mod revert;
mod rows;
mod signature;
mod source;
mod stored;
mod tables;
mod trace;
mod values;
mod words;
mod write;

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{Instrument, Span};
use uuid::Uuid;

pub use columns::ImportReason;
pub use encoding::ImportEncoding;
pub use format::ImportFormat;
pub(crate) use inspect::check_columns;
pub use options::{DateOrder, ImportMode, ImportOptions, ImportOrganizations, ImportRecords, MatchBy, OptedOut};
pub use preview::{ImportPreview, ImportProblem, PreviewedColumn};
pub use report::{ImportColumn, ImportFault, ImportReport};
pub use revert::{ImportRevert, REVERTIBLE_FOR, RevertImport, RevertedImport};
pub(crate) use signature::signature;
pub(crate) use stored::delete_expired;
pub use stored::{FailedRows, ImportCustomers, Imports, MAX_FILE, StoredImport};
pub(super) use tables::PRODUCT as CARD_PRODUCT;

use super::model::Customer;
use super::repo::Customers;
use crate::base::error::{Error, Result};
use crate::query::dialect;
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::users;
use columns::Columns;
use owners::{MAX_USERS, Owners};
use reader::Batch;
use rows::RowReader;
use stored::Checkpoint;
use write::Writer;

/// After this many new rows the planner's statistics of a table are refreshed.
const MANY_ROWS: u64 = 1_000;
/// The tables that an import writes.
const FILLED: [&str; 6] =
    ["crm_customers", "crm_customer_external_refs", "crm_customer_tags", "crm_changes", "crm_audit", "crm_outbox"];
/// The number of batches read ahead.
const AHEAD: usize = 2;

impl Customers<'_, '_> {
    /// Imports customers from a table (CSV), a workbook (XLSX), cards (vCard) or JSON. The report lists the columns and their
    /// fields.
    ///
    /// Rows are written in transactions of 500, so earlier batches stay committed if an import fails; an upsert can be
    /// repeated. Every added or changed customer gets history, audit entry and event; the import as a whole gets an
    /// audit entry `imported`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to import; [`Error::Malformed`] for a file of another format, or without a recognizable header,
    /// a mapping to unknown fields, or without the column to match by; [`Error::Unavailable`] if the database is.
    /// Errors of rows are part of the report.
    #[tracing::instrument(name = "customers.import", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn import(&mut self, file: impl Read + Send + 'static, options: ImportOptions) -> Result<ImportReport> {
        run(self.0, file, ImportOptions { records: ImportRecords::Customers, ..options }).await
    }
}

/// Imports what the options say.
pub(crate) async fn run(
    scope: &mut CompanyScope<'_>,
    file: impl Read + Send + 'static,
    options: ImportOptions,
) -> Result<ImportReport> {
    scope.authorize(options.records.resource(), Action::Import).await?;
    let (file, options) = (Box::new(file), Arc::new(options.validated()?));
    let Some(pool) = scope.pool() else {
        return Box::pin(import(scope, file, options, Tracking::default())).await;
    };
    let mut scope = scope.crm.on((*scope.actor).clone(), pool);
    // Boxed, because the future is too large for the stack of a thread.
    aside(Box::pin(async move { import(&mut scope, file, options, Tracking::default()).await })).await
}

/// What an import that a job does has so far, and where it says how far it is.
#[derive(Default)]
struct Tracking {
    report: ImportReport,
    checkpoint: Option<Checkpoint>,
    done: Option<watch::Sender<u64>>,
}

async fn import(
    scope: &mut CompanyScope<'_>,
    file: Box<dyn Read + Send>,
    options: Arc<ImportOptions>,
    tracking: Tracking,
) -> Result<ImportReport> {
    let limit = options.batch_time;
    let resumes_after = tracking.checkpoint.as_ref().map(Checkpoint::last_row);
    let rows = within(limit, row_reader(scope, options.clone(), resumes_after)).await?;
    let mut writer = Writer::new(options, tracking);
    let outcome = Box::pin(pump(scope, file, rows, &mut writer)).await;
    let report = writer.report();
    // An import that failed before it wrote anything is not audited.
    if outcome.is_ok() || report.created + report.updated > 0 {
        within(limit, audit(scope, &report, writer.options(), outcome.is_ok())).await?;
    }
    if let Err(error) = within(limit, analyze(scope, &report)).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "the imported tables cannot be analysed");
    }
    let columns = outcome?;
    Ok(ImportReport { columns: columns.described(), ..report })
}

/// Refreshes the planner's statistics of a table that has grown this much; before that it may be treated as empty. Not
/// in a host's transaction, whose rows are not visible to others yet.
async fn analyze(scope: &CompanyScope<'_>, report: &ImportReport) -> Result<()> {
    if report.dry_run || scope.is_hosted() || report.created < MANY_ROWS {
        return Ok(());
    }
    for statement in FILLED.iter().filter_map(|table| dialect::analyze(table, scope.is_postgres())) {
        scope.database().execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Runs work on a separate thread, so that its computations do not block other tasks. Dropping the future stops the
/// work at its next await.
async fn aside<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let (runtime, span) = (Handle::current(), Span::current());
    let (is_wanted, dropped) = oneshot::channel::<()>();
    let work = async move {
        tokio::select! {
            outcome = work => outcome,
            _ = dropped => Err(Error::internal("the import was dropped")),
        }
    };
    let outcome = tokio::task::spawn_blocking(move || runtime.block_on(work.instrument(span))).await;
    drop(is_wanted);
    outcome.map_err(Error::internal)?
}

/// Gives up if the database does not answer in time.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(limit) = limit else {
        return work.await;
    };
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(Error::no_answer(limit)))
}

async fn row_reader(
    scope: &CompanyScope<'_>,
    options: Arc<ImportOptions>,
    resumes_after: Option<u64>,
) -> Result<RowReader> {
    let company = scope.company().await?;
    let owners = Owners::new(users::some(scope, MAX_USERS).await?);
    let blank = Customer::blank(Uuid::nil().into(), scope.crm.now(), ActorRef::from(scope.actor()));
    let may_note = scope.actor().may(Resource::Notes, Action::Create, scope.actor().user_id());
    let told = Mutex::default();
    Ok(RowReader { options, company, owners, blank, may_note, resumes_after, told })
}

/// Reads on a separate thread and writes on this one.
async fn pump(
    scope: &mut CompanyScope<'_>,
    file: Box<dyn Read + Send>,
    rows: RowReader,
    writer: &mut Writer,
) -> Result<Arc<Columns>> {
    let (sender, mut batches) = mpsc::channel::<Batch>(AHEAD);
    let reading = tokio::task::spawn_blocking(move || {
        // The receiver is gone if writing has failed, or the caller has dropped the import.
        reader::read(file, &rows, |batch| sender.blocking_send(batch).is_ok())
    });
    while let Some(batch) = batches.recv().await {
        Box::pin(writer.write(scope, batch)).await?;
    }
    reading.await.map_err(Error::internal)?
}

/// One entry for the whole import, without values. The writes of rows have their own entries.
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
        "skipped": report.skipped,
        "failed": report.failed,
        "warnings": report.warnings,
        "complete": is_complete,
    });
    scope.audit_action(options.records.kind(), "imported", details).await
}
