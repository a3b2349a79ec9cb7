//! What a merge of customers does with their links, and its undoing.
//!
//! - The links of the losers move to the survivor. They keep their ids and versions.
//! - A link between two of the customers is *dropped*. So is a second parent.
//! - A link that the survivor, or a loser named before, has with the same customer and label is *folded* into that one,
//!   which gets what it lacks of title and days, and is active if one of them is.
//! - What each link was before is kept in [`TABLE`] until the merge cannot be undone any more. A link there belongs to
//!   nobody, and is in no list.
//! - People and children of a loser are those of the survivor at once; the name follows as for a new name.
//!
//! A merge writes links of which it holds one end only, so merges with links run one at a time: see [`lock`].

mod back;
mod copies;
mod fold;
mod inherit;
mod moving;
mod note;
mod since;
mod told;

use sea_orm::Value;
use uuid::Uuid;

use super::super::model::Customer;
use super::model::MergedLinks;
use super::{follow, guard, hierarchy};
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::scope::CompanyTx;
use crate::scope::parameters::Parameters;

pub(in super::super) use back::put_back;
pub(in super::super) use copies::copies_of;
pub(in super::super) use inherit::{Inheritance, ORGANIZATION_NAME};
pub(in super::super) use since::records as changed_since;

pub(super) const TABLE: &str = "crm_customer_merge_links";

/// The columns of a link that are kept as they were.
const FORMER: &str = "from_id, to_id, version, created_at, updated_at, label, label_key, active_key, title, is_primary, \
     is_inactive, started_on, ended_on, created_by_kind, created_by_id, updated_by_kind, updated_by_id";

/// The labels that say the same in both directions, as they are compared.
const MUTUAL: &str = "('family', 'partner', 'other')";

/// A merge whose row is written, and whose losers are marked.
#[derive(Clone, Copy)]
pub(in super::super) struct Merging<'m> {
    pub id: CustomerMergeId,
    /// As it is now.
    pub survivor: &'m Customer,
    pub losers: &'m [CustomerId],
}

impl Merging<'_> {
    /// All customers, the survivor first.
    fn all(self) -> impl Iterator<Item = CustomerId> {
        std::iter::once(self.survivor.id).chain(self.losers.iter().copied())
    }

    /// `$1` is the company, `$2` the merge.
    fn parameters(self, tx: &CompanyTx<'_>) -> Parameters {
        Parameters::new([tx.company.id.0.into(), self.id.0.into()])
    }
}

/// Lets merges with links wait for each other, and for changes of the hierarchy. To be called before customers are held.
pub(in super::super) async fn lock(tx: &mut CompanyTx<'_>) -> Result<()> {
    hierarchy::lock(tx).await
}

/// Whether one of these customers has a link.
pub(in super::super) async fn any(tx: &mut CompanyTx<'_>, customers: &[CustomerId]) -> Result<bool> {
    let mut parameters = Parameters::new([tx.company.id.0.into()]);
    let ids = list(customers, &mut parameters);
    let has = |end: &str| format!("SELECT 1 FROM crm_customer_links WHERE company_id = $1 AND {end} IN ({ids})");
    let sql = format!("SELECT 1 AS one WHERE EXISTS ({}) OR EXISTS ({})", has("from_id"), has("to_id"));
    Ok(!tx.query_sql(&sql, parameters.into_values()).await?.is_empty())
}

/// Moves the links of the losers, and brings all customers into step that have copies of them. `before` has all customers
/// as they were, the survivor first.
pub(in super::super) async fn merge(
    tx: &mut CompanyTx<'_>,
    merging: Merging<'_>,
    before: &[&Customer],
    inheritance: &Inheritance,
) -> Result<MergedLinks> {
    note::note(tx, merging, inheritance).await?;
    moving::drop_gone(tx, merging).await?;
    moving::move_all(tx, merging).await?;
    fold::settle(tx, merging, inheritance).await?;
    check_kinds(tx, merging, before).await?;
    copies::hand_over(tx, merging).await?;
    let (links, has_parents) = told::count(tx, merging).await?;
    if has_parents {
        check_hierarchy(tx, merging, inheritance).await?;
    }
    follow::follow(tx, &[merging.survivor.id]).await?;
    Ok(links)
}

/// Refuses links of a person that an organization cannot have, and the other way round.
async fn check_kinds(tx: &mut CompanyTx<'_>, merging: Merging<'_>, before: &[&Customer]) -> Result<()> {
    let Some(place) = before.iter().position(|customer| customer.kind != merging.survivor.kind) else {
        return Ok(());
    };
    match (guard::check_kind(tx, merging.survivor).await, place.checked_sub(1)) {
        (Err(Error::Invalid(mut violations)), Some(place)) => {
            violations.0.iter_mut().for_each(|violation| violation.pointer = format!("/loserIds/{place}"));
            Err(violations.into())
        }
        (checked, _) => checked,
    }
}

async fn check_hierarchy(tx: &mut CompanyTx<'_>, merging: Merging<'_>, inheritance: &Inheritance) -> Result<()> {
    let Some(fault) = hierarchy::fault(tx, &[merging.survivor.id]).await? else {
        return Ok(());
    };
    let child = match fault.child {
        Some(child) => told::former_parent(tx, merging, child).await?,
        None => None,
    };
    let loser = child.and_then(|id| merging.losers.iter().position(|loser| *loser == id));
    let pointer = match loser.or_else(|| inheritance.parent_from()) {
        Some(place) => format!("/loserIds/{place}"),
        None => "/loserIds".to_owned(),
    };
    Err(Violations::one(pointer, fault.code, format!("after the merge, {}", fault.detail)).into())
}

/// Placeholders for some customers, separated by commas.
fn list(customers: &[CustomerId], parameters: &mut Parameters) -> String {
    customers.iter().map(|id| parameters.add(id.0)).collect::<Vec<_>>().join(", ")
}

/// Sends a statement that is written by hand.
async fn send(tx: &mut CompanyTx<'_>, sql: &str, parameters: Parameters) -> Result<()> {
    tx.query_sql(sql, parameters.into_values()).await.map(drop)
}

fn optional(id: Option<CustomerId>) -> Value {
    id.map(Uuid::from).into()
}
