//! Puts a batch of customers back.

use std::collections::{HashMap, HashSet};

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use super::super::super::bulk::{self, Reading, RefusalReason, Target};
use super::super::super::children::CHILDREN;
use super::super::super::links;
use super::super::super::model::Customer;
use super::super::super::repo::update_now;
use super::super::super::row::{self, TABLE as CUSTOMERS};
use super::changes::{self, CHANGES, Change};
use super::outcome::Tally;
use crate::base::error::{Conflict, Error, Result};
use crate::base::ids::{CustomerId, ImportId, TagId};
use crate::query::dialect::any_of;
use crate::scope::actor::{Action, Resource};
use crate::scope::{Change as Written, CompanyTx, is_live};
use crate::tags::{self, CustomerTag};

/// What is to be done with the customers of a batch.
#[derive(Default)]
struct Verdict {
    to_trash: Vec<Target>,
    to_restore: Vec<Change>,
}

/// Counts what a revert would do with these customers.
pub(super) async fn count(
    tx: &mut CompanyTx<'_>,
    import: ImportId,
    changes: Vec<Change>,
    tally: &mut Tally,
) -> Result<()> {
    let verdict = judge(tx, import, changes, Reading::All, tally).await?;
    tally.trashed += verdict.to_trash.len() as u64;
    tally.restored += verdict.to_restore.len() as u64;
    Ok(())
}

/// Reverts these customers, and removes them from those of the import.
pub(super) async fn revert(
    tx: &mut CompanyTx<'_>,
    import: ImportId,
    changes: Vec<Change>,
    tally: &mut Tally,
) -> Result<()> {
    let ids: Vec<Uuid> = changes.iter().map(|change| change.customer.0).collect();
    // Tags are locked before customers, so that all writes wait in the same order.
    let former = changes.iter().filter_map(|change| change.before.as_ref()).flat_map(|before| &before.tags);
    let former = former.map(|tag| tag.id.0).collect();
    let known = tags::load_by_id(tx, former).await?;
    let verdict = judge(tx, import, changes, Reading::AllLocked, tally).await?;
    if !verdict.to_trash.is_empty() {
        let targets: Vec<&Target> = verdict.to_trash.iter().collect();
        bulk::trash(tx, &targets).await?;
        tally.trashed += targets.len() as u64;
    }
    put_back_all(tx, import, verdict.to_restore, &known, tally).await?;
    changes::remove(tx, import, ids).await
}

/// Counts the customers that have changed since or must not be changed, and gives the others.
async fn judge(
    tx: &mut CompanyTx<'_>,
    import: ImportId,
    changes: Vec<Change>,
    reading: Reading,
    tally: &mut Tally,
) -> Result<Verdict> {
    let ids: Vec<Uuid> = changes.iter().map(|change| change.customer.0).collect();
    let targets = bulk::read(tx, ids.clone(), reading).await?;
    let mut targets: HashMap<CustomerId, Target> = targets.into_iter().map(|target| (target.id(), target)).collect();
    let added = changes.iter().filter(|change| change.is_new).map(|change| change.customer.0).collect();
    let busy = with_records_since(tx, import, added).await?;
    let tags = if ids.is_empty() { HashMap::new() } else { tags::of_customers(tx, ids).await? };
    let mut verdict = Verdict::default();
    for change in changes {
        let id = change.customer;
        let Some(target) = targets.remove(&id) else {
            tally.refuse(RefusalReason::NotFound, id);
            continue;
        };
        let has = tags.get(&id).map_or(&[][..], Vec::as_slice);
        let is_same = target.version == change.version && !busy.contains(&id) && change.has_left(has);
        let action = if change.is_new { Action::Delete } else { Action::Update };
        let owners = [Some(target.owner_id()), change.before.as_ref().map(|before| before.owner_id)];
        let may = |owner| tx.actor().may(Resource::Customers, action, owner);
        if !is_same {
            tally.keep(id);
        } else if !owners.into_iter().flatten().all(may) {
            tally.refuse(RefusalReason::Forbidden, id);
        } else if change.is_new {
            verdict.to_trash.push(target);
        } else {
            verdict.to_restore.push(change);
        }
    }
    Ok(verdict)
}

impl Change {
    /// Whether the customer has the tags that the import has left.
    fn has_left(&self, tags: &[CustomerTag]) -> bool {
        let Some(left) = &self.tags else { return true };
        let (left, has): (HashSet<TagId>, HashSet<TagId>) =
            (left.iter().copied().collect(), tags.iter().map(|tag| tag.id).collect());
        left == has
    }
}

