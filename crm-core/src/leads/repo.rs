//! The operations on leads.

use sea_orm::sea_query::{Expr, ExprTrait};

use super::board::{self, LeadBoard};
use super::draft::Draft;
use super::held::Held;
use super::input::NewLead;
use super::model::Lead;
use super::patch::LeadPatch;
use super::query::{LeadQuery, order, sort_key};
use super::row::{self, TABLE};
use super::{by_rules, status};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{LeadId, UserId};
use crate::base::patch::Patch;
use crate::customers::{TABLE as CUSTOMERS, of_lead};
use crate::history::{self, Change as HistoryEntry};
use crate::notifications::{self, Notice, NotificationKind, NotifiedRecord};
use crate::privacy::legal_hold;
use crate::query::page::{Page, PageRequest};
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, Envelope, Find, Trashable, is_live, read_page};
use crate::{lead_scoring, lead_statuses};

/// The leads of the company. Obtained from [`CompanyScope::leads`].
///
/// Reads see what the actor may see: all of the company's, or with the reach `own` their own and unassigned ones; of those
/// that became customers, only the ones that the actor sees as customers. Everything else is not found.
#[derive(Debug)]
pub struct Leads<'s, 'c>(pub(super) &'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The leads of the company.
    pub fn leads(&mut self) -> Leads<'_, 'c> {
        Leads(self)
    }
}

