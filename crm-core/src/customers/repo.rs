//! The operations on customers.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{FromQueryResult, QuerySelect};
use uuid::Uuid;

use super::contacts::Contacts;
use super::input::{CustomerPatch, NewCustomer};
use super::model::Customer;
use super::query::{CustomerQuery, contact_time, order, sort_key};
use super::row;
use super::{children, external_refs};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::base::patch::Patch;
use crate::base::text;
use crate::history::{self, Change as HistoryEntry};
use crate::journal::Deferred;
use crate::journal::idempotency;
use crate::query::page::{Page, PageRequest};
use crate::scope::actor::{Action, Actor, ActorRef, Reach, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, Find, Trashable, is_live, read_page};
use crate::users;

/// The customers of the company. Obtained from [`CompanyScope::customers`].
///
/// Reads see what the actor may see: all of the company's, or with the reach `own` their own and unassigned ones.
/// Everything else is not found.
#[derive(Debug)]
pub struct Customers<'s, 'c>(pub(super) &'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The customers of the company.
    pub fn customers(&mut self) -> Customers<'_, 'c> {
        Customers(self)
    }
}

impl Customers<'_, '_> {
    /// Adds a customer.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Invalid`] with all faults;
    /// [`Conflict::CustomerEmailTaken`](crate::Conflict::CustomerEmailTaken) and
    /// [`Conflict::ExternalRefTaken`](crate::Conflict::ExternalRefTaken) if another customer has the address or reference.
    #[tracing::instrument(name = "customers.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewCustomer) -> Result<Customer> {
        self.ensure_owner_mirrored(Action::Create, new.owner_id).await?;
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Customers, Action::Create, new.owner_id, None)?;
                let mut customer = tx.fresh_customer();
                new.validated()?.write(&mut customer, &tx.company.settings);
                tx.stamp_new(&mut customer);
                resolve_owner(tx, None, &mut customer).await?;
                tx.insert(&customer).await?;
                external_refs::insert(tx, customer.external_refs.iter().map(|reference| (customer.id, reference)))
                    .await?;
                Ok(customer)
            })
            .await
    }

    /// One customer, unless it is in the trash.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: CustomerId) -> Result<Customer> {
        let found = self.visible().await?.by_id(id).filter(is_live(row::TABLE)).one().await?;
        found.ok_or_else(|| Error::not_found(Kind::Customer, id))
    }

    /// The customer that another system knows under this id.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn by_external(&self, system: &str, id: &str) -> Result<Customer> {
        let not_found = || Error::not_found(Kind::Customer, format_args!("{system}:{id}"));
        let (Ok(Some(stored_system)), Ok(Some(stored_id))) = (text::line(system), text::line(id)) else {
            return Err(not_found());
        };
        let referenced = Query::select()
            .column("customer_id")
            .from(external_refs::TABLE)
            .and_where(Expr::col("company_id").eq(self.0.company_id().0))
            .and_where(Expr::col("system").eq(stored_system))
            .and_where(Expr::col("external_id").eq(stored_id))
            .and_where(Expr::col("delete_batch_id").is_null())
            .to_owned();
        let is_referenced = Expr::col((row::TABLE, "id")).in_subquery(referenced);
        let found = self.visible().await?.filter(is_referenced).filter(is_live(row::TABLE)).one().await?;
        found.ok_or_else(not_found)
    }

    /// A page of customers. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a filter with unknown fields or wrong values, and for a cursor of another list;
    /// [`Error::Forbidden`] for the trash without the right to restore, which is audited (in a host's transaction it is not).
    #[tracing::instrument(name = "customers.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &CustomerQuery, request: &PageRequest) -> Result<Page<Customer>> {
        self.authorize(query).await?;
        let condition = query.condition(self.0)?;
        let (reach, postgres) = (self.reach().await?, self.0.is_postgres());
        let find = || {
            let rows = visible(self.0.find::<row::Entity>(), self.0, reach).filter(condition.clone());
            row::select(rows, self.0.actor(), postgres)
        };
        let digest = query.digest(self.0)?;
        if let Some(time) = contact_time(query.sort) {
            return Contacts::of(self.0.actor(), postgres).page(find, (time, query.sort), &digest, request).await;
        }
        let key = |customer: &Customer| (sort_key(query.sort, customer), customer.id.0);
        read_page(find, &order(query.sort), &digest, request, key).await
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// Those of [`Customers::create`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn replace(&mut self, id: CustomerId, new: NewCustomer, expected: Option<i64>) -> Result<Customer> {
        self.ensure_owner_mirrored(Action::Update, new.owner_id).await?;
        self.0.write(async |tx| write(tx, id, expected, |_| new).await).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Customers::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "customers.update", skip_all, fields(company.id = %self.0.company_id(), customer.id = %id))]
    pub async fn update(&mut self, id: CustomerId, patch: CustomerPatch, expected: Option<i64>) -> Result<Customer> {
        if let Patch::Set(owner) = patch.owner_id {
            self.ensure_owner_mirrored(Action::Update, Some(owner)).await?;
        }
        self.0.write(async |tx| write(tx, id, expected, |customer| patch.apply(customer)).await).await
    }

    /// Moves a customer to the trash. Its e-mail address and references become free for others.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn delete(&mut self, id: CustomerId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                let before = locked(tx, id, Action::Delete).await?;
                tx.authorize_write(&before, Action::Delete, expected)?;
                let batch = tx.id();
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (Some(tx.now()), Some(batch));
                after.set_unique_email_key(&tx.company.settings);
                tx.update(&before, &mut after, Change::Deleted).await?;
                children::trash(tx, |customer| customer.eq(id.0), batch);
                external_refs::stamp(tx, &after, Some(batch)).await
            })
            .await
    }

    /// Brings a customer back from the trash, with everything that went there with it.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Conflict::NotInTrash`](crate::Conflict::NotInTrash);
    /// [`Conflict::CustomerEmailTaken`](crate::Conflict::CustomerEmailTaken) and
    /// [`Conflict::ExternalRefTaken`](crate::Conflict::ExternalRefTaken) if others have its address or references by now.
    pub async fn restore(&mut self, id: CustomerId) -> Result<Customer> {
        self.0
            .write(async |tx| {
                let before = locked(tx, id, Action::Restore).await?;
                tx.authorize_write(&before, Action::Restore, None)?;
                let mut after = before.clone();
                (after.deleted_at, after.delete_batch_id) = (None, None);
                after.set_unique_email_key(&tx.company.settings);
                tx.update(&before, &mut after, Change::Restored).await?;
                external_refs::stamp(tx, &after, None).await?;
                if let Some(batch) = before.delete_batch_id {
                    children::restore(tx, |customer| customer.eq(id.0), &[batch]);
                }
                Ok(after)
            })
            .await
    }

    /// Removes a customer for good, in the trash or not, with its history and the answers that were kept for repeated
    /// requests. The audit trail keeps that it was there.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn purge(&mut self, id: CustomerId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                let customer = locked(tx, id, Action::Purge).await?;
                tx.authorize_write(&customer, Action::Purge, expected)?;
                history::purge(tx, Kind::Customer, |entity| entity.eq(id.0));
                children::purge(tx, id);
                let answers = idempotency::delete_answers_about(&tx.recorder(), id.0);
                tx.defer([Deferred::Delete(answers)]);
                tx.purge(&customer);
                Ok(())
            })
            .await
    }

    /// The changes of a customer, newest first; also of one in the trash, for those who may restore.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Malformed`] for a cursor of another list.
    pub async fn history(&self, id: CustomerId, request: &PageRequest) -> Result<Page<HistoryEntry>> {
        self.0.company().await?;
        ensure_history_visible(self.0, id).await?;
        history::of_record(self.0, Kind::Customer, id.0, request).await
    }

    /// The scope, for what is read of customers elsewhere in this crate.
    pub(crate) fn scope(&self) -> &CompanyScope<'_> {
        self.0
    }

    /// Before the transaction, so that it holds no connection while the directory is asked. An actor who will be refused
    /// causes no such request.
    pub(super) async fn ensure_owner_mirrored(&mut self, action: Action, owner: Option<UserId>) -> Result<()> {
        match owner {
            Some(id) if !self.0.is_hosted() && self.0.actor().may(Resource::Customers, action, owner) => {
                self.0.users().ensure_mirrored(id).await
            }
            _ => Ok(()),
        }
    }

    /// The trash needs a right of its own; who asks for it without is audited.
    pub(super) async fn authorize(&self, query: &CustomerQuery) -> Result<()> {
        if query.trashed {
            self.0.authorize_read(Resource::Customers, Action::Restore).await?;
        }
        Ok(())
    }

    pub(super) async fn reach(&self) -> Result<Reach> {
        self.0.company().await?;
        self.0.authorize_read(Resource::Customers, Action::Read).await
    }

    async fn visible(&self) -> Result<Find<'_, row::Entity>> {
        let (reach, postgres) = (self.reach().await?, self.0.is_postgres());
        let rows = visible(self.0.find::<row::Entity>(), self.0, reach);
        Ok(row::select(rows, self.0.actor(), postgres))
    }
}

