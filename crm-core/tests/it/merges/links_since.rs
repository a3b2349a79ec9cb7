//! Undoing a merge whose links have changed since, and merges that meet at the same links.

use crm_core::customers::{Customer, CustomerLinkPatch, CustomerLinkQuery, MergeCustomers, NewCustomerLink};
use crm_core::ids::LinkId;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;

use super::{KEEP, REFUSE, of};
use crate::links::primary;
use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        changed_deleted_and_added_links_are_listed_and_refuse,
        changed_deleted_and_added_links_are_kept_by_choice,
        what_others_have_given_up_does_not_come_back_as_primary,
        a_hierarchy_that_has_changed_refuses,
        merges_of_both_ends_are_undone_in_any_order,
        no_link_is_lost_to_a_merge,
        merges_of_both_ends_wait_for_each_other,
    ]);
}

fn title(title: &str) -> CustomerLinkPatch {
    CustomerLinkPatch { title: Patch::Set(title.to_owned()), ..CustomerLinkPatch::default() }
}

async fn ids(crm: &TestCrm, of: &Customer) -> Vec<LinkId> {
    let mut ids: Vec<LinkId> = crm.links_of(of).await.iter().map(|link| link.id).collect();
    ids.sort_unstable();
    ids
}

struct Changed {
    lee: Customer,
    old: Customer,
    ann: Customer,
    merge: Option<crm_core::ids::CustomerMergeId>,
    /// Changed, deleted, unchanged, added.
    links: [LinkId; 4],
    /// What another one was folded into, and was changed.
    kept: LinkId,
}

/// Two organizations that were merged, and whose links were written since.
async fn changed(crm: &TestCrm) -> anyhow::Result<Changed> {
    let (lee, old) = (crm.organization("Lee").await, crm.organization("Old").await);
    let [ann, bob, eve, zoe] =
        [crm.person("Ann").await, crm.person("Bob").await, crm.person("Eve").await, crm.person("Zoe").await];
    let edited = crm.employ(&ann, &old).await;
    let kept = crm.link(bob.id, NewCustomerLink::to(lee.id, "owner")).await?;
    crm.link(bob.id, NewCustomerLink { title: Some("Founder".to_owned()), ..NewCustomerLink::to(old.id, "owner") })
        .await?;
    let deleted = crm.employ(&eve, &old).await;
    let same = crm.employ(&zoe, &old).await;
    let merge = crm.merge(of(&lee, &[&old])).await?.id;
    crm.admin().links(lee.id).update(edited.id, title("Buyer"), None).await?;
    crm.admin().links(lee.id).update(kept.id, title("Owner"), None).await?;
    crm.admin().links(lee.id).delete(deleted.id, None).await?;
    let added = crm.link(zoe.id, NewCustomerLink::to(lee.id, "director")).await?;
    Ok(Changed { lee, old, ann, merge, links: [edited.id, deleted.id, same.id, added.id], kept: kept.id })
}

async fn changed_deleted_and_added_links_are_listed_and_refuse(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let Changed { merge, links: [edited, deleted, _, added], kept, .. } = changed(&crm).await?;
    let before = super::laws::store(&crm, &["crm_audit"]).await?;
    let Err(Error::ChangedSinceMerge(changes)) = crm.undo(merge, REFUSE).await else { panic!("no refusal") };
    let told: Vec<(String, String)> = changes.0.into_iter().map(|change| (change.pointer, change.code)).collect();
    let mut expected = [edited, deleted, kept].map(|id| (format!("/links/{id}"), "changed_since_merge".to_owned()));
    expected.sort_unstable();
    assert_eq!(told[..3], expected);
    assert_eq!(told[3..], [(format!("/links/{added}"), "added_since_merge".to_owned())]);
    assert_eq!(super::laws::store(&crm, &["crm_audit"]).await?, before);
    Ok(())
}