impl Leads<'_, '_> {
    /// Adds a lead. Without an owner, the company's [rules](crate::lead_assignment_rules) choose one.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults.
    #[tracing::instrument(name = "leads.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewLead) -> Result<Lead> {
        self.ensure_owner_mirrored(Action::Create, new.owner_id).await?;
        self.0.write(async |tx| create(tx, new).await).await
    }

    /// One lead, unless it is in the trash; also one that was converted.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: LeadId) -> Result<Lead> {
        self.may_read().await?;
        let rows = visible(self.0.find(), self.0.actor()).by_id(id).filter(is_live(TABLE));
        let found: Option<Held> = row::select(rows, self.0.actor(), self.0.is_postgres()).one().await?;
        found.map(Held::into_lead).ok_or_else(|| Error::not_found(Kind::Lead, id))
    }

    /// A page of leads. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a filter with unknown fields or wrong values, for a search without words, and for a cursor of
    /// another list; [`Error::Forbidden`] for the trash without the right to restore.
    #[tracing::instrument(name = "leads.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &LeadQuery, request: &PageRequest) -> Result<Page<Lead>> {
        self.may_read().await?;
        if query.trashed {
            self.0.authorize_read(Resource::Leads, Action::Restore).await?;
        }
        let scope = &*self.0;
        let company = scope.company().await?;
        let condition = query.condition(scope, &company)?;
        let find = || {
            let rows = visible(scope.find::<row::Entity>(), scope.actor()).filter(condition.clone());
            row::select(rows, scope.actor(), scope.is_postgres())
        };
        let key = |lead: &Held| (sort_key(query.sort, lead), lead.id());
        let page: Page<Held> = read_page(find, &order(query.sort), &query.digest(scope)?, request, key).await?;
        Ok(page.map(Held::into_lead))
    }

    /// The board: the statuses with the latest leads of each, and how many there are. The query narrows it; its order and
    /// what it says of the trash and of conversions do not count. Two statements. The first look of a company without
    /// statuses makes the usual ones.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Malformed`] for a filter with unknown fields or wrong values, and for a search without
    /// words.
    #[tracing::instrument(name = "leads.board", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn board(&mut self, query: &LeadQuery) -> Result<LeadBoard> {
        self.may_read().await?;
        let query = LeadQuery { trashed: false, converted: false, ..query.clone() };
        let board = board::read(self.0, &query).await?;
        if !board.statuses.is_empty() || self.0.write(async |tx| lead_statuses::ensure_usual(tx).await).await? == 0 {
            return Ok(board);
        }
        board::read(self.0, &query).await
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen. Lists of e-mail addresses, numbers
    /// and postal addresses that are absent are kept.
    ///
    /// # Errors
    /// Those of [`Leads::update`].
    pub async fn replace(&mut self, id: LeadId, new: NewLead, expected: Option<i64>) -> Result<Lead> {
        self.ensure_owner_mirrored(Action::Update, new.owner_id).await?;
        self.0.write(async |tx| write(tx, id, expected, |lead| new.into_draft(Some(&lead.customer))).await).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::LeadStatusMove`](crate::Conflict::LeadStatusMove) for a status of a type that does not follow the one
    /// that it has; [`Conflict::LeadConverted`](crate::Conflict::LeadConverted).
    #[tracing::instrument(name = "leads.update", skip_all, fields(company.id = %self.0.company_id(), lead.id = %id))]
    pub async fn update(&mut self, id: LeadId, patch: LeadPatch, expected: Option<i64>) -> Result<Lead> {
        if let Patch::Set(owner) = patch.owner_id {
            self.ensure_owner_mirrored(Action::Update, Some(owner)).await?;
        }
        self.0.write(async |tx| write(tx, id, expected, |lead| patch.apply(lead)).await).await
    }

    /// Moves a lead to the trash, with what belongs to it.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`];
    /// [`Conflict::LeadConverted`](crate::Conflict::LeadConverted).
    pub async fn delete(&mut self, id: LeadId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                let before = locked(tx, id, Action::Delete).await?;
                tx.authorize_write(&before, Action::Delete, expected)?;
                before.ensure_unconverted()?;
                let batch = tx.id();
                let mut after = before.clone();
                (after.own.deleted_at, after.own.delete_batch_id) = (Some(tx.now()), Some(batch));
                after.customer.delete_batch_id = Some(batch);
                put(tx, &before, &mut after, Change::Deleted).await?;
                of_lead::trash(tx, before.customer.id, batch);
                Ok(())
            })
            .await
    }

    /// Brings a lead back from the trash, with everything that went there with it.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Conflict::NotInTrash`](crate::Conflict::NotInTrash).
    pub async fn restore(&mut self, id: LeadId) -> Result<Lead> {
        self.0
            .write(async |tx| {
                let before = locked(tx, id, Action::Restore).await?;
                tx.authorize_write(&before, Action::Restore, None)?;
                let mut after = before.clone();
                (after.own.deleted_at, after.own.delete_batch_id) = (None, None);
                after.customer.delete_batch_id = None;
                put(tx, &before, &mut after, Change::Restored).await?;
                if let Some(batch) = before.own.delete_batch_id {
                    of_lead::restore(tx, before.customer.id, batch);
                }
                Ok(after.into_lead())
            })
            .await
    }

    /// Removes a lead for good, in the trash or not, with its history and the answers that were kept for repeated requests. A
    /// converted one is removed with the customer. The audit trail keeps that it was there.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`];
    /// [`Conflict::LeadConverted`](crate::Conflict::LeadConverted); [`Conflict::LegalHold`](crate::Conflict::LegalHold).
    pub async fn purge(&mut self, id: LeadId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                let lead = locked(tx, id, Action::Purge).await?;
                tx.authorize_write(&lead, Action::Purge, expected)?;
                lead.ensure_unconverted()?;
                legal_hold::ensure_none(tx, lead.customer.id).await?;
                of_lead::purge(tx, lead.customer.id);
                tx.purge(&lead);
                Ok(())
            })
            .await
    }

    /// The changes of a lead, newest first; also of one in the trash, for those who may restore, and of a converted one.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Malformed`] for a cursor of another list.
    pub async fn history(&self, id: LeadId, request: &PageRequest) -> Result<Page<HistoryEntry>> {
        self.may_read().await?;
        let rows = visible(self.0.find(), self.0.actor()).by_id(id);
        let rows = match self.0.reach(Resource::Leads, Action::Restore) {
            Ok(_) => rows,
            Err(_) => rows.filter(is_live(TABLE)),
        };
        match rows.map(row::joined).count(Some(1)).await? {
            0 => Err(Error::not_found(Kind::Lead, id)),
            _ => history::of_record(self.0, Kind::Lead, id.0, request).await,
        }
    }

    /// The scope, for what is read of leads elsewhere in this crate.
    pub(crate) fn scope(&self) -> &CompanyScope<'_> {
        self.0
    }

    /// Before the transaction, so that it holds no connection while the directory is asked. An actor who will be refused
    /// causes no such request.
    pub(super) async fn ensure_owner_mirrored(&mut self, action: Action, owner: Option<UserId>) -> Result<()> {
        match owner {
            Some(id) if !self.0.is_hosted() && self.0.actor().may(Resource::Leads, action, owner) => {
                self.0.users().ensure_mirrored(id).await
            }
            _ => Ok(()),
        }
    }

    async fn may_read(&self) -> Result<()> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Leads, Action::Read).await.map(drop)
    }
}