/// Fails unless the actor may read the history of this customer, who may be in the trash if the actor may restore.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_history_visible(scope: &CompanyScope<'_>, id: CustomerId) -> Result<()> {
    let reach = scope.authorize_read(Resource::Customers, Action::Read).await?;
    let mut customer = visible(scope.find::<row::Entity>(), scope, reach).by_id(id);
    if scope.reach(Resource::Customers, Action::Restore).is_err() {
        customer = customer.filter(is_live(row::TABLE));
    }
    match customer.count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Customer, id)),
        _ => Ok(()),
    }
}

/// The same as a condition of a statement whose `$1` is the company and `$2` the customer; it begins with `AND`.
/// `parameter` adds a value, and gives its name.
pub(crate) fn history_visible_sql(scope: &CompanyScope<'_>, parameter: impl FnOnce(Uuid) -> String) -> Result<String> {
    let live = match scope.reach(Resource::Customers, Action::Restore) {
        Ok(_) => "",
        Err(_) => " AND crm_customers.deleted_at IS NULL",
    };
    let own = match (scope.reach(Resource::Customers, Action::Read)?, scope.actor().user_id()) {
        (Reach::All, _) => String::new(),
        (Reach::Own, Some(me)) => {
            format!(" AND (crm_customers.owner_id IS NULL OR crm_customers.owner_id = {})", parameter(me.0))
        }
        (Reach::Own, None) => " AND crm_customers.owner_id IS NULL".to_owned(),
    };
    Ok(format!(
        " AND EXISTS (SELECT 1 FROM crm_customers WHERE crm_customers.company_id = $1 AND crm_customers.id = $2{live}{own})"
    ))
}

