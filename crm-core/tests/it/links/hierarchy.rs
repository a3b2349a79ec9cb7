//! Laws of the hierarchy and of primary links: whatever is written, by one or by several at once.

use std::collections::HashMap;
use std::sync::Mutex;

use crm_core::customers::{
    Customer, CustomerLink, CustomerLinkPatch, CustomerLinkQuery, MergeCustomers, NewCustomerLink, OnMergeConflict,
    UnmergeCustomers,
};
use crm_core::ids::{CustomerId, CustomerMergeId};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};

use super::{inactive, primary};
use crate::chance::Chance;
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_organization_has_one_parent,
        a_parent_in_the_trash_makes_way,
        no_cycles_and_no_more_than_ten_levels,
        laws_hold_after_any_sequence,
        laws_hold_for_two_writers,
    ]);
}

const DEPTH: usize = 10;

async fn below(crm: &TestCrm, child: &Customer, parent: &Customer) -> crm_core::Result<CustomerLink> {
    crm.link(child.id, NewCustomerLink::to(parent.id, "parent")).await
}

async fn an_organization_has_one_parent(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lee, kim, holding) =
        (crm.organization("Lee").await, crm.organization("Kim").await, crm.organization("Holding").await);
    let link = below(&crm, &lee, &holding).await?;
    assert_eq!((link.from_id, link.to_id), (lee.id, holding.id));
    assert_eq!(crm.get(&lee).await?.parent_id, Some(holding.id));
    assert_matches!(below(&crm, &lee, &kim).await, Err(Error::Conflict(Conflict::ParentTaken)));
    let label = |label: &str| CustomerLinkPatch { label: Patch::Set(label.into()), ..CustomerLinkPatch::default() };
    let changed = crm.admin().links(lee.id).update(link.id, label("partner"), None).await;
    assert_eq!(violation(changed, "/label"), "label_not_allowed");
    crm.admin().links(holding.id).update(link.id, inactive(true), None).await?;
    assert_eq!(crm.get(&lee).await?.parent_id, None);
    // Given at the parent, as its child.
    crm.link(kim.id, NewCustomerLink::from(lee.id, "parent")).await?;
    assert_eq!(crm.get(&lee).await?.parent_id, Some(kim.id));
    let back = crm.admin().links(lee.id).update(link.id, inactive(false), None).await;
    assert_matches!(back, Err(Error::Conflict(Conflict::ParentTaken)));
    Ok(())
}

async fn a_parent_in_the_trash_makes_way(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lee, old, new) = (crm.organization("Lee").await, crm.organization("Old").await, crm.organization("New").await);
    let link = below(&crm, &lee, &old).await?;
    crm.admin().customers().delete(old.id, None).await?;
    below(&crm, &lee, &new).await?;
    crm.admin().customers().restore(old.id).await?;
    assert!(crm.admin().links(lee.id).get(link.id).await?.is_inactive);
    assert_eq!(crm.get(&lee).await?.parent_id, Some(new.id));
    Ok(())
}

async fn no_cycles_and_no_more_than_ten_levels(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut chain = Vec::new();
    for level in 0..=DEPTH {
        chain.push(crm.organization(&format!("Level {level}")).await);
    }
    // Two halves that are each allowed, and together too deep.
    for level in 1..5 {
        below(&crm, &chain[level], &chain[level - 1]).await?;
    }
    for level in 6..=DEPTH {
        below(&crm, &chain[level], &chain[level - 1]).await?;
    }
    assert_eq!(violation(below(&crm, &chain[5], &chain[4]).await, "/toId"), "hierarchy_too_deep");
    below(&crm, &chain[5], &chain[3]).await?;
    assert_eq!(violation(below(&crm, &chain[0], &chain[DEPTH]).await, "/toId"), "hierarchy_cycle");
    Ok(())
}

/// Customers that anything is tried with.
struct World {
    people: Vec<Customer>,
    organizations: Vec<Customer>,
    merges: Mutex<Vec<CustomerMergeId>>,
}

impl World {
    async fn new(crm: &TestCrm) -> Self {
        let mut world = Self { people: Vec::new(), organizations: Vec::new(), merges: Mutex::default() };
        for number in 0..3 {
            world.people.push(crm.person(&format!("Person {number}")).await);
        }
        for number in 0..13 {
            world.organizations.push(crm.organization(&format!("Organization {number}")).await);
        }
        world
    }

