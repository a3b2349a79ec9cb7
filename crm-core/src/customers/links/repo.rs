//! The operations on links.

use std::collections::BTreeMap;

use sea_orm::QuerySelect;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use uuid::Uuid;

use super::super::model::CustomerKind;
use super::super::visible::{ensure_visible as ensure_customer_visible, is_visible, missing as missing_customer};
use super::super::{merge, row as customers};
use super::ends::Ends;
use super::input::{CustomerLinkPatch, NewCustomerLink};
use super::model::{CustomerLink, LinkedCustomer};
use super::query::{CustomerLinkQuery, is_of, order, other_end, sort_key};
use super::row::{self, COLUMNS, Stored, TABLE};
use super::{copies, hierarchy, label};
use crate::base::error::{Conflict, Error, Kind, Result, Violations};
use crate::base::ids::{CustomerId, LinkId};
use crate::query::dialect::any_of;
use crate::query::page::{self, Page, PageRequest};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{Change, CompanyScope, CompanyTx, Find, FromRow, RowReader, read_page};

/// How many links go from a customer at most.
const MAX_FROM: u64 = 100;
/// How many links go to a customer at most.
const MAX_TO: u64 = 10_000;

/// The links of a customer. Obtained from [`CompanyScope::links`].
///
/// A link is there where the actor sees both customers, and neither is in the trash.
#[derive(Debug)]
pub struct Links<'s, 'c> {
    scope: &'s mut CompanyScope<'c>,
    customer: CustomerId,
}

impl<'c> CompanyScope<'c> {
    /// The links of a customer.
    pub fn links(&mut self, customer: CustomerId) -> Links<'_, 'c> {
        Links { scope: self, customer }
    }
}

impl Links<'_, '_> {
    /// Adds a link with another customer.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Forbidden`]; [`Error::Invalid`] with all faults, for
    /// customers that the label does not join, and for a parent that would make a cycle or too many levels;
    /// [`Conflict::LinkExists`]; [`Conflict::ParentTaken`]; [`Conflict::TooManyLinks`].
    #[tracing::instrument(name = "links.create", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.customer))]
    pub async fn create(&mut self, new: NewCustomerLink) -> Result<CustomerLink> {
        self.scope.write(async |tx| create(tx, self.customer, new).await).await
    }

    /// One link.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self, id: LinkId) -> Result<CustomerLink> {
        self.authorize_read().await?;
        let condition = self.visible(None)?.add(is_of(self.customer));
        let found: Option<Stored> =
            self.scope.find::<row::Entity>().select(&COLUMNS).by_id(id).filter(condition).one().await?;
        match found {
            Some(stored) => Ok(stored.seen_from(self.customer)),
            None => Err(not_there(missing_customer(self.scope, self.customer).await, id)),
        }
    }

    /// A page of links, those that go from the customer and those that go to it. One statement, and one more if it has no
    /// link.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such customer; [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "links.list", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.customer))]
    pub async fn list(&self, query: &CustomerLinkQuery, request: &PageRequest) -> Result<Page<CustomerLink>> {
        self.authorize_read().await?;
        let condition = query.condition(self.customer, self.scope.is_postgres())?;
        let visible = self.visible(query.kind)?;
        let find = || {
            let rows = self.scope.find::<row::Entity>().filter(condition.clone()).filter(visible.clone());
            rows.select(&COLUMNS)
        };
        let key = |stored: &Stored| (sort_key(query.sort, &stored.link), stored.link.id.0);
        let digest = page::digest(&(query, self.customer))?;
        let page = read_page(find, &order(query.sort), &digest, request, key).await?;
        if page.data.is_empty() {
            ensure_customer_visible(self.scope, self.customer).await?;
        }
        Ok(page.map(|stored| stored.seen_from(self.customer)))
    }

    /// Changes some fields; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// Those of [`Links::create`]; [`Error::NotFound`]; [`Error::Stale`].
    #[tracing::instrument(name = "links.update", skip_all, fields(company.id = %self.scope.company_id(), link.id = %id))]
    pub async fn update(
        &mut self,
        id: LinkId,
        patch: CustomerLinkPatch,
        expected: Option<i64>,
    ) -> Result<CustomerLink> {
        let customer = self.customer;
        self.scope
            .write(async |tx| {
                let (ends, before) = locked(tx, customer, id, expected).await?;
                let after = update(tx, &ends, &before, patch).await?;
                Ok(seen(after, &ends, customer))
            })
            .await
    }

    /// Deletes a link for good. The name of a primary organization stays with the person as free text.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`]; [`Error::Stale`].
    pub async fn delete(&mut self, id: LinkId, expected: Option<i64>) -> Result<()> {
        self.scope
            .write(async |tx| {
                let (ends, link) = locked(tx, self.customer, id, expected).await?;
                copies::settle(tx, &ends, Some(&link), None).await?;
                tx.delete(&link);
                Ok(())
            })
            .await
    }

    async fn authorize_read(&self) -> Result<()> {
        self.scope.company().await?;
        self.scope.authorize_read(Resource::Customers, Action::Read).await.map(drop)
    }

    /// Links whose other customer the actor sees, of this kind if one is given, if they see this one.
    fn visible(&self, kind: Option<CustomerKind>) -> Result<Condition> {
        let mut other = self.scope.actor().visible_customers(|id| id.eq(other_end(self.customer)))?;
        other.and_where_option(kind.map(|kind| Expr::col("kind").eq(kind.as_str())));
        Ok(Condition::all().add(Expr::exists(other)).add(is_visible(self.scope, self.customer)?))
    }
}

