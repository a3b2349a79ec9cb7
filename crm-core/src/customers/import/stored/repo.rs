//! The operations on stored files.

use std::io::Read;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, LockType, Order, Query, SelectStatement, UpdateStatement};
use serde_json::json;

use super::super::format::ImportFormat;
use super::super::inspect;
use super::super::options::ImportOptions;
use super::super::preview::{ImportPreview, preview};
use super::super::report::ImportReport;
use super::file;
use super::job::new_job;
use super::parts::{self, FailedRows, KEPT, Kind as Part};
use super::{StoredImport, TABLE};
use crate::base::error::{Conflict, Error, Kind, Result};
use crate::base::ids::{ImportId, JobId};
use crate::base::rights::ActorRef;
use crate::base::text;
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::{CompanyScope, CompanyTx};

/// The number of files that a user has at once, without those whose import can be reverted. More push out the oldest.
const MAX_STORED: u64 = 20;
/// The number of files that are listed.
const MAX_LISTED: u64 = 100;
/// The maximum length of a name, in characters.
const MAX_NAME: usize = 200;

/// The stored files of the actor. Obtained from [`CompanyScope::imports`].
#[derive(Debug)]
pub struct Imports<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The files that the actor has stored for imports.
    pub fn imports(&mut self) -> Imports<'_, 'c> {
        Imports(self)
    }
}

