//! The operations on notes.

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use uuid::Uuid;

use super::input::{NewNote, NotePatch};
use super::model::{Note, NoteVisibility};
use super::query::{NoteQuery, order, sort_key};
use super::row;
use crate::base::error::{Error, Kind, Result, Violations};
use crate::base::ids::{CustomerId, LeadId, NoteId, UserId};
use crate::customers::{self, Party};
use crate::history;
use crate::notifications::{self, NotifiedRecord};
use crate::query::dialect::any_of;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::visibility::Parties;
use crate::scope::{Change, CompanyScope, CompanyTx, Find, Record, Trashable, is_live, read_page};

/// How many shared notes of a customer are pinned at most, and how many private ones of each author.
const MAX_PINNED: u64 = 5;

/// How many notes one statement adds: SQLite binds at most 32,766 values.
const MAX_ADDED: usize = 1_000;
/// How many notes with certain texts are found at most.
const MOST_FOUND: u64 = 10_000;

/// The notes on a customer or a lead. Obtained from [`CompanyScope::notes`] and [`CompanyScope::lead_notes`].
///
/// Users see the shared ones and their own private ones; another user's private note is not found.
#[derive(Debug)]
pub struct Notes<'s, 'c> {
    scope: &'s mut CompanyScope<'c>,
    party: Party,
}

impl<'c> CompanyScope<'c> {
    /// The notes on a customer.
    pub fn notes(&mut self, customer: CustomerId) -> Notes<'_, 'c> {
        Notes { scope: self, party: customer.into() }
    }

    /// The notes on a lead.
    pub fn lead_notes(&mut self, lead: LeadId) -> Notes<'_, 'c> {
        Notes { scope: self, party: lead.into() }
    }
}

impl Notes<'_, '_> {
    /// Adds a note.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Forbidden`]; [`Error::Invalid`] with all faults.
    #[tracing::instrument(name = "notes.create", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.party.id()))]
    pub async fn create(&mut self, new: NewNote) -> Result<Note> {
        self.scope.write(async |tx| create(tx, self.party, new).await).await
    }

    /// One note, unless it is in the trash.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: NoteId) -> Result<Note> {
        let live = self.visible().await?.by_id(id).filter(is_live(row::TABLE));
        live.one().await?.ok_or_else(|| Error::not_found(Kind::Note, id))
    }

    /// A page of notes. One statement, and one more if it has no note.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Malformed`] for a filter with unknown fields or wrong
    /// values, and for a cursor of another list; [`Error::Forbidden`] for the trash without the right to restore.
    #[tracing::instrument(name = "notes.list", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.party.id()))]
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
        let digest = page::digest(&(query, self.party.id(), me))?;
        let page = read_page(find, &order(query.sort), &digest, request, key).await?;
        if page.data.is_empty() {
            customers::ensure_visible(self.scope, self.party).await?;
        }
        Ok(page)
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// Those of [`Notes::create`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn replace(&mut self, id: NoteId, new: NewNote, expected: Option<i64>) -> Result<Note> {
        self.scope.write(async |tx| write(tx, self.party, id, expected, |_| new).await).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Notes::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "notes.update", skip_all, fields(company.id = %self.scope.company_id(), note.id = %id))]
    pub async fn update(&mut self, id: NoteId, patch: NotePatch, expected: Option<i64>) -> Result<Note> {
        self.scope.write(async |tx| write(tx, self.party, id, expected, |note| patch.apply(note)).await).await
    }

    /// Moves a note to the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn delete(&mut self, id: NoteId, expected: Option<i64>) -> Result<()> {
        self.scope
            .write(async |tx| {
                let before = locked(tx, self.party, id, Action::Delete).await?;
                tx.authorize_write(&before, Action::Delete, expected)?;
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (Some(tx.now()), Some(tx.id()));
                tx.update(&before, &mut after, Change::Deleted).await.map(drop)
            })
            .await
    }

    /// Brings a note back from the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Conflict::NotInTrash`](crate::Conflict::NotInTrash).
    pub async fn restore(&mut self, id: NoteId) -> Result<Note> {
        self.scope
            .write(async |tx| {
                let before = locked(tx, self.party, id, Action::Restore).await?;
                tx.authorize_write(&before, Action::Restore, None)?;
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (None, None);
                check_pins(tx, Some(&before), &after).await?;
                tx.update(&before, &mut after, Change::Restored).await?;
                Ok(after)
            })
            .await
    }

    async fn visible(&self) -> Result<Find<'_, row::Entity>> {
        self.authorize_read().await?;
        Ok(self.scope.find::<row::Entity>().filter(self.condition()?).select(&row::COLUMNS))
    }

    async fn authorize_read(&self) -> Result<()> {
        self.scope.company().await?;
        for resource in [Resource::Notes, self.party.resource()] {
            self.scope.authorize_read(resource, Action::Read).await?;
        }
        Ok(())
    }

    /// Notes on the customer or the lead that the actor sees.
    fn condition(&self) -> Result<Condition> {
        let with_customer = Expr::col((row::TABLE, "customer_id")).eq(self.party.id().0);
        let visible = self.scope.actor().visible(&super::ACCESS)?;
        Ok(visible.add(with_customer).add(customers::is_visible(self.scope, self.party)?))
    }
}

/// Fails unless the actor sees this note, which is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: NoteId) -> Result<()> {
    let of = Expr::exists(scope.actor().visible_parties(Parties::Both, |id| id.equals((row::TABLE, "customer_id")))?);
    let visible = scope.actor().visible(&super::ACCESS)?;
    let note = scope.find::<row::Entity>().by_id(id).filter(visible).filter(of);
    match note.filter(is_live(row::TABLE)).count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Note, id)),
        _ => Ok(()),
    }
}

