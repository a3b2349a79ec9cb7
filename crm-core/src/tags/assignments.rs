//! The tags of one customer, and of many.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, OnConflict, Order, Query, SelectStatement,
};
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use uuid::Uuid;

use super::input::{TagRef, stored_name};
use super::model::{CustomerTag, Tag};
use super::repo;
use super::row::{self, ASSIGNMENTS, TABLE};
use crate::base::error::{Result, Violations};
use crate::base::ids::{CustomerId, LeadId, TagId};
use crate::base::text::fold;
use crate::customers::{self, LockedCustomer, Party};
use crate::history::FieldChange;
use crate::journal::{ChangeRecord, Deferred};
use crate::lead_scoring::{self, Touch};
use crate::query::dialect::any_of;
use crate::scope::actor::{Action, Resource};
use crate::scope::{CompanyScope, CompanyTx};

/// How many tags a customer has at most.
pub(crate) const MAX_TAGS: usize = 100;

/// The tags of a customer or a lead. Obtained from [`CompanyScope::customer_tags`] and [`CompanyScope::lead_tags`].
#[derive(Debug)]
pub struct CustomerTags<'s, 'c> {
    scope: &'s mut CompanyScope<'c>,
    party: Party,
}

impl<'c> CompanyScope<'c> {
    /// The tags of a customer.
    pub fn customer_tags(&mut self, customer: CustomerId) -> CustomerTags<'_, 'c> {
        CustomerTags { scope: self, party: customer.into() }
    }

    /// The tags of a lead.
    pub fn lead_tags(&mut self, lead: LeadId) -> CustomerTags<'_, 'c> {
        CustomerTags { scope: self, party: lead.into() }
    }
}

impl CustomerTags<'_, '_> {
    /// The tags, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such customer.
    pub async fn list(&mut self) -> Result<Vec<CustomerTag>> {
        self.scope.authorize_read(Resource::Tags, Action::Read).await?;
        match self.party {
            Party::Lead(id) => Ok(self.scope.leads().get(id).await?.tags),
            Party::Customer(id) | Party::Any(id) => Ok(self.scope.customers().get(id).await?.tags),
        }
    }

    /// Adds tags, and gives all the customer then has. Names that there is no tag for yet make one. What the customer has
    /// already is no fault.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such customer; [`Error::Forbidden`](crate::Error::Forbidden);
    /// [`Error::Invalid`](crate::Error::Invalid) for names that are none, for ids of no tag, for unknown names where the actor
    /// may not create tags, and beyond a hundred tags.
    #[tracing::instrument(name = "customer_tags.add", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.party.id()))]
    pub async fn add<T: Into<TagRef>>(&mut self, tags: impl IntoIterator<Item = T>) -> Result<Vec<CustomerTag>> {
        let tags: Vec<TagRef> = tags.into_iter().map(Into::into).collect();
        let (party, customer) = (self.party, self.party.id());
        self.scope
            .write(async |tx| {
                tx.authorize_any(Resource::Tags, Action::Attach, customer.0)?;
                let requested = resolve(tx, RequestedTags::new(&tags)?).await?;
                let held = customers::lock_party(tx, party).await?;
                tx.authorize(Resource::Tags, Action::Attach, held.owner_id(), Some(customer.0))?;
                let before = of_customer(tx, customer).await?;
                let tags = assign_tags(tx, customer, held, before, requested).await?;
                lead_scoring::touched(tx, party, Touch::Tags).await?;
                Ok(tags)
            })
            .await
    }

    /// Removes tags, and gives all the customer still has. What it does not have, or what is no tag at all, is no fault.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is no such customer; [`Error::Forbidden`](crate::Error::Forbidden);
    /// [`Error::Invalid`](crate::Error::Invalid) for more than a hundred tags at once.
    #[tracing::instrument(name = "customer_tags.remove", skip_all, fields(company.id = %self.scope.company_id(), customer.id = %self.party.id()))]
    pub async fn remove<T: Into<TagRef>>(&mut self, tags: impl IntoIterator<Item = T>) -> Result<Vec<CustomerTag>> {
        let tags: Vec<TagRef> = tags.into_iter().map(Into::into).collect();
        self.scope.write(async |tx| remove(tx, self.party, &tags).await).await
    }
}

fn too_many() -> Violations {
    Violations::one("/tags", "too_many", format!("a customer has at most {MAX_TAGS} tags"))
}

/// Tags that are asked for: ids, and names by what tells them apart, each with its place among what was asked.
#[derive(Debug, Default)]
struct RequestedTags {
    ids: BTreeMap<TagId, usize>,
    names: BTreeMap<String, (String, usize)>,
}

