//! The operations on notes.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use super::input::{NewNote, NotePatch};
use super::model::{Note, NoteVisibility};
use super::query::{NoteQuery, order, sort_key};
use super::row;
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{CustomerId, NoteId};
use crate::journal::Deferred;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Reach, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, Find, Record, read_page};
use crate::{customers, history};

/// How many shared notes of a customer are pinned at most, and how many private ones of each author.
const MAX_PINNED: u64 = 5;

/// The notes on a customer. Obtained from [`CompanyScope::notes`].
///
/// Users see the shared ones and their own private ones; another user's private note is not found.
#[derive(Debug)]
pub struct Notes<'s, 'c> {
    scope: &'s mut CompanyScope<'c>,
    customer: CustomerId,
}

impl<'c> CompanyScope<'c> {
    /// The notes on a customer.
    pub fn notes(&mut self, customer: CustomerId) -> Notes<'_, 'c> {
        Notes { scope: self, customer }
    }
}

impl Notes<'_, '_> {
    /// Adds a note.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Forbidden`]; [`Error::Invalid`] with all faults.
    #[tracing::instrument(name = "notes.create", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.customer))]
    pub async fn create(&mut self, new: NewNote) -> Result<Note> {
        let mut tx = self.scope.begin().await?;
        let outcome = create(&mut tx, self.customer, new).await;
        tx.finish(outcome).await
    }

    /// One note, unless it is in the trash.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: NoteId) -> Result<Note> {
        let live = self.visible().await?.by_id(id).filter(is_live());
        live.one().await?.ok_or_else(|| Error::not_found(Kind::Note, id))
    }

    /// A page of notes. One statement, and one more if it is counted or has no note.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Malformed`] for a filter with unknown fields or wrong
    /// values, and for a cursor of another list; [`Error::Forbidden`] for the trash without the right to restore.
    #[tracing::instrument(name = "notes.list", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.customer))]
    pub async fn list(&self, query: &NoteQuery, request: &PageRequest) -> Result<Page<Note>> {
        self.authorize_read().await?;
        if query.trashed {
            self.scope.authorize_read(Resource::Notes, Action::Restore).await?;
        }
        let (condition, visible) = (query.condition(self.scope)?, self.condition()?);
        let find = || {
            let rows = self.scope.find::<row::Entity>().filter(visible.clone()).filter(condition.clone());
            rows.select(&row::EXCERPT)
        };
        let key = |note: &Note| (sort_key(query.sort, note), note.id.0);
        let me = query.author.map(|_| self.scope.actor().user_id());
        let digest = page::digest(&(query, self.customer, me))?;
        let page = read_page(find, &order(query.sort), &digest, request, key).await?;
        if page.data.is_empty() {
            customers::ensure_visible(self.scope, self.customer).await?;
        }
        Ok(page)
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// Those of [`Notes::create`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn replace(&mut self, id: NoteId, new: NewNote, expected: Option<i64>) -> Result<Note> {
        let mut tx = self.scope.begin().await?;
        let outcome = write(&mut tx, self.customer, id, expected, |_| new).await;
        tx.finish(outcome).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Notes::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "notes.update", skip_all, fields(company.id = %self.scope.company_id(), note.id = %id))]
    pub async fn update(&mut self, id: NoteId, patch: NotePatch, expected: Option<i64>) -> Result<Note> {
        let mut tx = self.scope.begin().await?;
        let outcome = write(&mut tx, self.customer, id, expected, |note| patch.apply(note)).await;
        tx.finish(outcome).await
    }

    /// Moves a note to the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn delete(&mut self, id: NoteId, expected: Option<i64>) -> Result<()> {
        let mut tx = self.scope.begin().await?;
        let outcome = delete(&mut tx, self.customer, id, expected).await;
        tx.finish(outcome).await
    }

    /// Brings a note back from the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Conflict::NotInTrash`].
    pub async fn restore(&mut self, id: NoteId) -> Result<Note> {
        let mut tx = self.scope.begin().await?;
        let outcome = restore(&mut tx, self.customer, id).await;
        tx.finish(outcome).await
    }

    async fn visible(&self) -> Result<Find<'_, row::Entity>> {
        self.authorize_read().await?;
        Ok(self.scope.find::<row::Entity>().filter(self.condition()?).select(&row::COLUMNS))
    }

    async fn authorize_read(&self) -> Result<()> {
        self.scope.company().await?;
        for resource in [Resource::Notes, Resource::Customers] {
            self.scope.authorize_read(resource, Action::Read).await?;
        }
        Ok(())
    }

    /// Notes on the customer that the actor sees.
    fn condition(&self) -> Result<Expr> {
        let with_customer = Expr::col((row::TABLE, "customer_id")).eq(self.customer.0);
        Ok(with_customer.and(within_reach(self.scope)?).and(customers::is_visible(self.scope, self.customer)?))
    }
}

