//! The operations on stored files.

use std::io::{Cursor, Read};

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, LockType, Order, Query, SelectStatement, UpdateStatement};
use serde_json::json;

use super::super::format::{self, ImportFormat};
use super::super::inspect;
use super::super::options::ImportOptions;
use super::super::preview::{ImportPreview, preview};
use super::super::report::ImportReport;
use super::super::tables::{MAX_WHOLE, file_invalid};
use super::job::new_job;
use super::parts::{self, FailedRows, KEPT, Kind as Part};
use super::{StoredImport, TABLE};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::ImportId;
use crate::base::rights::ActorRef;
use crate::base::text;
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::{CompanyScope, CompanyTx};

/// The maximum size of a stored file, in bytes.
pub const MAX_FILE: usize = MAX_WHOLE;
/// The size of a piece, in bytes.
const PART: usize = 512 * 1024;
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
        let reading = tokio::task::spawn_blocking(move || read(file, format));
        let (content, rows) = reading.await.map_err(Error::internal)??;
        let name: String = text::tidy(name).unwrap_or_default().chars().take(MAX_NAME).collect();
        self.0.write(async |tx| add(tx, &name, &content, rows).await).await
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
    /// [`Error::NotFound`], also when the file is imported; [`Error::Malformed`] for a faulty mapping.
    pub async fn preview(&mut self, id: ImportId, options: &ImportOptions) -> Result<ImportPreview> {
        self.get(id).await?;
        let file = parts::file(self.0, id).await?;
        if file.is_empty() {
            return Err(Error::not_found(Kind::Job, id));
        }
        Box::pin(preview(self.0, Cursor::new(file), options.clone())).await
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
        let company = self.0.company().await?;
        let (content, checked) = (self.start_of(id).await?, options.clone());
        let check = move || inspect::check(Cursor::new(content), &checked, &company.fields);
        tokio::task::spawn_blocking(check).await.map_err(Error::internal)??;
        self.0.write(async |tx| start(tx, id, options).await).await
    }

    /// The next piece of the file of rows that were not imported; `None` after the last one.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn failed_rows(&mut self, id: ImportId, after: Option<i64>) -> Result<Option<FailedRows>> {
        self.get(id).await?;
        parts::next(self.0, id, Part::Failed, after.unwrap_or(-1)).await
    }

    /// Deletes a file. An import that is running goes on to the end of its batch; cancel its job first.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove(&mut self, id: ImportId) -> Result<()> {
        self.get(id).await?;
        self.0.write(async |tx| tx.execute(&delete(tx, id)).await.map(drop)).await
    }

    pub(in super::super) async fn authorize(&mut self) -> Result<()> {
        self.0.authorize(Resource::Customers, Action::Import).await?;
        self.0.company().await.map(drop)
    }

    /// The beginning of a table; the whole of a file that is no text of one, whose columns its beginning does not tell.
    async fn start_of(&mut self, id: ImportId) -> Result<Vec<u8>> {
        self.get(id).await?;
        let start = parts::next(self.0, id, Part::File, -1).await?;
        let start = start.map(|part| part.content).ok_or_else(|| Error::not_found(Kind::Job, id))?;
        if start.len() < PART || format::is_table(&start) { Ok(start) } else { parts::file(self.0, id).await }
    }
}

/// The content, and the number of its rows.
fn read(file: impl Read, format: Option<ImportFormat>) -> Result<(Vec<u8>, u64)> {
    let mut content = Vec::new();
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut content).map_err(Error::internal)?;
    if content.len() > MAX_FILE {
        return Err(file_invalid(&format!("a file has at most {} MiB", MAX_FILE / 1024 / 1024)));
    }
    let options = ImportOptions { format, ..ImportOptions::default() };
    match inspect::count(content.as_slice(), &options)? {
        0 => Err(file_invalid("the file has no rows below its header")),
        rows => Ok((content, rows)),
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
    row.map_or_else(|| Err(Error::not_found(Kind::Job, id)), |row| StoredImport::read(&row))
}

async fn add(tx: &mut CompanyTx<'_>, name: &str, content: &[u8], rows: u64) -> Result<StoredImport> {
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
            Expr::val(content.len() as i64),
            Expr::val(rows.cast_signed()),
            Expr::val(0_i64),
            Expr::val(by.kind.as_str()),
            Expr::val(by.id.map(|id| id.0)),
        ])
        .to_owned();
    tx.execute(&insert).await?;
    for (number, part) in (0_i64..).zip(content.chunks(PART)) {
        let insert = parts::insert(tx, id, Part::File, (number, part));
        tx.execute(&insert).await?;
    }
    find(&tx.scope(), id).await
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
    let mut begin = update(tx.actor(), id);
    begin.values([
        ("options", Expr::val(json!(options))),
        ("job_id", Expr::val(job.id.0)),
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
    let row = tx.query(&locked).await?.pop().ok_or_else(|| Error::not_found(Kind::Job, id))?;
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

fn update(actor: &Actor, id: ImportId) -> UpdateStatement {
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