impl RequestedTags {
    fn new(tags: &[TagRef]) -> Result<Self, Violations> {
        if tags.len() > MAX_TAGS {
            return Err(too_many());
        }
        let (mut requested, mut violations) = (Self::default(), Violations::default());
        for (place, tag) in tags.iter().enumerate() {
            match tag {
                TagRef::Id(id) => drop(requested.ids.entry(*id).or_insert(place)),
                TagRef::Name(name) => match stored_name(name) {
                    Ok(name) => drop(requested.names.entry(fold(&name)).or_insert((name, place))),
                    Err((code, detail)) => violations.add(format!("/tags/{place}"), code, detail),
                },
            }
        }
        violations.into_result()?;
        Ok(requested)
    }

    fn condition(&self, postgres: bool) -> Expr {
        let column = |name: &'static str| Expr::col((TABLE, name));
        let by_name = any_of(column("name_key"), self.names.keys().cloned().collect(), postgres);
        match self.ids.is_empty() {
            true => by_name,
            false => by_name.or(any_of(column("id"), self.ids.keys().map(|id| id.0).collect(), postgres)),
        }
    }
}

#[derive(Debug, FromQueryResult)]
pub(super) struct Found {
    pub(super) id: Uuid,
    name: String,
    color: Option<String>,
}

impl From<Found> for CustomerTag {
    fn from(found: Found) -> Self {
        let Found { id, name, color } = found;
        Self { id: id.into(), name, color }
    }
}

/// Reads the tags that are wanted, in the order of their ids. Until the transaction ends they are not renamed, merged or
/// deleted. Tags are locked before customers, so that all writes wait in the same order.
async fn lock_tags(tx: &CompanyTx<'_>, requested: &RequestedTags) -> Result<Vec<CustomerTag>> {
    use row::Column as C;
    let rows = tx.find::<row::Entity>().filter(requested.condition(tx.is_postgres()));
    let rows = rows.map(|select| select.select_only().columns([C::Id, C::Name, C::Color]).order_by_asc(C::Id));
    let most = requested.ids.len() + requested.names.len();
    Ok(rows.for_key_share().fetch_up_to::<Found>(most as u64).await?.into_iter().map(Into::into).collect())
}

/// The tags to give to many customers; names without a tag get one.
pub(crate) async fn to_add(tx: &mut CompanyTx<'_>, tags: &[TagRef]) -> Result<Vec<CustomerTag>> {
    resolve(tx, RequestedTags::new(tags)?).await
}

/// Those of the tags to take from many customers that there are.
pub(crate) async fn to_remove(tx: &CompanyTx<'_>, tags: &[TagRef]) -> Result<Vec<CustomerTag>> {
    let requested = RequestedTags::new(tags)?;
    if requested.ids.is_empty() && requested.names.is_empty() {
        Ok(Vec::new())
    } else {
        lock_tags(tx, &requested).await
    }
}

/// The tags that are wanted; names without a tag get one.
async fn resolve(tx: &mut CompanyTx<'_>, mut requested: RequestedTags) -> Result<Vec<CustomerTag>> {
    if requested.ids.is_empty() && requested.names.is_empty() {
        return Ok(Vec::new());
    }
    let mut tags = lock_tags(tx, &requested).await?;
    for tag in &tags {
        requested.ids.remove(&tag.id);
        requested.names.remove(&tag.key());
    }
    let may_create = tx.actor().may(Resource::Tags, Action::Create, None);
    let mut violations = Violations::default();
    let unknown = requested.names.values().map(|(_, place)| place).filter(|_| !may_create);
    for place in requested.ids.values().chain(unknown) {
        violations.add(format!("/tags/{place}"), "tag_unknown", "there is no such tag");
    }
    violations.into_result()?;
    if !requested.names.is_empty() {
        tags.extend(create(tx, requested).await?);
    }
    Ok(tags)
}

/// Creates tags for names. Tags that another transaction creates at the same time are used as they are.
async fn create(tx: &mut CompanyTx<'_>, requested: RequestedTags) -> Result<Vec<CustomerTag>> {
    repo::ensure_room(tx, requested.names.len()).await?;
    let new: Vec<Tag> = requested.names.values().map(|(name, _)| repo::blank(tx, name.clone())).collect();
    let added = tx.execute(&repo::insert_unless_there(tx, &new)?).await?;
    let tags = if added == new.len() as u64 {
        new.iter().map(CustomerTag::from).collect()
    } else {
        lock_tags(tx, &requested).await?
    };
    let ids: BTreeSet<TagId> = tags.iter().map(|tag| tag.id).collect();
    for tag in new.iter().filter(|tag| ids.contains(&tag.id)) {
        tx.record_created(tag)?;
    }
    Ok(tags)
}