/// Notes that the actor may read, on any customer.
fn within_reach(scope: &CompanyScope<'_>) -> Result<Expr> {
    let column = |name: &'static str| Expr::col((row::TABLE, name));
    let condition = scope.not_private(column("private_to"));
    Ok(match scope.reach(Resource::Notes, Action::Read)? {
        Reach::All => condition,
        Reach::Own => {
            let (author, me) = (column("created_by_id"), scope.actor().user_id());
            condition.and(author.clone().is_null().or(author.eq(me.map(Uuid::from))))
        }
    })
}

/// Fails unless the actor sees this note, which is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: NoteId) -> Result<()> {
    let customer = customers::visible_to(scope.actor(), |column| column.equals((row::TABLE, "customer_id")))?;
    let note = scope.find::<row::Entity>().by_id(id).filter(within_reach(scope)?).filter(Expr::exists(customer));
    match note.filter(is_live()).count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Note, id)),
        _ => Ok(()),
    }
}

/// Notes outside the trash.
fn is_live() -> Expr {
    Expr::col((row::TABLE, "deleted_at")).is_null()
}

/// A note that is about to be written, in the trash or not.
async fn locked(tx: &CompanyTx<'_>, customer: CustomerId, id: NoteId) -> Result<Note> {
    customers::lock_customer(tx, customer).await?;
    let rows = tx.find::<row::Entity>().by_id(id).filter(Expr::col((row::TABLE, "customer_id")).eq(customer.0));
    let found = rows.select(&row::COLUMNS).for_no_key_update().one::<Note>().await?;
    let note: Note = found.ok_or_else(|| Error::not_found(Kind::Note, id))?;
    // What one may not read is not there, whatever one may do with it.
    let is_anothers = note.private_to().is_some_and(|author| tx.actor().user_id() != Some(author));
    if is_anothers || !tx.actor().may(Resource::Notes, Action::Read, note.author_id()) {
        return Err(Error::not_found(Kind::Note, id));
    }
    Ok(note)
}

/// A note outside the trash that is about to be written.
async fn locked_live(tx: &CompanyTx<'_>, customer: CustomerId, id: NoteId) -> Result<Note> {
    let note = locked(tx, customer, id).await?;
    if note.is_trashed() {
        return Err(Error::not_found(Kind::Note, id));
    }
    Ok(note)
}

async fn create(tx: &mut CompanyTx<'_>, customer: CustomerId, new: NewNote) -> Result<Note> {
    tx.authorize(Resource::Notes, Action::Create, tx.actor().user_id(), None)?;
    let by = ActorRef::from(tx.actor());
    let author = row::author(&by, tx.actor().display_name.clone());
    let mut note = Note {
        id: tx.id().into(),
        version: 1,
        customer_id: customer,
        note_type: Default::default(),
        title: None,
        body: String::new(),
        is_truncated: false,
        visibility: NoteVisibility::default(),
        is_pinned: false,
        author,
        edited_at: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
        deleted_at: None,
        delete_batch_id: None,
    };
    new.validated()?.write(&mut note);
    check_visibility(&note)?;
    customers::lock_customer(tx, customer).await?;
    check_pins(tx, None, &note).await?;
    tx.stamp_new(&mut note);
    tx.insert(&note).await?;
    Ok(note)
}

async fn write(
    tx: &mut CompanyTx<'_>,
    customer: CustomerId,
    id: NoteId,
    expected: Option<i64>,
    change: impl FnOnce(&Note) -> NewNote,
) -> Result<Note> {
    tx.authorize_any(Resource::Notes, Action::Update, id.0)?;
    let before = locked_live(tx, customer, id).await?;
    tx.authorize(Resource::Notes, Action::Update, before.author_id(), Some(id.0))?;
    CompanyTx::expect_version(&before, expected)?;
    let mut after = before.clone();
    change(&before).validated()?.write(&mut after);
    if before.visibility != after.visibility {
        change_visibility(tx, &after)?;
    }
    check_pins(tx, Some(&before), &after).await?;
    if before.body != after.body {
        after.edited_at = Some(tx.now());
    }
    Ok(if tx.update(&before, &mut after, Change::Updated).await? { after } else { before })
}