/// Fails unless the actor sees both customers of this link, neither of which is in the trash.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn ensure_visible(scope: &CompanyScope<'_>, id: LinkId) -> Result<()> {
    let mut link: Find<'_, row::Entity> = scope.find().by_id(id);
    for end in ["from_id", "to_id"] {
        let customer = scope.actor().visible_customers(|column| column.equals((TABLE, end)))?;
        link = link.filter(Expr::exists(customer));
    }
    match link.count(Some(1)).await? {
        0 => Err(Error::not_found(Kind::Link, id)),
        _ => Ok(()),
    }
}

/// What is shown of some customers, by their ids.
pub(crate) async fn linked(scope: &CompanyScope<'_>, ids: Vec<Uuid>) -> Result<BTreeMap<CustomerId, LinkedCustomer>> {
    use customers::Column as C;
    let most = ids.len() as u64;
    let is_one = any_of(Expr::col((customers::TABLE, "id")), ids, scope.is_postgres());
    let rows = scope.find::<customers::Entity>().filter(is_one);
    let rows = rows.map(|select| select.select_only().columns([C::Id, C::Name, C::Kind]));
    let found: Vec<Named> = rows.fetch_up_to(most).await?;
    Ok(found.into_iter().map(|Named(customer)| (customer.id, customer)).collect())
}

struct Named(LinkedCustomer);

impl FromRow for Named {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let (id, display_name, kind) = (row.take("id")?, row.take("name")?, row.take("kind")?);
        Ok(Self(LinkedCustomer { id, display_name, kind }))
    }
}

async fn create(tx: &mut CompanyTx<'_>, customer: CustomerId, new: NewCustomerLink) -> Result<CustomerLink> {
    tx.authorize_any(Resource::Customers, Action::Update, customer.0)?;
    let (from, to, pointer) = new.ends(customer)?;
    let new = new.validated(tx.company.settings.today(tx.now()))?;
    let label = new.label.clone().unwrap_or_default();
    if label == label::PARENT {
        hierarchy::lock(tx).await?;
    }
    let ends = Ends::lock(tx, from, to, |unseen| {
        if unseen.contains(&customer) {
            return Error::not_found(Kind::Customer, customer);
        }
        Violations::one(pointer, "customer_unknown", "the company has no such customer").into()
    });
    let ends = match ends.await {
        Err(Error::NotFound { .. }) => return Err(merge::missing(tx.find(), tx.actor(), customer).await),
        ends => ends?,
    };
    ends.authorize(tx)?;
    let ends = ends.directed(&label)?;
    let mut link = blank(tx, (ends.from.id, ends.to.id), other(&ends, ends.from.id));
    new.write(&mut link);
    check_primary(&link, &ends)?;
    ensure_room(tx, &ends).await?;
    copies::settle(tx, &ends, None, Some(&link)).await?;
    tx.stamp_new(&mut link);
    tx.insert(&link).await?;
    tx.touch(Kind::Customer, customer.0);
    Ok(seen(link, &ends, customer))
}

async fn update(
    tx: &mut CompanyTx<'_>,
    ends: &Ends,
    before: &CustomerLink,
    patch: CustomerLinkPatch,
) -> Result<CustomerLink> {
    let keeps_primary = before.is_primary && patch.is_primary.is_absent();
    let mut new = patch.apply(before).validated(tx.company.settings.today(tx.now()))?;
    if keeps_primary {
        // Unless the link is inactive by now.
        new.is_primary = Some(true);
    }
    let mut after = before.clone();
    new.write(&mut after);
    if (before.label == label::PARENT) != (after.label == label::PARENT) {
        let detail = "a link does not become one of the hierarchy, or leave it; delete it, and add another";
        return Err(Violations::one("/label", "label_not_allowed", detail).into());
    }
    if !label::joins(&after.label, ends.from.kind, ends.to.kind) {
        let detail = format!("{} does not join {} and {}", after.label, ends.from.kind, ends.to.kind);
        return Err(Violations::one("/label", "label_not_allowed", detail).into());
    }
    check_primary(&after, ends)?;
    copies::settle(tx, ends, Some(before), Some(&after)).await?;
    Ok(if tx.update(before, &mut after, Change::Updated).await? { after } else { before.clone() })
}