impl Trashable for Note {
    const RESOURCE: Resource = Resource::Notes;

    fn owner_id(&self) -> Option<UserId> {
        self.author_id()
    }

    fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// A note that is about to be written, in the trash or not.
async fn locked(tx: &CompanyTx<'_>, party: Party, id: NoteId, action: Action) -> Result<Note> {
    tx.authorize_any(Resource::Notes, action, id.0)?;
    customers::lock_party(tx, party).await?;
    let rows = tx.find().filter(Expr::col((row::TABLE, "customer_id")).eq(party.id().0));
    tx.lock(rows.select(&row::COLUMNS), id).await
}

async fn create(tx: &mut CompanyTx<'_>, party: Party, new: NewNote) -> Result<Note> {
    tx.authorize(Resource::Notes, Action::Create, tx.actor().user_id(), None)?;
    let mut note = blank(tx, party.id());
    new.validated()?.write(&mut note);
    check_visibility(&note)?;
    customers::lock_party(tx, party).await?;
    check_pins(tx, None, &note).await?;
    tx.stamp_new(&mut note);
    tx.insert(&note).await?;
    tell_mentioned(tx, None, &note)?;
    Ok(note)
}

/// Notifies the users that a shared note mentions. What was private before was told to nobody.
fn tell_mentioned(tx: &mut CompanyTx<'_>, before: Option<&Note>, after: &Note) -> Result<()> {
    notifications::mention(tx, (NotifiedRecord::Note, after.id.0), before.and_then(shared_text), shared_text(after))
}

fn shared_text(note: &Note) -> Option<&str> {
    note.private_to().is_none().then_some(note.body.as_str())
}

/// A note of the actor with nothing in it.
fn blank(tx: &CompanyTx<'_>, customer: CustomerId) -> Note {
    let by = ActorRef::from(tx.actor());
    let author = row::author(&by, tx.actor().display_name.clone());
    Note {
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
    }
}

/// Adds shared notes with these texts, which are in their stored form, to customers that this transaction holds.
pub(crate) async fn add_all(
    tx: &mut CompanyTx<'_>,
    notes: &[(CustomerId, String)],
) -> Result<Vec<(NoteId, CustomerId)>> {
    let (actor, mut added) = (tx.actor().user_id(), Vec::new());
    if notes.is_empty() {
        return Ok(added);
    }
    tx.authorize(Resource::Notes, Action::Create, actor, None)?;
    for some in notes.chunks(MAX_ADDED) {
        let new: Vec<Note> = some
            .iter()
            .map(|(customer, body)| {
                let mut note = Note { body: body.clone(), ..blank(tx, *customer) };
                tx.stamp_new(&mut note);
                note
            })
            .collect();
        tx.insert_all(&new).await?;
        added.extend(new.iter().map(|note| (note.id, note.customer_id)));
    }
    Ok(added)
}

/// Those of some texts that these customers have as notes which the actor sees.
pub(crate) async fn with_texts(
    scope: &CompanyScope<'_>,
    customers: Vec<Uuid>,
    texts: Vec<String>,
) -> Result<Vec<(CustomerId, String)>> {
    let of = any_of(Expr::col((row::TABLE, "customer_id")), customers, scope.is_postgres());
    let is_one = any_of(Expr::col((row::TABLE, "body")), texts, scope.is_postgres());
    let visible = scope.actor().visible(&super::ACCESS)?;
    let found = scope.find::<row::Entity>().filter(visible).filter(is_live(row::TABLE)).filter(of).filter(is_one);
    let found: Vec<Note> = found.select(&row::COLUMNS).fetch_up_to(MOST_FOUND).await?;
    Ok(found.into_iter().map(|note| (note.customer_id, note.body)).collect())
}

/// The shared notes of these customers, the oldest first.
pub(crate) async fn shared_of(
    scope: &CompanyScope<'_>,
    customers: Vec<Uuid>,
) -> Result<HashMap<CustomerId, Vec<Note>>> {
    let of = any_of(Expr::col((row::TABLE, "customer_id")), customers, scope.is_postgres());
    let visible = scope.actor().visible(&super::ACCESS)?;
    let shared = Expr::col((row::TABLE, "private_to")).is_null();
    let found = scope.find::<row::Entity>().filter(visible).filter(is_live(row::TABLE)).filter(of).filter(shared);
    let mut notes: Vec<Note> = found.select(&row::COLUMNS).fetch_up_to(u32::MAX.into()).await?;
    notes.sort_unstable_by_key(|note| (note.created_at, note.id.0));
    let mut by_customer: HashMap<CustomerId, Vec<Note>> = HashMap::new();
    for note in notes {
        by_customer.entry(note.customer_id).or_default().push(note);
    }
    Ok(by_customer)
}

async fn write(
    tx: &mut CompanyTx<'_>,
    party: Party,
    id: NoteId,
    expected: Option<i64>,
    change: impl FnOnce(&Note) -> NewNote,
) -> Result<Note> {
    let before = locked(tx, party, id, Action::Update).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let mut after = before.clone();
    change(&before).validated()?.write(&mut after);
    if before.visibility != after.visibility {
        change_visibility(tx, &after)?;
    }
    check_pins(tx, Some(&before), &after).await?;
    if before.body != after.body {
        after.edited_at = Some(tx.now());
    }
    if !tx.update(&before, &mut after, Change::Updated).await? {
        return Ok(before);
    }
    tell_mentioned(tx, Some(&before), &after)?;
    Ok(after)
}

/// A private note needs an author.
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
        .filter(is_live(row::TABLE))
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