impl<'c> Imports<'_, 'c> {
    /// The scope, for what is done with files elsewhere in the import.
    pub(in super::super) fn scope(&mut self) -> &mut CompanyScope<'c> {
        self.0
    }

    /// Stores a file for a day.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to import; [`Error::Malformed`] for a file that is too large, empty, or no
    /// table.
    pub async fn add(&mut self, name: &str, file: impl Read + Send + 'static) -> Result<StoredImport> {
        self.add_as(name, None, file).await
    }

    /// Stores a file that is said to have a format, as [`Imports::add`] does.
    ///
    /// # Errors
    /// As [`Imports::add`]; [`Error::Malformed`] also if the content is none of this format.
    #[tracing::instrument(name = "imports.add", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn add_as(
        &mut self,
        name: &str,
        format: Option<ImportFormat>,
        file: impl Read + Send + 'static,
    ) -> Result<StoredImport> {
        self.authorize().await?;
        let name: String = text::tidy(name).unwrap_or_default().chars().take(MAX_NAME).collect();
        self.0
            .write(async |tx| {
                let id = insert(tx, &name).await?;
                file::store(tx, id, file, format).await?;
                find(&tx.scope(), id).await
            })
            .await
    }

    /// A file of the actor.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`], also for the files of others.
    pub async fn get(&mut self, id: ImportId) -> Result<StoredImport> {
        self.authorize().await?;
        find(self.0, id).await
    }

    /// The files of the actor, newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list(&mut self) -> Result<Vec<StoredImport>> {
        self.authorize().await?;
        let mut all = own(self.0.actor());
        all.and_where(Expr::col("expires_at").gt(self.0.crm.now()));
        all.order_by("created_at", Order::Desc).order_by("id", Order::Desc).limit(MAX_LISTED);
        self.0.database().query_all(&all).await?.iter().map(StoredImport::read).collect()
    }

    /// What a file is taken for with these options, and what is wrong with its first rows.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when the file is imported; [`Error::Malformed`] for a faulty mapping, and for options that
    /// contradict each other.
    pub async fn preview(&mut self, id: ImportId, options: &ImportOptions) -> Result<ImportPreview> {
        let options = options.clone().validated()?;
        let import = self.get(id).await?;
        let file = file::open(self.0, &import).await?;
        Box::pin(preview(self.0, file, options)).await
    }

    /// Starts a job that imports a file, or tries it out. The import itself is started once: then, and while a dry run is
    /// not done, this changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Malformed`] for options with which the file cannot be imported.
    #[tracing::instrument(name = "imports.start", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn start(&mut self, id: ImportId, options: ImportOptions) -> Result<StoredImport> {
        let options = options.validated()?;
        let import = self.get(id).await?;
        if import.is_begun() {
            return Ok(import);
        }
        self.check(id, &options).await?;
        self.0.write(async |tx| start(tx, id, options).await).await
    }

    /// Refuses options with which the file cannot be imported.
    pub(super) async fn check(&self, id: ImportId, options: &ImportOptions) -> Result<()> {
        let company = self.0.company().await?;
        let (content, options) = (file::open(self.0, &find(self.0, id).await?).await?, options.clone());
        let check = move || inspect::check(content, &options, &company.fields);
        tokio::task::spawn_blocking(check).await.map_err(Error::internal)?
    }

    /// The next piece of the file of rows that were not imported; `None` after the last one.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn failed_rows(&mut self, id: ImportId, after: Option<i64>) -> Result<Option<FailedRows>> {
        self.get(id).await?;
        parts::next(self.0, id, Part::Failed, after.unwrap_or(-1)).await
    }

    /// Deletes a file, and cancels its job. An import that is running goes on to the end of its batch; what it has written
    /// stays, and cannot be reverted any more.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove(&mut self, id: ImportId) -> Result<()> {
        if let Some(job) = self.get(id).await?.job_id {
            match self.0.jobs().cancel(job).await {
                Ok(_)
                | Err(Error::Conflict(Conflict::JobFinished) | Error::NotFound { .. } | Error::Forbidden { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.0.write(async |tx| tx.execute(&delete(tx, id)).await.map(drop)).await
    }

    pub(in super::super) async fn authorize(&mut self) -> Result<()> {
        self.0.authorize(Resource::Customers, Action::Import).await?;
        self.0.company().await.map(drop)
    }
}

/// The files of an actor.
fn own(actor: &Actor) -> SelectStatement {
    let creator = Expr::col("created_by_id");
    Query::select()
        .columns(StoredImport::COLUMNS)
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(actor.company().0))
        .and_where(actor.user_id().map_or_else(|| creator.clone().is_null(), |me| creator.clone().eq(me.0)))
        .to_owned()
}

pub(super) async fn find(scope: &CompanyScope<'_>, id: ImportId) -> Result<StoredImport> {
    let mut one = own(scope.actor());
    one.and_where(Expr::col("id").eq(id.0)).and_where(Expr::col("expires_at").gt(scope.crm.now()));
    let row = scope.database().query_one(&one).await?;
    row.map_or_else(|| Err(Error::not_found(Kind::Import, id)), |row| StoredImport::read(&row))
}

/// Adds a file, whose content is stored next.
async fn insert(tx: &mut CompanyTx<'_>, name: &str) -> Result<ImportId> {
    make_room(tx).await?;
    let (id, company, by) = (ImportId(tx.id()), tx.company.id, ActorRef::from(tx.actor()));
    let insert = Query::insert()
        .into_table(TABLE)
        .columns([
            "company_id",
            "id",
            "created_at",
            "expires_at",
            "name",
            "size",
            "row_count",
            "last_row",
            "created_by_kind",
            "created_by_id",
        ])
        .values_panic([
            Expr::val(company.0),
            Expr::val(id.0),
            Expr::val(tx.now()),
            Expr::val(tx.now() + KEPT),
            Expr::val(name),
            Expr::val(0_i64),
            Expr::val(0_i64),
            Expr::val(0_i64),
            Expr::val(by.kind.as_str()),
            Expr::val(by.id.map(|id| id.0)),
        ])
        .to_owned();
    tx.execute(&insert).await?;
    Ok(id)
}

/// Deletes what has expired, and the oldest files of the actor if there are too many.
async fn make_room(tx: &mut CompanyTx<'_>) -> Result<()> {
    let expired = Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("expires_at").lte(tx.now()))
        .to_owned();
    tx.execute(&expired).await?;
    let mut oldest = own(tx.actor());
    oldest.and_where(Expr::col("revertible_until").is_null());
    oldest.order_by("created_at", Order::Desc).order_by("id", Order::Desc).limit(1_000).offset(MAX_STORED - 1);
    for row in tx.query(&oldest).await? {
        let surplus = StoredImport::read(&row)?.id;
        tx.execute(&delete(tx, surplus)).await?;
    }
    Ok(())
}

