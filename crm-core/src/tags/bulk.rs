//! The tags of many customers at once, as imports and bulk actions write them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::assignments::{Found, inserted, of_customer, record_tag_change, removed};
use super::model::{CustomerTag, Tag};
use super::repo;
use super::row::{self, ASSIGNMENTS, TABLE};
use crate::base::error::Result;
use crate::base::ids::{CustomerId, TagId};
use crate::customers::{self, Customer, LockedCustomer, Party};
use crate::query::dialect::any_of;
use crate::scope::{CompanyScope, CompanyTx};

/// How many names one statement looks up, and how many assignments or tags it writes: SQLite binds at most 32,766 values.
const MAX_NAMES: usize = 30_000;
const MAX_ASSIGNMENTS: usize = 5_000;
const MAX_NEW: usize = 2_000;

/// The tags with these folded names. In a transaction nobody renames, merges or deletes them until it ends.
pub(crate) async fn load_by_name(scope: &CompanyScope<'_>, keys: BTreeSet<String>) -> Result<Vec<CustomerTag>> {
    use row::Column as C;
    let (keys, mut tags) = (Vec::from_iter(keys), Vec::new());
    for some in keys.chunks(MAX_NAMES) {
        let is_named = any_of(Expr::col((TABLE, "name_key")), some.to_vec(), scope.is_postgres());
        let rows = scope.find::<row::Entity>().filter(is_named);
        let rows = rows.map(|select| select.select_only().columns([C::Id, C::Name, C::Color]).order_by_asc(C::Id));
        let rows = if scope.is_hosted() { rows.for_key_share() } else { rows };
        tags.extend(rows.fetch_up_to::<Found>(some.len() as u64).await?.into_iter().map(CustomerTag::from));
    }
    Ok(tags)
}

/// Those tags with these ids that there are. Nobody renames, merges or deletes them until the transaction ends.
pub(crate) async fn load_by_id(tx: &CompanyTx<'_>, ids: BTreeSet<Uuid>) -> Result<HashMap<TagId, CustomerTag>> {
    use row::Column as C;
    let (ids, mut tags) = (Vec::from_iter(ids), HashMap::new());
    for some in ids.chunks(MAX_NAMES) {
        let rows = tx.find::<row::Entity>().filter(any_of(Expr::col((TABLE, "id")), some.to_vec(), tx.is_postgres()));
        let rows = rows.map(|select| select.select_only().columns([C::Id, C::Name, C::Color]).order_by_asc(C::Id));
        let found = rows.for_key_share().fetch_up_to::<Found>(some.len() as u64).await?;
        tags.extend(found.into_iter().map(CustomerTag::from).map(|tag| (tag.id, tag)));
    }
    Ok(tags)
}

/// Adds tags with these ids and names.
///
/// # Errors
/// [`Conflict::TagNameTaken`](crate::Conflict::TagNameTaken) if there is one by now.
pub(crate) async fn create(tx: &mut CompanyTx<'_>, tags: &[CustomerTag]) -> Result<()> {
    if !tags.is_empty() {
        repo::ensure_room(tx, tags.len()).await?;
    }
    for some in tags.chunks(MAX_NEW) {
        let new: Vec<Tag> = some.iter().map(|tag| Tag { id: tag.id, ..repo::blank(tx, tag.name.clone()) }).collect();
        tx.insert_all(&new).await?;
    }
    Ok(())
}

/// Gives new customers the tags that they show.
pub(crate) async fn give_new(tx: &mut CompanyTx<'_>, customers: &[Customer]) -> Result<()> {
    let pairs = |customer: &Customer| -> Vec<_> { customer.tags.iter().map(|tag| (customer.id, tag.id)).collect() };
    let pairs: Vec<(CustomerId, TagId)> = customers.iter().flat_map(pairs).collect();
    for some in pairs.chunks(MAX_ASSIGNMENTS) {
        let insert = inserted(tx, some.iter().copied());
        tx.execute(&insert).await?;
    }
    for customer in customers.iter().filter(|customer| !customer.tags.is_empty()) {
        let new = customer.tags.iter().map(|tag| tag.id).collect();
        record_tag_change(tx, customer.id, LockedCustomer::of(customer), "tagged", (&[], &customer.tags), new);
    }
    Ok(())
}