/// Those of the customers with notes or interactions that were added or changed since, as far as the actor sees them.
async fn with_records_since(
    tx: &mut CompanyTx<'_>,
    import: ImportId,
    customers: Vec<Uuid>,
) -> Result<HashSet<CustomerId>> {
    let mut found = HashSet::new();
    if customers.is_empty() {
        return Ok(found);
    }
    for child in CHILDREN {
        let Some(visible) = child.timeline.as_ref().and_then(|branch| tx.actor().visible(branch.access).ok()) else {
            continue;
        };
        let of = |table: &'static str, name: &'static str| Expr::col((table, name));
        let is_of = of(CHANGES, "customer_id").equals((child.table, "customer_id"));
        let select = Query::select()
            .distinct()
            .column((child.table, "customer_id"))
            .from(child.table)
            .inner_join(CHANGES, is_of)
            .and_where(of(CHANGES, "company_id").eq(tx.company.id.0))
            .and_where(of(CHANGES, "import_id").eq(import.0))
            .and_where(of(child.table, "company_id").eq(tx.company.id.0))
            .and_where(any_of(of(child.table, "customer_id"), customers.clone(), tx.is_postgres()))
            .and_where(of(child.table, "updated_at").gt(changes::written_at()))
            .and_where(is_live(child.table))
            .cond_where(visible)
            .to_owned();
        for row in tx.query(&select).await? {
            found.insert(row.try_get::<Uuid>("", "customer_id")?.into());
        }
    }
    Ok(found)
}

/// Gives customers what they had before, each in a savepoint: what one of them cannot have back does not hold up the
/// others.
async fn put_back_all(
    tx: &mut CompanyTx<'_>,
    import: ImportId,
    changes: Vec<Change>,
    known: &HashMap<TagId, CustomerTag>,
    tally: &mut Tally,
) -> Result<()> {
    let ids: Vec<Uuid> = changes.iter().map(|change| change.customer.0).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut current = held(tx, ids.clone()).await?;
    let mut notes: HashMap<CustomerId, Vec<_>> = HashMap::new();
    for (customer, note) in changes::notes(tx, import, ids).await? {
        notes.entry(customer).or_default().push(note);
    }
    for change in changes {
        let id = change.customer;
        let (Some(current), notes) = (current.remove(&id), notes.remove(&id).unwrap_or_default()) else {
            tally.refuse(RefusalReason::NotFound, id);
            continue;
        };
        let outcome = tx
            .scope()
            .write(async |tx| match &change.before {
                Some(before) => put_back(tx, &current, before, known).await,
                None => Ok(()),
            })
            .await;
        match outcome {
            Ok(()) => tally.restored += 1,
            Err(Error::Conflict(Conflict::CustomerEmailTaken)) => tally.refuse(RefusalReason::CustomerEmailTaken, id),
            Err(Error::Conflict(Conflict::ExternalRefTaken)) => tally.refuse(RefusalReason::ExternalRefTaken, id),
            Err(Error::Conflict(_) | Error::Invalid(_)) => tally.refuse(RefusalReason::RuleViolated, id),
            Err(error) => return Err(error),
        }
        for note in notes {
            match tx.scope().notes(id).delete(note, Some(1)).await {
                // It was changed or is gone, or is in the hands of another user.
                Ok(()) | Err(Error::Stale { .. } | Error::NotFound { .. } | Error::Forbidden { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// The customers, which are locked already.
async fn held(tx: &CompanyTx<'_>, ids: Vec<Uuid>) -> Result<HashMap<CustomerId, Customer>> {
    let most = ids.len() as u64;
    let rows = tx.find().filter(any_of(Expr::col((CUSTOMERS, "id")), ids, tx.is_postgres()));
    let rows = row::select(rows, tx.actor(), tx.is_postgres()).map(|select| select.order_by_asc(row::Column::Id));
    let rows: Vec<Customer> = rows.fetch_up_to(most).await?;
    Ok(rows.into_iter().map(|customer| (customer.id, customer)).collect())
}

async fn put_back(
    tx: &mut CompanyTx<'_>,
    current: &Customer,
    before: &Customer,
    known: &HashMap<TagId, CustomerTag>,
) -> Result<()> {
    let mut after = Customer {
        version: current.version,
        updated_at: current.updated_at,
        updated_by: current.updated_by.clone(),
        last_contact_at: current.last_contact_at,
        next_follow_up_at: current.next_follow_up_at,
        organization_id: current.organization_id,
        parent_id: current.parent_id,
        // A tag that was deleted since does not come back.
        tags: before.tags.iter().filter_map(|tag| known.get(&tag.id).cloned()).collect(),
        ..before.clone()
    };
    after.set_unique_email_key(&tx.company.settings);
    links::keeps_linked_name(current, &mut after);
    update_now(tx, Written::Updated, current, &mut after).await?;
    match after.tags.iter().map(|tag| tag.id).eq(current.tags.iter().map(|tag| tag.id)) {
        true => Ok(()),
        false => tags::replace(tx, after.id, &after.tags).await,
    }
}