/// A private note needs somebody whose it is.
fn check_visibility(note: &Note) -> Result<()> {
    if note.visibility == NoteVisibility::Private && note.author_id().is_none() {
        return Err(Violations::one("/visibility", "author_required", "only a user's note can be private").into());
    }
    Ok(())
}

/// Only its author says who sees a note. Its history from when it was shared becomes private to the author as well.
fn change_visibility(tx: &mut CompanyTx<'_>, after: &Note) -> Result<()> {
    check_visibility(after)?;
    if after.author_id() != tx.actor().user_id() {
        return Err(Error::Forbidden { action: Action::Update, resource: Resource::Notes, id: Some(after.id.0) });
    }
    if let Some(author) = after.private_to() {
        history::make_private(tx, Kind::Note, after.id.0, author)?;
    }
    Ok(())
}

/// Counts what the author of a note sees only, so that nobody learns of private notes by it.
async fn check_pins(tx: &CompanyTx<'_>, before: Option<&Note>, after: &Note) -> Result<()> {
    let counted = |note: &Note| (note.is_pinned && !note.is_trashed()).then(|| note.private_to());
    if !after.is_pinned || before.and_then(counted) == counted(after) {
        return Ok(());
    }
    let pinned = tx
        .find::<row::Entity>()
        .filter(Expr::col("customer_id").eq(after.customer_id.0))
        .filter(Expr::col("is_pinned").eq(true))
        .filter(is_live())
        .filter(match after.private_to() {
            Some(author) => Expr::col("private_to").eq(author.0),
            None => Expr::col("private_to").is_null(),
        });
    if pinned.count(Some(MAX_PINNED)).await? < MAX_PINNED {
        return Ok(());
    }
    Err(Violations::one("/isPinned", "too_many", "at most 5 notes of a customer are pinned; unpin another first")
        .into())
}

async fn delete(tx: &mut CompanyTx<'_>, customer: CustomerId, id: NoteId, expected: Option<i64>) -> Result<()> {
    tx.authorize_any(Resource::Notes, Action::Delete, id.0)?;
    let before = locked_live(tx, customer, id).await?;
    tx.authorize(Resource::Notes, Action::Delete, before.author_id(), Some(id.0))?;
    CompanyTx::expect_version(&before, expected)?;
    let mut after = before.clone();
    (after.deleted_at, after.delete_batch_id) = (Some(tx.now()), Some(tx.id()));
    tx.update(&before, &mut after, Change::Deleted).await?;
    Ok(())
}

async fn restore(tx: &mut CompanyTx<'_>, customer: CustomerId, id: NoteId) -> Result<Note> {
    tx.authorize_any(Resource::Notes, Action::Restore, id.0)?;
    let before = locked(tx, customer, id).await?;
    tx.authorize(Resource::Notes, Action::Restore, before.author_id(), Some(id.0))?;
    if !before.is_trashed() {
        return Err(Conflict::NotInTrash.into());
    }
    let mut after = before.clone();
    (after.deleted_at, after.delete_batch_id) = (None, None);
    check_pins(tx, Some(&before), &after).await?;
    tx.update(&before, &mut after, Change::Restored).await?;
    Ok(after)
}

/// Takes the notes of a customer along into the trash.
pub(crate) fn delete_with(tx: &mut CompanyTx<'_>, customer: CustomerId, batch: Uuid) {
    let update = Query::update()
        .table(row::TABLE)
        .values([("deleted_at", tx.now().into()), ("delete_batch_id", batch.into())])
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("customer_id").eq(customer.0))
        .and_where(Expr::col("deleted_at").is_null())
        .to_owned();
    tx.defer([Deferred::Update(update)]);
}

/// Brings the notes back that went into the trash with their customer.
pub(crate) fn restore_with(tx: &mut CompanyTx<'_>, customer: CustomerId, batch: Uuid) {
    let update = Query::update()
        .table(row::TABLE)
        .values(["deleted_at", "delete_batch_id"].map(|column| (column, Expr::cust("NULL"))))
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("customer_id").eq(customer.0))
        .and_where(Expr::col("delete_batch_id").eq(batch))
        .to_owned();
    tx.defer([Deferred::Update(update)]);
}

/// Removes the history of a customer's notes, before the customer and they are removed.
pub(crate) fn purge_with(tx: &mut CompanyTx<'_>, customer: CustomerId) {
    let notes = Query::select()
        .column("id")
        .from(row::TABLE)
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("customer_id").eq(customer.0))
        .to_owned();
    history::purge(tx, Kind::Note, |entity| entity.in_subquery(notes));
}
