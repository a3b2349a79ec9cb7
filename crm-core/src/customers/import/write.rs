//! Writes planned batches, one transaction each.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::super::locked::lock_party;
use super::super::model::ExternalRef;
use super::super::repo::update_now;
use super::super::{beside, external_refs};
use super::columns::Columns;
use super::known::Known;
use super::options::ImportOptions;
use super::plan::{Plan, Step, plan};
use super::reader::Batch;
use super::report::{ImportFault, ImportReport, Outcome};
use super::revert::{self, Written};
use super::rows::Row;
use super::stored::Checkpoint;
use super::{Tracking, employers, leads, within};
use crate::base::error::{Conflict, Error, Result, Violations};
use crate::base::ids::CustomerId;
use crate::scope::{Change, CompanyScope, CompanyTx};
use crate::{notes, tags};

/// How often a batch is retried while the database is too busy, or after a deadlock.
const TRIES: u32 = 3;
/// The number of rows with internal errors after which the import is aborted.
const MAX_INTERNAL: u32 = 10;

/// The number of references per statement: SQLite binds at most 32,766 values, and each reference has four.
const MAX_REFERENCES: usize = 8_000;

/// The number of change records per transaction: PostgreSQL binds at most 65,535 values.
const MAX_RECORDS: usize = 1_600;

/// Writes batches, and counts their rows.
pub(super) struct Writer {
    options: Arc<ImportOptions>,
    report: ImportReport,
    /// The digests of a dry run. Other imports query the database.
    remembered: Known,
    internal: u32,
    checkpoint: Option<Checkpoint>,
    done: Option<watch::Sender<u64>>,
}

/// What became of a row, with its warnings.
type Told = (Outcome, Vec<ImportFault>);

impl Writer {
    pub fn new(options: Arc<ImportOptions>, tracking: Tracking) -> Self {
        let Tracking { report, checkpoint, done } = tracking;
        let report = ImportReport { dry_run: options.dry_run, ..report };
        Self { options, report, remembered: Known::default(), internal: 0, checkpoint, done }
    }

    pub fn options(&self) -> &ImportOptions {
        &self.options
    }

    pub fn report(&mut self) -> ImportReport {
        std::mem::take(&mut self.report)
    }