/// The leads that the actor sees, whose rows among the customers are joined. What became a customer has a customer's fields,
/// and perhaps another owner since.
pub(crate) fn visible<'f>(rows: Find<'f, row::Entity>, actor: &Actor) -> Find<'f, row::Entity> {
    let owners = |resource: Resource| actor.owners(resource, Action::Read);
    let rows = match owners(Resource::Leads).condition(Expr::col((TABLE, "owner_id"))) {
        Some(own) => rows.filter(own),
        None => rows,
    };
    match owners(Resource::Customers).condition(Expr::col((CUSTOMERS, "owner_id"))) {
        Some(own) => rows.filter(Expr::col((CUSTOMERS, "is_lead")).or(own)),
        None => rows,
    }
}

/// Fails unless the actor sees this lead, which is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: LeadId) -> Result<()> {
    scope.reach(Resource::Leads, Action::Read)?;
    let rows = visible(scope.find(), scope.actor()).by_id(id).filter(is_live(TABLE));
    match rows.map(row::joined).count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Lead, id)),
        _ => Ok(()),
    }
}

/// A lead that is about to be written, in the trash or not.
pub(super) async fn locked(tx: &CompanyTx<'_>, id: LeadId, action: Action) -> Result<Held> {
    tx.authorize_any(Resource::Leads, action, id.0)?;
    let rows = row::customers_first(tx, visible(tx.find(), tx.actor()), vec![id.0]);
    tx.lock(row::select(rows, tx.actor(), tx.is_postgres()), id).await
}

async fn create(tx: &mut CompanyTx<'_>, new: NewLead) -> Result<Lead> {
    tx.authorize(Resource::Leads, Action::Create, new.owner_id, None)?;
    let mut lead = Held::fresh(tx);
    let named = new.into_draft(None).write(tx, None, &mut lead)?;
    status::settle(tx, None, named, &mut lead).await?;
    of_lead::resolve(tx, None, &mut lead.customer).await?;
    lead.note_owner(None, tx.now());
    tx.stamp_new(&mut lead);
    lead.promise_response(&tx.company.settings, tx.now());
    of_lead::insert(tx, &lead.customer).await?;
    tx.insert_parts(std::slice::from_ref(&lead)).await?;
    by_rules::assign_new(tx, &mut lead).await?;
    lead.own.score = lead_scoring::score_written(tx, lead.own.id, 0).await?;
    tx.record_created(&lead)?;
    tell_owner(tx, None, &lead)?;
    Ok(lead.into_lead())
}

async fn write(
    tx: &mut CompanyTx<'_>,
    id: LeadId,
    expected: Option<i64>,
    change: impl FnOnce(&Held) -> Draft,
) -> Result<Lead> {
    let before = locked(tx, id, Action::Update).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    before.ensure_unconverted()?;
    let mut after = before.clone();
    let named = change(&before).write(tx, Some(&before), &mut after)?;
    status::settle(tx, Some(&before), named, &mut after).await?;
    tx.authorize(Resource::Leads, Action::Update, after.customer.owner_id, Some(id.0))?;
    of_lead::resolve(tx, Some(&before.customer), &mut after.customer).await?;
    after.note_owner(Some(&before), tx.now());
    let is_written = put(tx, &before, &mut after, Change::Updated).await?;
    if is_written {
        tell_owner(tx, Some(&before), &after)?;
    }
    Ok(if is_written { after } else { before }.into_lead())
}

/// Notifies a new owner.
pub(super) fn tell_owner(tx: &mut CompanyTx<'_>, before: Option<&Held>, after: &Held) -> Result<()> {
    let known = before.and_then(|before| before.customer.owner_id);
    let owner = after.customer.owner_id.filter(|owner| Some(*owner) != known);
    notifications::tell(tx, Notice::new(NotificationKind::Assigned, NotifiedRecord::Lead, after.own.id), owner)
}

/// Writes what differs in both rows, and tells whether anything did.
pub(super) async fn put(tx: &mut CompanyTx<'_>, before: &Held, after: &mut Held, change: Change) -> Result<bool> {
    if !tx.update(before, after, change).await? {
        return Ok(false);
    }
    of_lead::update(tx, &before.customer, &after.customer).await?;
    if !after.is_trashed() {
        after.own.score = lead_scoring::score_written(tx, after.own.id, after.own.score).await?;
    }
    Ok(true)
}