    /// One step; what is refused is a step as well.
    async fn step(&self, crm: &TestCrm, chance: &mut Chance) -> anyhow::Result<()> {
        let organization = |chance: &mut Chance| self.organizations[chance.below(self.organizations.len())].id;
        let person = self.people[chance.below(self.people.len())].id;
        let (one, other) = (organization(chance), organization(chance));
        let mut scope = crm.admin();
        let outcome = match chance.below(13) {
            // Long chains are rare by chance alone.
            0..=3 => {
                let at = chance.below(self.organizations.len() - 1);
                let (child, parent) = (self.organizations[at + 1].id, self.organizations[at].id);
                scope.links(child).create(NewCustomerLink::to(parent, "parent")).await.map(drop)
            }
            4 | 5 => scope.links(one).create(NewCustomerLink::to(other, "parent")).await.map(drop),
            6 => {
                let new = NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::to(one, "employee") };
                scope.links(person).create(new).await.map(drop)
            }
            7 => match chance.below(2) {
                0 => scope.customers().delete(one, None).await,
                _ => scope.customers().restore(one).await.map(drop),
            },
            8 | 9 => {
                let (survivor, loser) = match chance.once_in(3) {
                    true => (person, self.people[chance.below(self.people.len())].id),
                    false => (one, other),
                };
                let merge = scope.customers().merge(MergeCustomers::new(survivor, [loser])).await;
                merge.map(|merge| self.merges.lock().expect("no panic").extend(merge.id))
            }
            10 => {
                let merges = self.merges.lock().expect("no panic").clone();
                match merges.is_empty() {
                    true => Ok(()),
                    false => {
                        let keep = UnmergeCustomers { on_conflict: OnMergeConflict::Keep };
                        scope.customers().undo_merge(merges[chance.below(merges.len())], keep).await.map(drop)
                    }
                }
            }
            _ => {
                let of = if chance.once_in(2) { person } else { one };
                let page = scope.links(of).list(&CustomerLinkQuery::default(), &PageRequest::default()).await;
                match page.map(|page| page.data) {
                    Ok(links) if !links.is_empty() => {
                        let link = &links[chance.below(links.len())];
                        match chance.below(4) {
                            0 => scope.links(of).delete(link.id, None).await,
                            1 => scope.links(of).update(link.id, primary(chance.once_in(2)), None).await.map(drop),
                            _ => scope.links(of).update(link.id, inactive(chance.once_in(3)), None).await.map(drop),
                        }
                    }
                    other => other.map(drop),
                }
            }
        };
        match outcome {
            Ok(())
            | Err(Error::Invalid(_) | Error::Conflict(_) | Error::NotFound { .. } | Error::Unavailable(_))
            | Err(Error::Stale { .. } | Error::CustomerMerged { .. } | Error::ChangedSinceMerge(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What customers keep of their links is what the links say, and the laws hold.
    async fn check(&self, crm: &TestCrm) -> anyhow::Result<()> {
        for organization in &self.organizations {
            // What is in the trash is out of sight, and comes back.
            drop(crm.admin().customers().restore(organization.id).await);
        }
        // Names that were left to the job follow.
        crm.crm.run_due_jobs(&crm.db, &crm_core::jobs::JobOptions::default()).await?;
        let (mut organizations, mut people) = (Vec::new(), Vec::new());
        for (all, there) in [(&self.organizations, &mut organizations), (&self.people, &mut people)] {
            for customer in all {
                match crm.get(customer).await {
                    Ok(customer) => there.push(customer),
                    Err(Error::CustomerMerged { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let mut parents: HashMap<CustomerId, CustomerId> = HashMap::new();
        for organization in &organizations {
            let links = crm.links_of(organization).await;
            let is_parent =
                |link: &&CustomerLink| link.label == "parent" && !link.is_inactive && link.from_id == organization.id;
            let found: Vec<CustomerId> = links.iter().filter(is_parent).map(|link| link.to_id).collect();
            anyhow::ensure!(found.len() <= 1, "one parent");
            anyhow::ensure!(crm.get(organization).await?.parent_id == found.first().copied(), "the parent is kept");
            parents.extend(found.first().map(|parent| (organization.id, *parent)));
        }
        for organization in &organizations {
            let (mut at, mut levels) = (organization.id, 1);
            while let Some(parent) = parents.get(&at) {
                (at, levels) = (*parent, levels + 1);
                anyhow::ensure!(levels <= DEPTH, "no cycle, and no more than {DEPTH} levels");
            }
        }
        for person in &people {
            let links = crm.links_of(person).await;
            let found: Vec<CustomerId> = links.iter().filter(|link| link.is_primary).map(|link| link.to_id).collect();
            anyhow::ensure!(found.len() <= 1, "one primary organization");
            anyhow::ensure!(links.iter().all(|link| !(link.is_primary && link.is_inactive)));
            let read = crm.get(person).await?;
            anyhow::ensure!(read.organization_id == found.first().copied(), "the organization is kept");
            if let Some(id) = read.organization_id {
                let organization = crm.admin().customers().get(id).await?;
                anyhow::ensure!(read.organization_name == Some(organization.name), "its name is followed");
            }
        }
        Ok(())
    }
}

async fn laws_hold_after_any_sequence(database: TestDatabase) -> anyhow::Result<()> {
    for round in 0..4 {
        let (crm, seed) = (TestCrm::new(&database), Chance::seed() + round);
        let (world, mut chance) = (World::new(&crm).await, Chance::new(seed));
        for step in 0..60 {
            world.step(&crm, &mut chance).await?;
            if step % 20 == 19 {
                world.check(&crm).await.map_err(|error| error.context(format!("seed {seed}, step {step}")))?;
            }
        }
    }
    Ok(())
}

async fn laws_hold_for_two_writers(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, seed) = (TestCrm::new(&database), Chance::seed());
    let world = World::new(&crm).await;
    let writer = async |seed: u64| -> anyhow::Result<()> {
        let mut chance = Chance::new(seed);
        for _ in 0..60 {
            world.step(&crm, &mut chance).await?;
        }
        Ok(())
    };
    for round in 0..2 {
        let (one, other) = tokio::join!(writer(seed + round), writer(seed + 1_000 + round));
        one.and(other)?;
        world.check(&crm).await.map_err(|error| error.context(format!("seed {seed}")))?;
    }
    // Each half of a cycle is allowed; of two writers at once one is refused.
    for _ in 0..8 {
        let (lee, kim) = (crm.organization("Lee").await, crm.organization("Kim").await);
        let (one, other) = tokio::join!(below(&crm, &lee, &kim), below(&crm, &kim, &lee));
        anyhow::ensure!(one.is_ok() != other.is_ok(), "one of the two: {one:?} {other:?}");
    }
    Ok(())
}