async fn changed_deleted_and_added_links_are_kept_by_choice(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let Changed { lee, old, ann, merge, links: [edited, _, same, added], kept } = changed(&crm).await?;
    let outcome = crm.undo(merge, KEEP).await?;
    assert_eq!(outcome.kept.len(), 4);
    let mut stayed = vec![edited, kept, added];
    stayed.sort_unstable();
    assert_eq!(ids(&crm, &lee).await, stayed);
    let back = crm.links_of(&old).await;
    assert_eq!(back.len(), 2, "the one that is the same, and the one that was folded");
    assert!(back.iter().any(|link| link.id == same && link.is_primary));
    assert!(back.iter().any(|link| link.title.as_deref() == Some("Founder")));
    let read = crm.get(&ann).await?;
    assert_eq!((read.organization_id, read.organization_name.as_deref()), (Some(lee.id), Some("Lee")));
    assert_eq!(crm.admin().links(lee.id).get(kept).await?.title.as_deref(), Some("Owner"));
    Ok(())
}

async fn what_others_have_given_up_does_not_come_back_as_primary(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lee, old, kim) = (crm.organization("Lee").await, crm.organization("Old").await, crm.organization("Kim").await);
    let ann = crm.person("Ann").await;
    let at_lee = crm.link(ann.id, NewCustomerLink::to(lee.id, "employee")).await?;
    let at_old = crm.employ(&ann, &old).await;
    let at_kim = crm.link(ann.id, NewCustomerLink::to(kim.id, "employee")).await?;
    let merge = crm.merge(of(&lee, &[&old])).await?;
    crm.change(&at_kim, primary(true)).await?;
    assert_matches!(crm.undo(merge.id, REFUSE).await, Err(Error::ChangedSinceMerge(_)));
    crm.undo(merge.id, KEEP).await?;
    let links = crm.links_of(&ann).await;
    let primary: Vec<LinkId> = links.iter().filter(|link| link.is_primary).map(|link| link.id).collect();
    assert_eq!((primary, links.len()), (vec![at_kim.id], 3));
    assert!(links.iter().any(|link| link.id == at_lee.id) && links.iter().any(|link| link.id == at_old.id));
    assert_eq!(crm.get(&ann).await?.organization_id, Some(kim.id));
    Ok(())
}

async fn a_hierarchy_that_has_changed_refuses(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [lee, old, top, shop] = [
        crm.organization("Lee").await,
        crm.organization("Old").await,
        crm.organization("Top").await,
        crm.organization("Shop").await,
    ];
    let parent = |of: &Customer| NewCustomerLink::to(of.id, "parent");
    crm.link(lee.id, parent(&shop)).await?;
    crm.link(old.id, parent(&top)).await?;
    let child = crm.organization("Child").await;
    crm.link(child.id, parent(&old)).await?;
    let merge = crm.merge(of(&lee, &[&old])).await?;
    // The former parent of the one that is gone is put below its former child.
    crm.link(top.id, parent(&child)).await?;
    let Err(Error::ChangedSinceMerge(changes)) = crm.undo(merge.id, KEEP).await else { panic!("no refusal") };
    assert_eq!((&*changes.0[0].pointer, &*changes.0[0].code), ("/parentId", "hierarchy_cycle"));
    assert_matches!(crm.get(&old).await, Err(Error::CustomerMerged { .. }));
    Ok(())
}

async fn merges_of_both_ends_are_undone_in_any_order(database: TestDatabase) -> anyhow::Result<()> {
    for folds in [false, true] {
        for first_first in [true, false] {
            let crm = TestCrm::new(&database);
            let (ann, anna) = (crm.person("Ann").await, crm.person("Anna").await);
            let (lee, old) = (crm.organization("Lee").await, crm.organization("Old").await);
            let link = crm.employ(&anna, &old).await;
            if folds {
                crm.link(ann.id, NewCustomerLink::to(lee.id, "employee")).await?;
            }
            let before = super::laws::store(&crm, super::laws::TOLD).await?;
            let people = crm.merge(of(&ann, &[&anna])).await?;
            let firms = crm.merge(of(&lee, &[&old])).await?;
            let read = crm.get(&ann).await?;
            assert_eq!((read.organization_id, read.organization_name.as_deref()), (Some(lee.id), Some("Lee")));
            assert_eq!((crm.links_of(&ann).await.len(), crm.links_of(&lee).await.len()), (1, 1));
            let order = if first_first { [people.id, firms.id] } else { [firms.id, people.id] };
            for id in order {
                crm.undo(id, REFUSE).await?;
            }
            let back = crm.admin().links(anna.id).get(link.id).await?;
            assert_eq!((back.to_id, back.is_primary || (folds && first_first)), (old.id, true));
            if !folds || !first_first {
                let after = super::laws::store(&crm, super::laws::TOLD).await?;
                for (table, rows) in before {
                    assert_eq!(Some(&rows), after.get(&table), "{table}");
                }
            }
        }
    }
    Ok(())
}