fn delete(tx: &CompanyTx<'_>, id: ImportId) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(id.0))
        .to_owned()
}

async fn start(tx: &mut CompanyTx<'_>, id: ImportId, options: ImportOptions) -> Result<StoredImport> {
    let import = locked(tx, id).await?;
    if import.is_begun() || runs(tx, &import).await? {
        return Ok(import);
    }
    let job = new_job(id, tx.actor());
    let job = tx.scope().jobs().enqueue(job).await?;
    begin(tx, id, &options, Some(job.id)).await
}

/// Begins an import, or a dry run, that this job does.
pub(super) async fn begin(
    tx: &mut CompanyTx<'_>,
    id: ImportId,
    options: &ImportOptions,
    job: Option<JobId>,
) -> Result<StoredImport> {
    let mut begin = update(tx.actor(), id);
    begin.values([
        ("options", Expr::val(json!(options))),
        ("job_id", Expr::val(job.map(|job| job.0))),
        ("report", Expr::null()),
        ("last_row", Expr::val(0_i64)),
        ("expires_at", Expr::val(tx.now() + KEPT)),
    ]);
    tx.execute(&begin).await?;
    let renew = parts::renew(tx, id);
    tx.execute(&renew).await?;
    find(&tx.scope(), id).await
}

/// A file of the actor that is about to be written.
pub(in super::super) async fn locked(tx: &mut CompanyTx<'_>, id: ImportId) -> Result<StoredImport> {
    let mut locked = own(tx.actor());
    locked.and_where(Expr::col("id").eq(id.0)).and_where(Expr::col("expires_at").gt(tx.now()));
    if tx.is_postgres() {
        locked.lock(LockType::NoKeyUpdate);
    }
    let row = tx.query(&locked).await?.pop().ok_or_else(|| Error::not_found(Kind::Import, id))?;
    StoredImport::read(&row)
}

/// Whether the job of a file is not done.
pub(in super::super) async fn runs(tx: &mut CompanyTx<'_>, import: &StoredImport) -> Result<bool> {
    let Some(job) = import.job_id else { return Ok(false) };
    match tx.scope().jobs().get(job).await {
        Ok(job) => Ok(job.state.is_unfinished()),
        Err(Error::NotFound { .. } | Error::Forbidden { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) fn update(actor: &Actor, id: ImportId) -> UpdateStatement {
    Query::update()
        .table(TABLE)
        .and_where(Expr::col("company_id").eq(actor.company().0))
        .and_where(Expr::col("id").eq(id.0))
        .to_owned()
}

/// Stores the report of an import that is done. Its file is of no use any more.
pub(super) async fn finish(scope: &mut CompanyScope<'_>, id: ImportId, report: &ImportReport) -> Result<()> {
    let mut end = update(scope.actor(), id);
    end.value("report", Expr::val(json!(report)));
    scope
        .write(async |tx| {
            tx.execute(&end).await?;
            if !report.dry_run {
                tx.execute(&parts::delete(tx.company.id, id, Part::File)).await?;
            }
            Ok(())
        })
        .await
}

/// Deletes the files of all companies that have expired, and gives their number. Of imports that can be reverted only the
/// pieces are deleted.
pub(crate) async fn delete_expired(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64> {
    db.execute(&parts::expired(now)).await?;
    let expired = Query::delete().from_table(TABLE).and_where(Expr::col("expires_at").lte(now)).to_owned();
    Ok(db.execute(&expired).await?.rows_affected())
}
