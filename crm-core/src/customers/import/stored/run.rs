//! Importing a stored file without a job.

use std::sync::Arc;

use tokio::sync::watch;

use super::super::options::ImportOptions;
use super::super::report::ImportReport;
use super::super::{Tracking, aside, import};
use super::checkpoint::Checkpoint;
use super::repo::{begin, locked, runs};
use super::{Imports, StoredImport, file, repo};
use crate::base::error::{Conflict, Error, Result};
use crate::base::ids::ImportId;
use crate::scope::CompanyTx;

impl Imports<'_, '_> {
    /// Imports a file and returns when it is done: for programs that wait for it. `done` tells the number of rows so far.
    ///
    /// An import that was interrupted goes on after the last row that it has written, with the options of its start.
    ///
    /// # Errors
    /// As [`Imports::start`]; [`Error::NotFound`] also if the file is imported already; [`Conflict::ImportRunning`] while a
    /// job works on it; [`Error::Unavailable`] if the database is.
    #[tracing::instrument(name = "imports.run", skip_all, fields(company.id = %self.scope().company_id()))]
    pub async fn run(
        &mut self,
        id: ImportId,
        options: ImportOptions,
        done: watch::Sender<u64>,
    ) -> Result<ImportReport> {
        let options = options.validated()?;
        if !self.get(id).await?.is_begun() {
            self.check(id, &options).await?;
        }
        let scope = self.scope();
        let stored = scope.write(async |tx| own_or_begin(tx, id, options).await).await?;
        let options = Arc::new(stored.options.clone().unwrap_or_default());
        let content = Box::new(file::open(scope, &stored).await?);
        let tracking = track(&stored, options.dry_run, done);
        let report = match scope.pool() {
            Some(pool) => {
                let mut scope = scope.crm.on((*scope.actor).clone(), pool);
                aside(Box::pin(async move { import(&mut scope, content, options, tracking).await })).await?
            }
            None => Box::pin(import(scope, content, options, tracking)).await?,
        };
        repo::finish(scope, id, &report).await?;
        Ok(report)
    }
}

/// How far an import is, which `done` is told from now on. A dry run writes nothing, so it begins anew.
pub(super) fn track(stored: &StoredImport, is_dry_run: bool, done: watch::Sender<u64>) -> Tracking {
    let report = stored.report.clone().filter(|_| !is_dry_run).unwrap_or_default();
    let checkpoint = (!is_dry_run).then(|| Checkpoint::of(stored));
    Tracking { report, checkpoint, done: Some(done) }
}

/// The import as it is to be continued, or that begins now.
async fn own_or_begin(tx: &mut CompanyTx<'_>, id: ImportId, options: ImportOptions) -> Result<StoredImport> {
    let import = locked(tx, id).await?;
    if runs(tx, &import).await? {
        return Err(Error::from(Conflict::ImportRunning));
    }
    if import.is_begun() { Ok(import) } else { begin(tx, id, &options, None).await }
}