/// A writer adds people to the loser until it is told where the organization is now.
async fn no_link_is_lost_to_a_merge(database: TestDatabase) -> anyhow::Result<()> {
    for _ in 0..4 {
        let crm = TestCrm::new(&database);
        let (lee, old) = (crm.organization("Lee").await, crm.organization("Old").await);
        let mut writers = JoinSet::new();
        for writer in 0..3 {
            let mut people = Vec::new();
            for number in 0..8 {
                people.push(crm.person(&format!("{writer}.{number}")).await.id);
            }
            let (mut scope, to) = (crm.admin(), old.id);
            writers.spawn(async move {
                let mut added = Vec::new();
                for person in people {
                    let new = NewCustomerLink { is_primary: Some(true), ..NewCustomerLink::from(person, "employee") };
                    match scope.links(to).create(new).await {
                        Ok(_) => added.push(person),
                        Err(Error::CustomerMerged { .. }) => return Ok(added),
                        Err(other) => return Err(other),
                    }
                }
                Ok(added)
            });
        }
        let first = crm.person("First").await;
        crm.employ(&first, &old).await;
        let merge = crm.merge(of(&lee, &[&old])).await?;
        let mut added = vec![first.id];
        while let Some(writer) = writers.join_next().await {
            added.extend(writer??);
        }
        assert_eq!(merge.links.moved, added.len() as u64);
        let state = async |of: &Customer| {
            for id in &added {
                let person = crm.admin().customers().get(*id).await?;
                let name = person.organization_name.as_deref();
                assert_eq!((person.organization_id, name), (Some(of.id), Some(&*of.name)));
            }
            let (query, page) = (CustomerLinkQuery::default(), PageRequest::default().limit(100));
            let links = crm.admin().links(of.id).list(&query, &page).await?;
            assert_eq!(links.data.len(), added.len());
            Ok::<_, crm_core::Error>(())
        };
        state(&lee).await?;
        crm.undo(merge.id, REFUSE).await?;
        state(&old).await?;
    }
    Ok(())
}

/// People and their organizations are merged at once. In whichever order, one link joins what they are.
async fn merges_of_both_ends_wait_for_each_other(database: TestDatabase) -> anyhow::Result<()> {
    for round in 0..6 {
        let crm = TestCrm::new(&database);
        let (ann, anna) = (crm.person("Ann").await, crm.person("Anna").await);
        let (lee, old) = (crm.organization("Lee").await, crm.organization("Old").await);
        crm.employ(&anna, &old).await;
        if round % 2 == 0 {
            crm.employ(&ann, &lee).await;
        }
        let (mut one, mut other) = (crm.admin(), crm.admin());
        let merge = async |scope: &mut crm_core::CompanyScope<'static>, request: MergeCustomers| {
            scope.customers().merge(request).await
        };
        let (people, firms) = tokio::join!(merge(&mut one, of(&ann, &[&anna])), merge(&mut other, of(&lee, &[&old])));
        let (people, firms) = (people?, firms?);
        let links = crm.links_of(&ann).await;
        assert_eq!(links.len(), 1, "{links:?}");
        assert_eq!((links[0].to_id, links[0].is_primary), (lee.id, true));
        let (back, again) =
            tokio::join!(async { one.customers().undo_merge(people.id.expect("an id"), REFUSE).await }, async {
                other.customers().undo_merge(firms.id.expect("an id"), REFUSE).await
            });
        for undone in [back, again] {
            undone?;
        }
        let links = crm.links_of(&anna).await;
        assert_eq!((links.len(), links[0].to_id), (1, old.id));
        let again = crm.undo(people.id, REFUSE).await;
        assert_matches!(again, Err(Error::Conflict(Conflict::CustomerMergeUndone)));
    }
    Ok(())
}