    /// Writes a batch, or only reports it in a dry run.
    pub async fn write(&mut self, scope: &mut CompanyScope<'_>, batch: Batch) -> Result<()> {
        let Batch { columns, rows } = batch;
        if self.options.dry_run {
            let limit = self.options.batch_time;
            return within(limit, self.rehearse(scope, &columns, &rows)).await;
        }
        // If a row fails, the batch is halved and retried until the row is found.
        let mut parts = vec![rows];
        while let Some(mut rows) = parts.pop() {
            if rows.len() > 1 && records_of(&rows) > MAX_RECORDS {
                let second = rows.split_off(rows.len() / 2);
                parts.extend([second, rows]);
                continue;
            }
            match within(self.options.batch_time, self.attempt(scope, &columns, &rows)).await {
                Ok(outcomes) => self.passed(&rows, outcomes),
                Err(error @ (Error::Unavailable(_) | Error::CompanyBusy | Error::CompanyClosed { .. })) => {
                    return Err(error);
                }
                Err(error) if rows.len() == 1 => self.fail(scope, &columns, &rows, error).await?,
                Err(_) => {
                    let second = rows.split_off(rows.len() / 2);
                    parts.extend([second, rows]);
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, outcomes: Vec<Told>) {
        for (outcome, warnings) in outcomes {
            self.report.count(outcome, warnings);
        }
        if let Some(done) = &self.done {
            done.send_replace(self.report.rows());
        }
    }

    /// Counts rows whose effect is committed.
    fn passed(&mut self, rows: &[Row], outcomes: Vec<Told>) {
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.passed(rows);
        }
        self.count(outcomes);
    }

    /// Counts a row that failed because of another write or a database error.
    async fn fail(
        &mut self,
        scope: &mut CompanyScope<'_>,
        columns: &Columns,
        rows: &[Row],
        error: Error,
    ) -> Result<()> {
        let outcomes = vec![(Outcome::Failed(vec![self.fault(&rows[0], error)?]), Vec::new())];
        if let Some(checkpoint) = &self.checkpoint {
            scope.write(async |tx| checkpoint.store(tx, columns, (rows, &outcomes), &self.report).await).await?;
        }
        self.passed(rows, outcomes);
        Ok(())
    }

    fn fault(&mut self, row: &Row, error: Error) -> Result<ImportFault> {
        let (code, message) = match &error {
            Error::Conflict(conflict) => (conflict.code(), conflict.to_string()),
            Error::Invalid(Violations(violations)) if !violations.is_empty() => {
                (&*violations[0].code, violations[0].detail.clone())
            }
            Error::Stale { .. } | Error::NotFound { .. } | Error::CustomerMerged { .. } => {
                ("stale", "another request has changed the record at the same time".to_owned())
            }
            _ => {
                self.internal += 1;
                tracing::error!(row = row.number, error = &error as &dyn std::error::Error, "a row cannot be written");
                if self.internal > MAX_INTERNAL {
                    return Err(error);
                }
                ("internal", "the row cannot be stored".to_owned())
            }
        };
        Ok(ImportFault::new(row.number, None, code, message))
    }

    async fn rehearse(&mut self, scope: &mut CompanyScope<'_>, columns: &Columns, rows: &[Row]) -> Result<()> {
        if self.options.is_of_leads() {
            let options = &self.options;
            let outcomes = scope.rehearse(async |tx| leads::write_rows(tx, options, columns, rows).await).await?;
            self.count(outcomes);
            return Ok(());
        }
        let Plan { steps, outcomes, .. } = plan(scope, &self.options, columns, rows, &mut self.remembered).await?;
        let written = steps.iter().map(|step| match step {
            Step::Create(customer) | Step::Update { after: customer, .. } => &**customer,
        });
        self.remembered.end_batch(written);
        self.count(outcomes);
        Ok(())
    }

    async fn attempt(&self, scope: &mut CompanyScope<'_>, columns: &Columns, rows: &[Row]) -> Result<Vec<Told>> {
        let mut tries = 1;
        loop {
            let written = scope.write(async |tx| {
                tx.origin = Some("import");
                tx.expect_many_rows().await?;
                let outcomes = self.plan_and_apply(tx, columns, rows).await?;
                if let Some(checkpoint) = &self.checkpoint {
                    checkpoint.store(tx, columns, (rows, &outcomes), &self.report).await?;
                }
                Ok(outcomes)
            });
            match written.await {
                // The name of a new tag is taken if another transaction has created the tag meanwhile.
                Err(Error::Unavailable(_) | Error::CompanyBusy | Error::Conflict(Conflict::TagNameTaken))
                    if tries < TRIES =>
                {
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn plan_and_apply(&self, tx: &mut CompanyTx<'_>, columns: &Columns, rows: &[Row]) -> Result<Vec<Told>> {
        if self.options.is_of_leads() {
            return leads::write_rows(tx, &self.options, columns, rows).await;
        }
        let mut known = Known::default();
        let plan = plan(&tx.scope(), &self.options, columns, rows, &mut known).await?;
        let Plan { new_tags, mut steps, notes, outcomes } = plan;
        let jobs = employers::of(tx, self.options.organizations, &mut steps).await?;
        tags::create(tx, &new_tags).await?;
        let mut noted: BTreeSet<CustomerId> = notes.iter().map(|(customer, _)| *customer).collect();
        for step in &steps {
            noted.remove(&step.customer());
        }
        // What is not written otherwise is held, so that it is not deleted meanwhile.
        let mut written = Vec::new();
        for customer in noted {
            written.push(Written::noted(customer, lock_party(tx, customer).await?.version));
        }
        let changes = apply(tx, steps).await?;
        tx.insert_all(&jobs).await?;
        let added = notes::add_all(tx, &notes).await?;
        if let Some(checkpoint) = &self.checkpoint {
            written.extend(changes);
            revert::keep(tx, checkpoint.import(), written, &added).await?;
        }
        Ok(outcomes)
    }
}

/// The maximum number of change records of rows: of the customer, of its tags and notes, and of new tags.
fn records_of(rows: &[Row]) -> usize {
    let input = || rows.iter().filter_map(Row::parsed);
    let names: BTreeSet<&String> = input().flat_map(|input| input.tags.iter().flatten()).collect();
    let notes: usize = input().map(|input| input.notes.len()).sum();
    notes + if names.is_empty() { rows.len() } else { rows.len() * 3 + names.len() }
}

/// New customers in one statement, then the changes in order. Gives what is needed to put them back.
async fn apply(tx: &mut CompanyTx<'_>, steps: Vec<Step>) -> Result<Vec<Written>> {
    let (mut new, mut changes) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Create(customer) => new.push(*customer),
            Step::Update { before, after } => changes.push((before, after)),
        }
    }
    tx.insert_all(&new).await?;
    let references: Vec<(CustomerId, &ExternalRef)> = new
        .iter()
        .flat_map(|customer| customer.external_refs.iter().map(|reference| (customer.id, reference)))
        .collect();
    for some in references.chunks(MAX_REFERENCES) {
        external_refs::insert(tx, some.iter().copied()).await?;
    }
    beside::insert(tx, &new).await?;
    tags::give_new(tx, &new).await?;
    let mut written = new.iter().map(Written::added).collect::<Result<Vec<_>>>()?;
    for (before, mut after) in changes {
        update_now(tx, Change::Updated, &before, &mut after).await?;
        if before.tags != after.tags {
            tags::replace(tx, after.id, &after.tags).await?;
        }
        written.push(Written::changed(&before, &after)?);
    }
    Ok(written)
}
