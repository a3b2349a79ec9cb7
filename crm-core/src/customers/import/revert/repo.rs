//! Reverting: at once, by a job, or only counted.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::json;

use super::super::stored::{self, Imports, TABLE};
use super::changes;
use super::job::RevertImport;
use super::outcome::{ImportRevert, RevertedImport, Tally};
use super::undo::{count, revert};
use super::{BATCH, MAX_AT_ONCE};
use crate::base::error::{Conflict, Kind, Result};
use crate::base::ids::ImportId;
use crate::scope::actor::{Action, Resource};
use crate::scope::{CompanyScope, CompanyTx};

impl Imports<'_, '_> {
    /// Reverts an import of the actor, once and within [`REVERTIBLE_FOR`](super::REVERTIBLE_FOR): the customers that it has
    /// added go to the trash, those that it has changed are as before. Customers that have changed since are left as they
    /// are. A dry run counts, and writes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound), also for the files of others;
    /// [`Error::Forbidden`](crate::Error::Forbidden); [`Conflict::ImportNotStarted`]; [`Conflict::ImportRunning`] while its
    /// job has not ended; [`Conflict::ImportReverted`]; [`Conflict::ImportRevertExpired`].
    #[tracing::instrument(name = "imports.revert", skip_all, fields(company.id = %self.scope().company_id()))]
    pub async fn revert(&mut self, id: ImportId, dry_run: bool) -> Result<ImportRevert> {
        self.authorize().await?;
        let scope = self.scope();
        if dry_run {
            return scope.rehearse(async |tx| rehearse(tx, id).await).await.map(ImportRevert::Done);
        }
        scope.write(async |tx| start(tx, id).await).await
    }
}

/// Fails unless the import can be reverted. It is locked until the transaction ends.
async fn ensure_revertible(tx: &mut CompanyTx<'_>, id: ImportId) -> Result<()> {
    tx.authorize_any(Resource::Customers, Action::Import, id.0)?;
    let import = stored::locked(tx, id).await?;
    if !import.is_begun() {
        return Err(Conflict::ImportNotStarted.into());
    }
    if import.reverted.is_some() {
        return Err(Conflict::ImportReverted.into());
    }
    if stored::runs(tx, &import).await? {
        return Err(Conflict::ImportRunning.into());
    }
    match import.is_revertible(tx.now()) {
        true => Ok(()),
        false => Err(Conflict::ImportRevertExpired.into()),
    }
}

async fn rehearse(tx: &mut CompanyTx<'_>, id: ImportId) -> Result<RevertedImport> {
    ensure_revertible(tx, id).await?;
    let (mut tally, mut last) = (Tally::default(), None);
    loop {
        let changes = changes::next(tx, id, last, MAX_AT_ONCE).await?;
        last = changes.last().map(|change| change.customer);
        if changes.is_empty() {
            return Ok(tally.into_outcome(id, true));
        }
        count(tx, id, changes, &mut tally).await?;
    }
}

async fn start(tx: &mut CompanyTx<'_>, id: ImportId) -> Result<ImportRevert> {
    tx.expect_many_rows().await?;
    ensure_revertible(tx, id).await?;
    let customers = changes::count(tx, id).await?;
    tx.audit(Kind::Customer, "import_reverted", json!({ "id": id, "customers": customers }));
    if customers > MAX_AT_ONCE {
        let job = RevertImport::job(tx.actor(), id, customers);
        let job = tx.scope().jobs().enqueue(job).await?;
        store(tx, id, &Tally::default(), Some(("job_id", job.id.0.into()))).await?;
        return Ok(ImportRevert::Started(Box::new(job)));
    }
    let changes = changes::next(tx, id, None, MAX_AT_ONCE).await?;
    let mut tally = Tally::default();
    revert(tx, id, changes, &mut tally).await?;
    // The import cannot be continued any more.
    store(tx, id, &tally, Some(("job_id", Expr::null()))).await?;
    Ok(ImportRevert::Done(tally.into_outcome(id, false)))
}

/// Stores the counts, by which the import is reverted, and the job that works on it from now on.
async fn store(tx: &mut CompanyTx<'_>, id: ImportId, tally: &Tally, job: Option<(&'static str, Expr)>) -> Result<()> {
    let update = Query::update()
        .table(TABLE)
        .value("revert_outcome", Expr::val(json!(tally)))
        .values(job)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(id.0))
        .to_owned();
    tx.execute(&update).await.map(drop)
}

/// Reverts the next customers; gives the counts so far, and whether there were none.
pub(super) async fn next_batch(scope: &mut CompanyScope<'_>, id: ImportId) -> Result<(Tally, bool)> {
    scope
        .write(async |tx| {
            tx.expect_many_rows().await?;
            let mut tally = stored::locked(tx, id).await?.reverted.map(Tally::from).unwrap_or_default();
            let changes = changes::next(tx, id, None, BATCH).await?;
            if changes.is_empty() {
                return Ok((tally, true));
            }
            revert(tx, id, changes, &mut tally).await?;
            store(tx, id, &tally, None).await?;
            Ok((tally, false))
        })
        .await
}