/// What the actor's right to read reaches.
pub(super) fn visible<'f>(
    rows: Find<'f, row::Entity>,
    scope: &CompanyScope<'_>,
    reach: Reach,
) -> Find<'f, row::Entity> {
    match own(scope.actor(), reach) {
        Some(own) => rows.filter(own),
        None => rows,
    }
}

/// The condition that a customer is within reach, unless all are.
fn own(actor: &Actor, reach: Reach) -> Option<Expr> {
    let owner = Expr::col((row::TABLE, "owner_id"));
    match (reach, actor.user_id()) {
        (Reach::All, _) => None,
        (Reach::Own, Some(me)) => Some(owner.clone().is_null().or(owner.eq(me.0))),
        (Reach::Own, None) => Some(owner.is_null()),
    }
}

/// The condition that the actor sees a customer; none if the actor sees all of the company's.
pub(crate) fn is_seen(actor: &Actor) -> Option<Expr> {
    match actor.reach(Resource::Customers, Action::Read) {
        Some(reach) => own(actor, reach),
        None => Some(Expr::val(false)),
    }
}

/// True if the actor sees this customer, and it is not in the trash: a condition for the records that belong to it.
pub(crate) fn is_visible(scope: &CompanyScope<'_>, id: CustomerId) -> Result<Expr> {
    Ok(Expr::exists(visible_to(scope.actor(), |column| column.eq(id.0))?))
}

/// A select of the ids of those customers that the actor sees, and who are not in the trash. `which`: the condition on the id.
pub(crate) fn visible_to(actor: &Actor, which: impl FnOnce(Expr) -> Expr) -> Result<SelectStatement> {
    let (resource, action) = (Resource::Customers, Action::Read);
    let reach = actor.reach(resource, action).ok_or(Error::Forbidden { action, resource, id: None })?;
    let mut customers = Query::select()
        .column("id")
        .from(row::TABLE)
        .and_where(Expr::col((row::TABLE, "company_id")).eq(actor.company().0))
        .and_where(which(Expr::col((row::TABLE, "id"))))
        .and_where(is_live(row::TABLE))
        .to_owned();
    if let Some(own) = own(actor, reach) {
        customers.and_where(own);
    }
    Ok(customers)
}

