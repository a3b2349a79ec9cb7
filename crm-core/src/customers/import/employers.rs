//! The organizations of new people: found by their names, or added, and linked.

use std::collections::{BTreeSet, HashMap};

use sea_orm::QuerySelect;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::super::links::employment;
use super::super::model::{Customer, CustomerKind};
use super::super::visible::visible;
use super::super::{CustomerLink, row};
use super::options::ImportOrganizations;
use super::plan::Step;
use crate::base::error::Result;
use crate::base::ids::{CustomerId, UserId};
use crate::base::text::fold;
use crate::query::dialect::any_of;
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{CompanyTx, FromRow, RowReader, is_live};

/// An organization that people can be linked with.
#[derive(Clone)]
struct Organization {
    id: CustomerId,
    name: String,
}

/// Gives the new people of a batch their organizations, with a step for each one that is added, and gives the links.
pub(super) async fn of(
    tx: &mut CompanyTx<'_>,
    wanted: ImportOrganizations,
    steps: &mut Vec<Step>,
) -> Result<Vec<CustomerLink>> {
    if wanted == ImportOrganizations::Text {
        return Ok(Vec::new());
    }
    let keys: BTreeSet<String> = steps.iter().filter_map(named).map(|(key, _)| key).collect();
    let mut known = found(tx, keys).await?;
    // What the file itself has comes before what would be added.
    for customer in steps.iter().filter_map(Step::created).filter(|one| one.kind == CustomerKind::Organization) {
        let organization = Organization { id: customer.id, name: customer.name.clone() };
        known.entry(fold(&customer.name)).or_insert(organization);
    }
    if wanted == ImportOrganizations::Create {
        add(tx, steps, &mut known)?;
    }
    let mut links = Vec::new();
    for person in steps.iter_mut().filter_map(Step::created_mut) {
        let organization = employer(person).and_then(|name| known.get(&fold(name)));
        if let Some(Organization { id, name }) = organization {
            person.organization_id = Some(*id);
            person.organization_name = Some(name.clone());
            links.push(employment(tx, person.id, (*id, name)));
        }
    }
    Ok(links)
}

/// The name of the organization of a person.
fn employer(customer: &Customer) -> Option<&str> {
    customer.organization_name.as_deref().filter(|_| customer.kind == CustomerKind::Person)
}

/// The key of the organization that a new person names, with the owner of the person.
fn named(step: &Step) -> Option<(String, Option<UserId>)> {
    let customer = step.created()?;
    Some((fold(employer(customer)?), customer.owner_id))
}

/// The organizations with these names that the actor sees, held until the transaction ends: the oldest of each name.
async fn found(tx: &CompanyTx<'_>, keys: BTreeSet<String>) -> Result<HashMap<String, Organization>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let owners = tx.actor().owners(Resource::Customers, Action::Read);
    let is_named = any_of(Expr::col((row::TABLE, "name_key")), keys.into_iter().collect(), tx.is_postgres());
    let rows = visible(tx.find::<row::Entity>(), &owners)
        .filter(is_live(row::TABLE))
        .filter(Expr::col((row::TABLE, "kind")).eq(CustomerKind::Organization.as_str()))
        .filter(is_named)
        .for_no_key_update()
        .map(|select| select.select_only().columns([row::Column::Id, row::Column::Name]));
    let mut all: Vec<Organization> = rows.fetch_up_to(u32::MAX.into()).await?;
    all.sort_unstable_by_key(|organization| std::cmp::Reverse(organization.id.0));
    Ok(all.into_iter().map(|organization| (fold(&organization.name), organization)).collect())
}

impl FromRow for Organization {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self { id: row.take("id")?, name: row.take("name")? })
    }
}

/// Adds the organizations that there are not, before the people who name them. Each has the owner of the first of them.
fn add(tx: &CompanyTx<'_>, steps: &mut Vec<Step>, known: &mut HashMap<String, Organization>) -> Result<()> {
    let mut added = Vec::new();
    for person in steps.iter().filter_map(Step::created) {
        let Some(name) = employer(person) else { continue };
        let key = fold(name);
        if known.contains_key(&key) {
            continue;
        }
        tx.authorize(Resource::Customers, Action::Create, person.owner_id, None)?;
        let organization = Customer {
            kind: CustomerKind::Organization,
            name: name.to_owned(),
            owner_id: person.owner_id,
            owner: person.owner.clone(),
            source: person.source.clone(),
            ..Customer::blank(tx.id().into(), tx.now(), ActorRef::from(tx.actor()))
        };
        known.insert(key, Organization { id: organization.id, name: organization.name.clone() });
        added.push(Step::Create(Box::new(organization)));
    }
    steps.splice(0..0, added);
    Ok(())
}