/// The tags that a customer has.
pub(super) async fn of_customer(tx: &mut CompanyTx<'_>, customer: CustomerId) -> Result<Vec<CustomerTag>> {
    let (company, column) = (tx.actor().company().0, |name: &'static str| (TABLE, name));
    let select: SelectStatement = Query::select()
        .columns(["id", "name", "color"].map(column))
        .from(ASSIGNMENTS)
        .inner_join(
            TABLE,
            Expr::col(column("company_id")).eq(company).and(Expr::col(column("id")).equals((ASSIGNMENTS, "tag_id"))),
        )
        .and_where(Expr::col((ASSIGNMENTS, "company_id")).eq(company))
        .and_where(Expr::col((ASSIGNMENTS, "customer_id")).eq(customer.0))
        .order_by(column("name_key"), Order::Asc)
        .to_owned();
    let rows = tx.query(&select).await?;
    rows.iter().map(|row| Ok(Found::from_query_result(row, "")?.into())).collect()
}

/// Gives a customer the tags that it does not have yet, and tells which it then has.
async fn assign_tags(
    tx: &mut CompanyTx<'_>,
    customer: CustomerId,
    held: LockedCustomer,
    before: Vec<CustomerTag>,
    mut tags: Vec<CustomerTag>,
) -> Result<Vec<CustomerTag>> {
    tags.retain(|tag| before.iter().all(|had| had.id != tag.id));
    if tags.is_empty() {
        return Ok(before);
    }
    let new: Vec<TagId> = tags.iter().map(|tag| tag.id).collect();
    let mut after = [before.as_slice(), tags.as_slice()].concat();
    if after.len() > MAX_TAGS {
        return Err(too_many().into());
    }
    after.sort_by_cached_key(CustomerTag::key);
    let insert = inserted(tx, new.iter().map(|tag| (customer, *tag)));
    tx.defer([Deferred::Insert(insert)]);
    record_tag_change(tx, customer, held, "tagged", (&before, &after), new);
    Ok(after)
}

async fn remove(tx: &mut CompanyTx<'_>, party: Party, tags: &[TagRef]) -> Result<Vec<CustomerTag>> {
    let customer = party.id();
    tx.authorize_any(Resource::Tags, Action::Attach, customer.0)?;
    if tags.len() > MAX_TAGS {
        return Err(too_many().into());
    }
    let held = customers::lock_party(tx, party).await?;
    tx.authorize(Resource::Tags, Action::Attach, held.owner_id(), Some(customer.0))?;
    let before = of_customer(tx, customer).await?;
    let names: BTreeSet<String> =
        tags.iter().filter_map(|tag| if let TagRef::Name(name) = tag { Some(fold(name)) } else { None }).collect();
    let is_meant = |had: &CustomerTag| tags.contains(&TagRef::Id(had.id)) || names.contains(&had.key());
    let (gone, after): (Vec<_>, Vec<_>) = before.iter().cloned().partition(is_meant);
    if gone.is_empty() {
        return Ok(before);
    }
    let gone: Vec<TagId> = gone.iter().map(|tag| tag.id).collect();
    let delete = removed(tx, customer, &gone);
    tx.defer([Deferred::Delete(delete)]);
    record_tag_change(tx, customer, held, "untagged", (&before, &after), gone);
    lead_scoring::touched(tx, party, Touch::Tags).await?;
    Ok(after)
}

pub(super) fn inserted(tx: &CompanyTx<'_>, assignments: impl Iterator<Item = (CustomerId, TagId)>) -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(ASSIGNMENTS);
    insert.columns(["company_id", "customer_id", "tag_id", "added_at", "added_by_kind", "added_by_id"]);
    for (customer, tag) in assignments {
        insert.values_panic([
            Expr::val(tx.actor().company().0),
            Expr::val(customer.0),
            Expr::val(tag.0),
            Expr::val(tx.now()),
            Expr::val(tx.actor().kind().as_str()),
            Expr::val(tx.actor().user_id().map(Uuid::from)),
        ]);
    }
    let key = OnConflict::columns(["company_id", "customer_id", "tag_id"]).do_nothing().to_owned();
    insert.on_conflict(key);
    insert
}

pub(super) fn removed(tx: &CompanyTx<'_>, customer: CustomerId, tags: &[TagId]) -> DeleteStatement {
    Query::delete()
        .from_table(ASSIGNMENTS)
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(Expr::col("customer_id").eq(customer.0))
        .and_where(any_of(Expr::col("tag_id"), tags.iter().map(|tag| tag.0).collect(), tx.is_postgres()))
        .to_owned()
}

/// Records what became of a customer's tags: in its history, with the names, though the customer has not changed.
pub(super) fn record_tag_change(
    tx: &mut CompanyTx<'_>,
    customer: CustomerId,
    held: LockedCustomer,
    action: &'static str,
    (before, after): (&[CustomerTag], &[CustomerTag]),
    tags: Vec<TagId>,
) {
    let names = |tags: &[CustomerTag]| -> Value { tags.iter().map(|tag| json!(tag.name)).collect() };
    // The time at which the customer is held, and not that of the beginning: so one who waited comes later.
    let at = std::cmp::max(tx.crm().now(), held.updated_at + TimeDelta::microseconds(1));
    tx.record_change(ChangeRecord {
        kind: held.kind(),
        id: Some(customer.0),
        version: held.version,
        action,
        at,
        changes: vec![FieldChange { field: "tags".to_owned(), from: names(before), to: names(after) }],
        details: None,
        private_to: None,
        customer: None,
        origin: tx.origin,
        tags,
        customers: Vec::new(),
    });
}