/// Fails unless the actor sees this customer, who is not in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: CustomerId) -> Result<()> {
    let reach = scope.authorize_read(Resource::Customers, Action::Read).await?;
    let customer = visible(scope.find::<row::Entity>(), scope, reach).by_id(id).filter(is_live(row::TABLE));
    match customer.count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Customer, id)),
        _ => Ok(()),
    }
}

/// Locks a customer while a record that belongs to it is written: meanwhile it is not deleted, and there is no other
/// write of such records. To be called before those rows are read, so that all wait in the same order.
///
/// # Errors
/// [`Error::NotFound`] if the actor does not see the customer, or it is in the trash.
pub(crate) async fn lock_customer(tx: &CompanyTx<'_>, id: CustomerId) -> Result<LockedCustomer> {
    let Some(reach) = tx.actor().reach(Resource::Customers, Action::Read) else {
        return Err(Error::not_found(Kind::Customer, id));
    };
    let mut rows = tx.find::<row::Entity>().by_id(id).filter(is_live(row::TABLE));
    if let Some(own) = own(tx.actor(), reach) {
        rows = rows.filter(own);
    }
    use row::Column as C;
    let rows = rows.map(|select| select.select_only().columns([C::Version, C::UpdatedAt, C::OwnerId]));
    let held = rows.for_no_key_update().one().await?.ok_or_else(|| Error::not_found(Kind::Customer, id))?;
    tx.touch(Kind::Customer, id.0);
    Ok(held)
}

/// What is known of a customer who is held.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct LockedCustomer {
    pub version: i64,
    pub updated_at: DateTime<Utc>,
    pub(super) owner_id: Option<Uuid>,
}

impl LockedCustomer {
    /// A customer that this transaction has just added.
    pub fn of(customer: &Customer) -> Self {
        let Customer { version, updated_at, owner_id, .. } = customer;
        Self { version: *version, updated_at: *updated_at, owner_id: owner_id.map(Into::into) }
    }

    pub fn owner_id(&self) -> Option<UserId> {
        self.owner_id.map(Into::into)
    }
}

impl Trashable for Customer {
    const RESOURCE: Resource = Resource::Customers;

    fn owner_id(&self) -> Option<UserId> {
        self.owner_id
    }

    fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}

/// A customer who is about to be written, in the trash or not.
async fn locked(tx: &CompanyTx<'_>, id: CustomerId, action: Action) -> Result<Customer> {
    tx.authorize_any(Resource::Customers, action, id.0)?;
    tx.lock(row::select(tx.find(), tx.actor(), tx.is_postgres()), id).await
}

async fn write(
    tx: &mut CompanyTx<'_>,
    id: CustomerId,
    expected: Option<i64>,
    change: impl FnOnce(&Customer) -> NewCustomer,
) -> Result<Customer> {
    let before = locked(tx, id, Action::Update).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let mut after = before.clone();
    change(&before).validated()?.write(&mut after, &tx.company.settings);
    tx.authorize(Resource::Customers, Action::Update, after.owner_id, Some(id.0))?;
    // What is derived may come out differently by now; what is not written is not answered.
    Ok(if update(tx, &before, &mut after).await? { after } else { before })
}

/// Writes what differs, and tells whether anything did.
pub(super) async fn update(tx: &mut CompanyTx<'_>, before: &Customer, after: &mut Customer) -> Result<bool> {
    resolve_owner(tx, Some(before), after).await?;
    if !tx.update(before, after, Change::Updated).await? {
        return Ok(false);
    }
    external_refs::update_at_end(tx, before, after);
    Ok(true)
}

/// Looks up a new owner, and sets the owner's name in the customer.
async fn resolve_owner(tx: &mut CompanyTx<'_>, before: Option<&Customer>, after: &mut Customer) -> Result<()> {
    if before.and_then(|before| before.owner_id) != after.owner_id {
        after.owner = match after.owner_id {
            Some(id) => Some(users::owner(tx, id, "/ownerId").await?),
            None => None,
        };
    }
    Ok(())
}

impl CompanyTx<'_> {
    /// A customer with nothing in it but an id.
    pub(super) fn fresh_customer(&self) -> Customer {
        Customer::blank(self.id().into(), self.now(), ActorRef::from(self.actor()))
    }
}