/// The tags that some customers have, by name; customers without one are left out.
pub(crate) async fn of_customers(
    tx: &mut CompanyTx<'_>,
    customers: Vec<Uuid>,
) -> Result<HashMap<CustomerId, Vec<CustomerTag>>> {
    let (company, column) = (tx.actor().company().0, |name: &'static str| (TABLE, name));
    let select = Query::select()
        .column((ASSIGNMENTS, "customer_id"))
        .columns(["id", "name", "color"].map(column))
        .from(ASSIGNMENTS)
        .inner_join(
            TABLE,
            Expr::col(column("company_id")).eq(company).and(Expr::col(column("id")).equals((ASSIGNMENTS, "tag_id"))),
        )
        .and_where(Expr::col((ASSIGNMENTS, "company_id")).eq(company))
        .and_where(any_of(Expr::col((ASSIGNMENTS, "customer_id")), customers, tx.is_postgres()))
        .order_by(column("name_key"), Order::Asc)
        .to_owned();
    let mut tags: HashMap<CustomerId, Vec<CustomerTag>> = HashMap::new();
    for row in tx.query(&select).await? {
        let customer: Uuid = row.try_get("", "customer_id")?;
        tags.entry(customer.into()).or_default().push(Found::from_query_result(&row, "")?.into());
    }
    Ok(tags)
}

/// The tags of one customer before and after a change.
pub(crate) struct TagChange {
    pub customer: CustomerId,
    pub held: LockedCustomer,
    pub before: Vec<CustomerTag>,
    pub after: Vec<CustomerTag>,
}

impl TagChange {
    /// The tags that only one of two lists has.
    fn missing(these: &[CustomerTag], from: &[CustomerTag]) -> Vec<TagId> {
        these.iter().map(|tag| tag.id).filter(|id| from.iter().all(|other| other.id != *id)).collect()
    }
}

/// Gives tags to many customers, or takes tags from them: a statement for each tag at most, however many customers there are.
pub(crate) async fn write_all(tx: &mut CompanyTx<'_>, changes: &[TagChange]) -> Result<()> {
    let (mut added, mut gone) = (Vec::new(), BTreeMap::<TagId, Vec<Uuid>>::new());
    for TagChange { customer, held, before, after } in changes {
        let (new, old) = (TagChange::missing(after, before), TagChange::missing(before, after));
        added.extend(new.iter().map(|tag| (*customer, *tag)));
        for tag in &old {
            gone.entry(*tag).or_default().push(customer.0);
        }
        let (action, tags) = if new.is_empty() { ("untagged", old) } else { ("tagged", new) };
        record_tag_change(tx, *customer, *held, action, (before, after), tags);
    }
    for some in added.chunks(MAX_ASSIGNMENTS) {
        let insert = inserted(tx, some.iter().copied());
        tx.execute(&insert).await?;
    }
    for (tag, customers) in gone {
        let delete = Query::delete()
            .from_table(ASSIGNMENTS)
            .and_where(Expr::col("company_id").eq(tx.actor().company().0))
            .and_where(Expr::col("tag_id").eq(tag.0))
            .and_where(any_of(Expr::col("customer_id"), customers, tx.is_postgres()))
            .to_owned();
        tx.execute(&delete).await?;
    }
    Ok(())
}

/// Gives a customer or a lead these tags and takes all others off.
pub(crate) async fn replace(tx: &mut CompanyTx<'_>, party: impl Into<Party>, tags: &[CustomerTag]) -> Result<()> {
    let party = party.into();
    let customer = party.id();
    let held = customers::lock_party(tx, party).await?;
    let before = of_customer(tx, customer).await?;
    let is_among = |tag: &CustomerTag, tags: &[CustomerTag]| tags.iter().any(|other| other.id == tag.id);
    let (kept, gone): (Vec<_>, Vec<_>) = before.iter().cloned().partition(|tag| is_among(tag, tags));
    let gone: Vec<TagId> = gone.iter().map(|tag| tag.id).collect();
    if !gone.is_empty() {
        let delete = removed(tx, customer, &gone);
        tx.execute(&delete).await?;
        record_tag_change(tx, customer, held, "untagged", (&before, &kept), gone);
    }
    let new: Vec<TagId> = tags.iter().filter(|tag| !is_among(tag, &before)).map(|tag| tag.id).collect();
    if !new.is_empty() {
        let insert = inserted(tx, new.iter().map(|tag| (customer, *tag)));
        tx.execute(&insert).await?;
        record_tag_change(tx, customer, held, "tagged", (&kept, tags), new);
    }
    Ok(())
}