/// A link that is about to be written, and its customers, who are held before it.
async fn locked(
    tx: &mut CompanyTx<'_>,
    customer: CustomerId,
    id: LinkId,
    expected: Option<i64>,
) -> Result<(Ends, CustomerLink)> {
    tx.authorize_any(Resource::Customers, Action::Update, id.0)?;
    let not_found = || Error::not_found(Kind::Link, id);
    let found = |stored: Option<Stored>| stored.map(|stored| stored.link).ok_or_else(not_found);
    let known = match find(tx, customer, id).one().await? {
        None => return Err(not_there(merge::missing(tx.find(), tx.actor(), customer).await, id)),
        known => found(known)?,
    };
    if known.label == label::PARENT {
        hierarchy::lock(tx).await?;
    }
    let ends = Ends::lock(tx, known.from_id, known.to_id, |_| not_found()).await?;
    ends.authorize(tx)?;
    let link = found(find(tx, customer, id).for_no_key_update().one().await?)?;
    CompanyTx::expect_version(&link, expected)?;
    Ok((ends, link))
}

/// Why a customer has no such link: the customer was merged, or there is none.
fn not_there(missing: Error, id: LinkId) -> Error {
    match missing {
        Error::NotFound { .. } => Error::not_found(Kind::Link, id),
        merged => merged,
    }
}

fn find<'t>(tx: &'t CompanyTx<'_>, customer: CustomerId, id: LinkId) -> Find<'t, row::Entity> {
    tx.find().select(&COLUMNS).by_id(id).filter(is_of(customer))
}

/// A link from one customer to another with nothing in it, as the first sees it.
fn blank(tx: &CompanyTx<'_>, (from_id, to_id): (CustomerId, CustomerId), customer: LinkedCustomer) -> CustomerLink {
    let by = ActorRef::from(tx.actor());
    CustomerLink {
        id: tx.id().into(),
        version: 1,
        from_id,
        to_id,
        customer,
        label: String::new(),
        title: None,
        is_primary: false,
        is_inactive: false,
        started_on: None,
        ended_on: None,
        created_at: tx.now(),
        updated_at: tx.now(),
        created_by: by.clone(),
        updated_by: by,
    }
}

/// The primary link of a new person to their organization, which the transaction holds.
pub(in super::super) fn employment(
    tx: &CompanyTx<'_>,
    person: CustomerId,
    (organization, name): (CustomerId, &str),
) -> CustomerLink {
    let customer = LinkedCustomer { id: organization, display_name: name.to_owned(), kind: CustomerKind::Organization };
    let blank = blank(tx, (person, organization), customer);
    let mut link = CustomerLink { label: label::EMPLOYEE.to_owned(), is_primary: true, ..blank };
    tx.stamp_new(&mut link);
    link
}

/// The other customer than this one.
fn other(ends: &Ends, customer: CustomerId) -> LinkedCustomer {
    let other = if ends.from.id == customer { &ends.to } else { &ends.from };
    LinkedCustomer { id: other.id, display_name: other.name.clone(), kind: other.kind }
}

fn seen(link: CustomerLink, ends: &Ends, customer: CustomerId) -> CustomerLink {
    CustomerLink { customer: other(ends, customer), ..link }
}

fn check_primary(link: &CustomerLink, ends: &Ends) -> Result<(), Violations> {
    if link.is_primary && !label::can_be_primary(&link.label, ends.from.kind, ends.to.kind) {
        let detail = "only a link of a person to an organization that they are part of is primary";
        return Err(Violations::one("/isPrimary", "primary_not_allowed", detail));
    }
    Ok(())
}

async fn ensure_room(tx: &CompanyTx<'_>, ends: &Ends) -> Result<()> {
    for (end, customer, most) in [("from_id", ends.from.id, MAX_FROM), ("to_id", ends.to.id, MAX_TO)] {
        let links = tx.find::<row::Entity>().filter(Expr::col((TABLE, end)).eq(customer.0));
        if links.count(Some(most)).await? >= most {
            return Err(Conflict::TooManyLinks.into());
        }
    }
    Ok(())
}
