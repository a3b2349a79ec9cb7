//! The operations on customers.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::contacts::{ContactList, Contacts};
use super::duplicates::{self, Asked, WrittenCustomer};
use super::field_values::{self, SortedList};
use super::input::{CustomerPatch, NewCustomer};
use super::model::Customer;
use super::query::{CustomerOrder, CustomerQuery};
use super::row;
use super::visible::{ensure_history_visible, visible};
use super::{beside, children, external_refs, links, merge};
use crate::base::custom_field::{Demanded, FieldCheck};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::base::patch::Patch;
use crate::base::text;
use crate::companies::DuplicatePolicy;
use crate::custom_fields::{CustomFieldEntity, check_references};
use crate::history::{self, Change as HistoryEntry};
use crate::journal::Deferred;
use crate::journal::idempotency;
use crate::privacy::legal_hold;
use crate::query::page::{Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::company::Company;
use crate::scope::visibility::Owners;
use crate::scope::{Change, CompanyScope, CompanyTx, Find, Trashable, is_live};
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
    /// [`Conflict::ExternalRefTaken`](crate::Conflict::ExternalRefTaken) if another customer has the address or reference;
    /// [`Error::PossibleDuplicate`] if the company refuses customers that may be there already.
    #[tracing::instrument(name = "customers.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self, new: NewCustomer) -> Result<Customer> {
        self.add(new, Asked::default()).await.map(|written| written.customer)
    }

    /// Adds a customer, and tells of possible duplicates. `policy` is used instead of the company's; a laxer one than
    /// `reject` with a threshold needs the right to change all customers.
    ///
    /// # Errors
    /// Those of [`Customers::create`]; [`Error::PossibleDuplicate`].
    pub async fn create_checked(
        &mut self,
        new: NewCustomer,
        policy: Option<DuplicatePolicy>,
    ) -> Result<WrittenCustomer> {
        self.add(new, Asked { policy, is_told: true }).await
    }

    async fn add(&mut self, new: NewCustomer, asked: Asked) -> Result<WrittenCustomer> {
        self.ensure_owner_mirrored(Action::Create, new.owner_id).await?;
        self.0
            .write(async |tx| {
                tx.authorize(Resource::Customers, Action::Create, new.owner_id, None)?;
                let mut customer = tx.fresh_customer();
                let (settings, check) = (&tx.company.settings, field_check(&tx.company, None, Demanded::All));
                new.validated(None, settings, Some(&check))?.write(&mut customer, settings);
                tx.stamp_new(&mut customer);
                resolve_owner(tx, None, &mut customer).await?;
                check_references(tx, None, &customer.custom_fields).await?;
                let possible_duplicates = duplicates::check(tx, None, &customer, asked).await?;
                tx.insert(&customer).await?;
                external_refs::insert(tx, customer.external_refs.iter().map(|reference| (customer.id, reference)))
                    .await?;
                beside::insert_at_end(tx, &customer);
                Ok(WrittenCustomer { customer, possible_duplicates })
            })
            .await
    }

    /// One customer, unless it is in the trash.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::CustomerMerged`] if it was merged into another one.
    pub async fn get(&self, id: CustomerId) -> Result<Customer> {
        match self.visible().await?.by_id(id).filter(is_live(row::TABLE)).one().await? {
            Some(found) => Ok(found),
            None => Err(merge::missing(self.0.find(), self.0.actor(), id).await),
        }
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
    /// [`Error::Malformed`] for a filter with unknown fields or wrong values, for an order by a custom field without an index,
    /// and for a cursor of another list; [`Error::Forbidden`] for the trash without the right to restore, which is audited (in a host's transaction it is not).
    #[tracing::instrument(name = "customers.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &CustomerQuery, request: &PageRequest) -> Result<Page<Customer>> {
        self.authorize(query).await?;
        let scope = &*self.0;
        let company = scope.company().await?;
        let condition = match &query.sort {
            CustomerOrder::Field(_) => query.condition_without_contacts(scope, &company)?,
            CustomerOrder::CustomField { .. } => query.condition(scope, &company)?,
        };
        let (owners, postgres, digest) = (self.readable_owners().await?, scope.is_postgres(), query.digest(scope)?);
        let find = || {
            let rows = visible(scope.find::<row::Entity>(), &owners).filter(condition.clone());
            row::select(rows, scope.actor(), postgres)
        };
        match &query.sort {
            CustomerOrder::Field(sort) => {
                let (contacts, bounds) = (Contacts::of(scope.actor(), postgres), query.contact_bounds(scope));
                let list = ContactList { scope, contacts, bounds, find };
                list.page(*sort, &digest, request).await
            }
            CustomerOrder::CustomField { key, descending } => {
                let rules = field_values::sortable(&company.fields, key)?;
                let list = SortedList { scope, rules, descending: *descending, find };
                list.page(&digest, request).await
            }
        }
    }

    /// Replaces all writable fields; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// Those of [`Customers::create`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn replace(&mut self, id: CustomerId, new: NewCustomer, expected: Option<i64>) -> Result<Customer> {
        self.ensure_owner_mirrored(Action::Update, new.owner_id).await?;
        self.0.write(async |tx| write(tx, (id, expected), None, Asked::default(), |_| new).await).await.map(customer_of)
    }

    /// Replaces all writable fields but those that are left out, of [`NewCustomer::LATER_FIELDS`]: they keep their values.
    /// Tells of possible duplicates, as [`Customers::create_checked`] does.
    ///
    /// # Errors
    /// Those of [`Customers::replace`]; [`Error::PossibleDuplicate`].
    pub async fn replace_except(
        &mut self,
        id: CustomerId,
        mut new: NewCustomer,
        left_out: &[&str],
        expected: Option<i64>,
        policy: Option<DuplicatePolicy>,
    ) -> Result<WrittenCustomer> {
        self.ensure_owner_mirrored(Action::Update, new.owner_id).await?;
        let asked = Asked { policy, is_told: true };
        let replaced = |customer: &Customer| {
            new.keep(left_out, customer);
            new
        };
        self.0.write(async |tx| write(tx, (id, expected), None, asked, replaced).await).await
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Customers::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "customers.update", skip_all, fields(company.id = %self.0.company_id(), customer.id = %id))]
    pub async fn update(&mut self, id: CustomerId, patch: CustomerPatch, expected: Option<i64>) -> Result<Customer> {
        self.change(id, patch, expected, Asked::default()).await.map(customer_of)
    }

    /// Changes some fields, and tells of possible duplicates, as [`Customers::create_checked`] does.
    ///
    /// # Errors
    /// Those of [`Customers::update`]; [`Error::PossibleDuplicate`].
    pub async fn update_checked(
        &mut self,
        id: CustomerId,
        patch: CustomerPatch,
        expected: Option<i64>,
        policy: Option<DuplicatePolicy>,
    ) -> Result<WrittenCustomer> {
        self.change(id, patch, expected, Asked { policy, is_told: true }).await
    }

    async fn change(
        &mut self,
        id: CustomerId,
        patch: CustomerPatch,
        expected: Option<i64>,
        asked: Asked,
    ) -> Result<WrittenCustomer> {
        if let Patch::Set(owner) = patch.owner_id {
            self.ensure_owner_mirrored(Action::Update, Some(owner)).await?;
        }
        let touched = patch.custom_keys();
        let change = |customer: &Customer| patch.apply(customer);
        self.0.write(async |tx| write(tx, (id, expected), touched.as_ref(), asked, change).await).await
    }

    /// Moves a customer to the trash. Its e-mail addresses and references become free for others.
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
                beside::key_at_end(tx, &after);
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
                links::refresh(tx, &mut after).await?;
                tx.update(&before, &mut after, Change::Restored).await?;
                external_refs::stamp(tx, &after, None).await?;
                beside::key_at_end(tx, &after);
                if let Some(batch) = before.delete_batch_id {
                    children::restore(tx, |customer| customer.eq(id.0), &[batch]);
                }
                Ok(after)
            })
            .await
    }

    /// Removes a customer for good, in the trash or not, with its history and the answers that were kept for repeated
    /// requests; and with it the customers that were merged into it. The audit trail keeps that it was there.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`]; [`Conflict::LegalHold`](crate::Conflict::LegalHold).
    pub async fn purge(&mut self, id: CustomerId, expected: Option<i64>) -> Result<()> {
        self.0
            .write(async |tx| {
                let customer = locked(tx, id, Action::Purge).await?;
                tx.authorize_write(&customer, Action::Purge, expected)?;
                legal_hold::ensure_none(tx, id).await?;
                // Who was a lead has its history from then, under the same id.
                for kind in [Kind::Customer, Kind::Lead] {
                    history::purge(tx, kind, |entity| entity.eq(id.0));
                }
                children::purge(tx, id);
                links::purge(tx, id);
                merge::purge(tx, id).await?;
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

    pub(super) async fn readable_owners(&self) -> Result<Owners> {
        self.0.company().await?;
        self.0.readable_owners(Resource::Customers).await
    }

    async fn visible(&self) -> Result<Find<'_, row::Entity>> {
        let (owners, postgres) = (self.readable_owners().await?, self.0.is_postgres());
        let rows = visible(self.0.find::<row::Entity>(), &owners);
        Ok(row::select(rows, self.0.actor(), postgres))
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
pub(super) async fn locked(tx: &CompanyTx<'_>, id: CustomerId, action: Action) -> Result<Customer> {
    tx.authorize_any(Resource::Customers, action, id.0)?;
    let rows = row::select(tx.find(), tx.actor(), tx.is_postgres()).filter(merge::is_customer());
    match tx.lock(rows, id).await {
        Err(Error::NotFound { .. }) => Err(merge::missing(tx.find(), tx.actor(), id).await),
        locked => locked,
    }
}

/// `touched`: the custom fields that the change names; `None` for all of them.
async fn write(
    tx: &mut CompanyTx<'_>,
    (id, expected): (CustomerId, Option<i64>),
    touched: Option<&BTreeSet<String>>,
    asked: Asked,
    change: impl FnOnce(&Customer) -> NewCustomer,
) -> Result<WrittenCustomer> {
    let before = locked(tx, id, Action::Update).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let mut after = before.clone();
    let settings = &tx.company.settings;
    let check = field_check(&tx.company, Some(&before), touched.map_or(Demanded::All, Demanded::Of));
    change(&before).validated(Some(&before), settings, Some(&check))?.write(&mut after, settings);
    tx.authorize(Resource::Customers, Action::Update, after.owner_id, Some(id.0))?;
    let possible_duplicates = duplicates::check(tx, Some(&before), &after, asked).await?;
    // What is derived may come out differently by now; what is not written is not answered.
    let customer = if update(tx, &before, &mut after).await? { after } else { before };
    Ok(WrittenCustomer { customer, possible_duplicates })
}

fn customer_of(written: WrittenCustomer) -> Customer {
    written.customer
}

/// What the custom fields of a customer are checked against.
pub(super) fn field_check<'c>(
    company: &'c Company,
    before: Option<&'c Customer>,
    demanded: Demanded<'c>,
) -> FieldCheck<'c> {
    FieldCheck {
        entity: CustomFieldEntity::Customer,
        fields: &company.fields,
        only_defined: company.settings.custom_fields_only_defined,
        before: before.map(|before| &before.custom_fields),
        demanded,
    }
}

/// Writes what differs, and tells whether anything did.
pub(super) async fn update(tx: &mut CompanyTx<'_>, before: &Customer, after: &mut Customer) -> Result<bool> {
    resolve_owner(tx, Some(before), after).await?;
    check_references(tx, Some(&before.custom_fields), &after.custom_fields).await?;
    links::check_update(tx, Change::Updated, before, after).await?;
    if !tx.update(before, after, Change::Updated).await? {
        return Ok(false);
    }
    external_refs::update_at_end(tx, before, after);
    beside::update_at_end(tx, before, after).await?;
    links::rename(tx, before, after).await?;
    Ok(true)
}

/// Writes a customer and its lists immediately, where a transaction writes several.
pub(super) async fn update_now(
    tx: &mut CompanyTx<'_>,
    change: Change,
    before: &Customer,
    after: &mut Customer,
) -> Result<()> {
    links::check_update(tx, change, before, after).await?;
    tx.update(before, after, change).await?;
    external_refs::update(tx, before, after).await?;
    beside::update(tx, before, after).await?;
    links::rename(tx, before, after).await
}

/// Looks up a new owner, and sets the owner's name in the customer.
pub(super) async fn resolve_owner(
    tx: &mut CompanyTx<'_>,
    before: Option<&Customer>,
    after: &mut Customer,
) -> Result<()> {
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
