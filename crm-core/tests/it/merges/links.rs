//! What becomes of the links of merged customers.

use crm_core::actor::Role;
use crm_core::customers::{Customer, CustomerLink, MergeCount, MergeCustomers, MergedLinks, NewCustomerLink};
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::notes::NewNote;
use crm_core::page::{Count, PageRequest};
use crm_core::timeline::TimelineQuery;
use crm_core::{Error, customers::CustomerQuery};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{REFUSE, of};
use crate::links::inactive;
use crate::support::{TestCrm, assert_matches, merge_patch, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        people_and_children_go_with_an_organization,
        links_between_the_customers_are_dropped,
        the_same_links_become_one,
        a_link_of_the_person_may_be_primary_by_folding,
        one_organization_stays_primary,
        a_choice_decides_whose_organization_stands,
        one_parent_stays,
        a_cycle_and_too_many_levels_are_refused,
        links_of_another_kind_are_refused,
        mutual_links_keep_their_order,
        the_roll_up_follows,
        a_purge_takes_what_was_folded,
        an_old_id_leads_to_the_links_of_the_survivor,
    ]);
}

async fn below(crm: &TestCrm, child: &Customer, parent: &Customer) -> CustomerLink {
    crm.link(child.id, NewCustomerLink::to(parent.id, "parent")).await.expect("a parent")
}

fn counts(moved: u64, folded: u64, dropped: u64) -> MergedLinks {
    let json = json!({ "moved": moved, "folded": folded, "dropped": dropped });
    serde_json::from_value(json).expect("counts")
}

/// What is told of a link at one of its ends, without stamps.
fn told(link: &CustomerLink) -> (String, String, Option<&str>, bool, bool) {
    let CustomerLink { label, customer, title, is_primary, is_inactive, .. } = link;
    (label.clone(), customer.display_name.clone(), title.as_deref(), *is_primary, *is_inactive)
}

async fn people_and_children_go_with_an_organization(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [lee, old, shop, top] = [
        crm.organization("Lee & Co").await,
        crm.organization("Lee Ltd").await,
        crm.organization("Shop").await,
        crm.organization("Top").await,
    ];
    let (ann, bob) = (crm.person("Ann").await, crm.person("Bob").await);
    let link = crm.employ(&ann, &old).await;
    crm.employ(&bob, &lee).await;
    below(&crm, &shop, &old).await;
    below(&crm, &old, &top).await;
    let before = super::laws::store(&crm, &[]).await?;
    let dry = crm.merge(MergeCustomers { dry_run: true, ..of(&lee, &[&old]) }).await?;
    assert_eq!(super::laws::store(&crm, &[]).await?, before);
    let done = crm.merge(of(&lee, &[&old])).await?;
    assert_eq!((done.links, dry.links), (counts(3, 0, 0), counts(3, 0, 0)));
    assert_eq!(done.moved, [MergeCount { of: "link".to_owned(), count: 3 }]);
    assert_eq!((done.customer.parent_id, crm.get(&shop).await?.parent_id), (Some(top.id), Some(lee.id)));
    let moved = crm.get(&ann).await?;
    assert_eq!((moved.organization_id, moved.organization_name.as_deref()), (Some(lee.id), Some("Lee & Co")));
    let seen = crm.admin().links(ann.id).get(link.id).await?;
    assert_eq!((seen.to_id, seen.version, &*seen.customer.display_name), (lee.id, link.version, "Lee & Co"));
    let people = CustomerQuery {
        filter: json!({ "field": "organizationId", "op": "eq", "value": lee.id }).to_string().parse().ok(),
        ..CustomerQuery::default()
    };
    assert_eq!(crm.names(&people).await?.len(), 2);
    let history = crm.admin().customers().history(ann.id, &PageRequest::default()).await?;
    assert_eq!(history.data[0].changes[0].field, "organizationName");
    crm.undo(done.id, REFUSE).await?;
    let back = crm.get(&ann).await?;
    assert_eq!((back.organization_id, back.organization_name.as_deref()), (Some(old.id), Some("Lee Ltd")));
    assert_eq!((crm.get(&lee).await?.parent_id, crm.get(&old).await?.parent_id), (None, Some(top.id)));
    assert_eq!(crm.get(&shop).await?.parent_id, Some(old.id));
    assert_eq!(crm.names(&people).await?, ["Bob"]);
    assert_eq!(crm.count("crm_customer_merge_links").await?, 0);
    Ok(())
}

async fn links_between_the_customers_are_dropped(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, anna, anne] = [crm.person("Ann").await, crm.person("Anna").await, crm.person("Anne").await];
    let family = crm.link(ann.id, NewCustomerLink::to(anna.id, "family")).await?;
    crm.link(anna.id, NewCustomerLink::to(anne.id, "partner")).await?;
    let done = crm.merge(of(&ann, &[&anna, &anne])).await?;
    assert_eq!(done.links, counts(0, 0, 2));
    assert!(crm.links_of(&ann).await.is_empty());
    crm.undo(done.id, REFUSE).await?;
    assert_eq!(crm.links_of(&ann).await, [crm.admin().links(ann.id).get(family.id).await?]);
    assert_eq!(crm.links_of(&anna).await.len(), 2);
    // A child is merged into its parent, and has the parent of that.
    let [lee, shop, top] =
        [crm.organization("Lee").await, crm.organization("Shop").await, crm.organization("Top").await];
    below(&crm, &shop, &lee).await;
    below(&crm, &lee, &top).await;
    let done = crm.merge(of(&shop, &[&lee])).await?;
    assert_eq!((done.links, done.customer.parent_id), (counts(1, 0, 1), Some(top.id)));
    crm.undo(done.id, REFUSE).await?;
    assert_eq!((crm.get(&shop).await?.parent_id, crm.get(&lee).await?.parent_id), (Some(lee.id), Some(top.id)));
    Ok(())
}

async fn the_same_links_become_one(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, anna, lee) = (crm.person("Ann").await, crm.person("Anna").await, crm.organization("Lee").await);
    let job = |title: Option<&str>, started: Option<&str>| NewCustomerLink {
        title: title.map(str::to_owned),
        started_on: started.and_then(|day| day.parse().ok()),
        ..NewCustomerLink::to(lee.id, "employee")
    };
    let kept = crm.link(ann.id, job(None, Some("2019-01-01"))).await?;
    crm.change(&kept, inactive(true)).await?;
    let before = crm.links_of(&ann).await;
    crm.link(anna.id, job(Some("Buyer"), Some("2021-01-01"))).await?;
    let owner = crm.link(anna.id, NewCustomerLink::to(lee.id, "owner")).await?;
    let others = crm.links_of(&anna).await;
    let done = crm.merge(of(&ann, &[&anna])).await?;
    assert_eq!(done.links, counts(1, 1, 0));
    let merged = crm.admin().links(ann.id).get(kept.id).await?;
    assert_eq!(told(&merged), ("employee".to_owned(), "Lee".to_owned(), Some("Buyer"), false, false));
    assert_eq!((merged.started_on, merged.version), ("2019-01-01".parse().ok(), before[0].version + 1));
    assert_eq!(crm.links_of(&lee).await.len(), 2, "the other end sees the same");
    assert_eq!(crm.admin().links(ann.id).get(owner.id).await?.version, 1);
    crm.undo(done.id, REFUSE).await?;
    assert_eq!((crm.links_of(&ann).await, crm.links_of(&anna).await), (before, others));
    Ok(())
}

async fn a_link_of_the_person_may_be_primary_by_folding(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee, old) = (crm.person("Ann").await, crm.organization("Lee").await, crm.organization("Old").await);
    let kept = crm.link(ann.id, NewCustomerLink::to(lee.id, "employee")).await?;
    let job = crm.employ(&ann, &old).await;
    let done = crm.merge(of(&lee, &[&old])).await?;
    assert_eq!(done.links, counts(0, 1, 0));
    assert!(crm.admin().links(ann.id).get(kept.id).await?.is_primary);
    let read = crm.get(&ann).await?;
    assert_eq!((read.organization_id, read.organization_name.as_deref()), (Some(lee.id), Some("Lee")));
    crm.undo(done.id, REFUSE).await?;
    assert!(!crm.admin().links(ann.id).get(kept.id).await?.is_primary);
    assert!(crm.admin().links(ann.id).get(job.id).await?.is_primary);
    let read = crm.get(&ann).await?;
    assert_eq!((read.organization_id, read.organization_name.as_deref()), (Some(old.id), Some("Old")));
    Ok(())
}

async fn one_organization_stays_primary(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [ann, anna, anne] = [crm.person("Ann").await, crm.person("Anna").await, crm.person("Anne").await];
    let (lee, kim) = (crm.organization("Lee").await, crm.organization("Kim").await);
    let (at_lee, at_kim) = (crm.employ(&anna, &lee).await, crm.employ(&anne, &kim).await);
    let first = crm.merge(of(&ann, &[&anna, &anne])).await?;
    assert_eq!(
        (first.customer.organization_id, first.customer.organization_name.as_deref()),
        (Some(lee.id), Some("Lee"))
    );
    let is_primary = async |id| crm.admin().links(ann.id).get(id).await.map(|link| link.is_primary);
    assert_eq!((is_primary(at_lee.id).await?, is_primary(at_kim.id).await?), (true, false));
    crm.undo(first.id, REFUSE).await?;
    assert_eq!(crm.get(&ann).await?.organization_id, None);
    assert_eq!(
        (crm.get(&anna).await?.organization_id, crm.get(&anne).await?.organization_id),
        (Some(lee.id), Some(kim.id))
    );
    let second = crm.merge(of(&anne, &[&anna])).await?;
    assert_eq!(second.customer.organization_id, Some(kim.id), "the survivor's is kept");
    assert_eq!(crm.get(&anne).await?.organization_name.as_deref(), Some("Kim"));
    Ok(())
}

async fn a_choice_decides_whose_organization_stands(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, anna) = (crm.person("Ann").await, crm.person("Anna").await);
    let (lee, kim) = (crm.organization("Lee").await, crm.organization("Kim").await);
    crm.employ(&ann, &lee).await;
    crm.employ(&anna, &kim).await;
    let before = crm.links_of(&ann).await;
    let choose = |of: MergeCustomers, id| MergeCustomers { fields: [("organizationName".to_owned(), id)].into(), ..of };
    let done = crm.merge(choose(of(&ann, &[&anna]), anna.id)).await?;
    assert_eq!(
        (done.customer.organization_id, done.customer.organization_name.as_deref()),
        (Some(kim.id), Some("Kim"))
    );
    assert_eq!(crm.links_of(&ann).await.iter().filter(|link| link.is_primary).count(), 1);
    crm.undo(done.id, REFUSE).await?;
    assert_eq!(crm.links_of(&ann).await, before);
    assert_eq!(crm.get(&ann).await?.organization_name.as_deref(), Some("Lee"));
    // Whose name is free text has no organization, and that can be chosen.
    let zoe = crm.person("Zoe").await;
    let patch = merge_patch(json!({ "organizationName": "Her own" }));
    crm.admin().customers().update(zoe.id, patch, None).await?;
    let done = crm.merge(choose(of(&zoe, &[&anna]), zoe.id)).await?;
    assert_eq!((done.customer.organization_id, done.customer.organization_name.as_deref()), (None, Some("Her own")));
    crm.undo(done.id, REFUSE).await?;
    let named = MergeCustomers { values: merge_patch(json!({ "organizationName": "Other" })), ..of(&zoe, &[&anna]) };
    assert_eq!(violation(crm.merge(named).await, "/values/organizationName"), "organization_linked");
    Ok(())
}

async fn one_parent_stays(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [lee, old, first, second] = [
        crm.organization("Lee").await,
        crm.organization("Old").await,
        crm.organization("First").await,
        crm.organization("Second").await,
    ];
    let link = below(&crm, &lee, &first).await;
    let dropped = below(&crm, &old, &second).await;
    let done = crm.merge(of(&lee, &[&old])).await?;
    assert_eq!((done.links, done.customer.parent_id), (counts(0, 0, 1), Some(first.id)));
    assert!(crm.links_of(&second).await.is_empty());
    crm.undo(done.id, REFUSE).await?;
    assert_eq!(crm.get(&old).await?.parent_id, Some(second.id));
    assert_eq!(crm.links_of(&second).await[0].id, dropped.id);
    // What was the parent once is that of the other now: it is the parent again.
    crm.change(&link, inactive(true)).await?;
    crm.change(&dropped, inactive(true)).await?;
    below(&crm, &old, &first).await;
    let done = crm.merge(of(&lee, &[&old])).await?;
    assert_eq!((done.links, done.customer.parent_id), (counts(1, 1, 0), Some(first.id)));
    crm.undo(done.id, REFUSE).await?;
    assert_eq!((crm.get(&lee).await?.parent_id, crm.get(&old).await?.parent_id), (None, Some(first.id)));
    Ok(())
}

async fn a_cycle_and_too_many_levels_are_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut chain = vec![crm.organization("Level 0").await];
    for level in 1..7 {
        chain.push(crm.organization(&format!("Level {level}")).await);
        below(&crm, &chain[level], &chain[level - 1]).await;
    }
    let apart = crm.organization("Apart").await;
    let before = super::laws::store(&crm, &["crm_audit"]).await?;
    assert_eq!(violation(crm.merge(of(&chain[3], &[&apart, &chain[1]])).await, "/loserIds/1"), "hierarchy_cycle");
    assert_eq!(violation(crm.merge(of(&chain[0], &[&chain[2]])).await, "/loserIds/0"), "hierarchy_cycle");
    assert_eq!(super::laws::store(&crm, &["crm_audit"]).await?, before);
    // A parent and its child become one, whatever is below.
    crm.merge(MergeCustomers { dry_run: true, ..of(&chain[0], &[&chain[1]]) }).await?;
    let mut other = vec![crm.organization("Other 0").await];
    for level in 1..5 {
        other.push(crm.organization(&format!("Other {level}")).await);
        below(&crm, &other[level], &other[level - 1]).await;
    }
    let deep = crm.merge(of(&chain[6], &[&apart, &other[0]])).await;
    assert_eq!(violation(deep, "/loserIds/1"), "hierarchy_too_deep");
    assert_eq!(violation(crm.merge(of(&other[0], &[&chain[6]])).await, "/loserIds/0"), "hierarchy_too_deep");
    crm.merge(of(&chain[5], &[&other[0]])).await?;
    assert_eq!(crm.get(&other[1]).await?.parent_id, Some(chain[5].id));
    Ok(())
}

async fn links_of_another_kind_are_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, firm, lee) = (crm.person("Ann").await, crm.organization("Ann Ltd").await, crm.organization("Lee").await);
    let job = crm.employ(&ann, &lee).await;
    assert_eq!(violation(crm.merge(of(&firm, &[&ann])).await, "/loserIds/0"), "links_not_allowed");
    crm.admin().links(ann.id).delete(job.id, None).await?;
    // What both kinds can have moves, and goes from the person.
    let partner = crm.link(firm.id, NewCustomerLink::to(lee.id, "partner")).await?;
    let done = crm.merge(of(&ann, &[&firm])).await?;
    let link = crm.admin().links(ann.id).get(partner.id).await?;
    assert_eq!((link.from_id, link.to_id), (ann.id, lee.id));
    crm.undo(done.id, REFUSE).await?;
    let back = crm.admin().links(firm.id).get(partner.id).await?;
    assert_eq!((back.from_id, back.to_id), (partner.from_id, partner.to_id));
    Ok(())
}

async fn mutual_links_keep_their_order(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    // By age: the ids of the later ones are higher.
    let [first, ann, zoe] = [crm.person("First").await, crm.person("Ann").await, crm.person("Zoe").await];
    let link = crm.link(zoe.id, NewCustomerLink::to(ann.id, "family")).await?;
    assert_eq!((link.from_id, link.to_id), (ann.id, zoe.id));
    let done = crm.merge(of(&first, &[&zoe])).await?;
    let moved = crm.admin().links(first.id).get(link.id).await?;
    assert_eq!((moved.from_id, moved.to_id), (first.id, ann.id));
    let again = crm.link(ann.id, NewCustomerLink::to(first.id, "family")).await;
    assert_matches!(again, Err(Error::Conflict(crm_core::Conflict::LinkExists)));
    crm.undo(done.id, REFUSE).await?;
    assert_eq!(crm.admin().links(ann.id).get(link.id).await?.from_id, ann.id);
    Ok(())
}

async fn the_roll_up_follows(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, lee, old) = (crm.person("Ann").await, crm.organization("Lee").await, crm.organization("Old").await);
    crm.employ(&ann, &old).await;
    crm.admin().notes(ann.id).create(NewNote::text("On Ann")).await?;
    crm.admin().notes(old.id).create(NewNote::text("On the firm")).await?;
    crm.admin().interactions(ann.id).create(NewInteraction::of(InteractionType::Call, "A call")).await?;
    let numbers = async |of: &Customer| {
        let all = crm.admin().stats().activity_with_people(of.id, None).await?;
        Ok::<_, crm_core::Error>((all.people, all.notes, all.interactions.total))
    };
    let entries = async |of: &Customer| {
        let query = TimelineQuery { include_people: true, ..TimelineQuery::default() };
        let request = PageRequest::default().count(Count::Exact);
        let page = crm.admin().customers().timeline(of.id, &query, &request).await?;
        Ok::<_, crm_core::Error>(
            page.data.iter().filter(|entry| entry.customer.as_ref().is_some_and(|of| of.id == ann.id)).count(),
        )
    };
    let before = entries(&old).await?;
    let done = crm.merge(of(&lee, &[&old])).await?;
    assert_eq!(numbers(&lee).await?, (Some(1), 2, 1));
    assert_eq!(entries(&lee).await?, before + 1, "and the new name");
    crm.undo(done.id, REFUSE).await?;
    assert_eq!((numbers(&lee).await?, numbers(&old).await?), ((Some(0), 0, 0), (Some(1), 2, 1)));
    assert_eq!((entries(&lee).await?, entries(&old).await?), (0, before + 2));
    Ok(())
}

async fn a_purge_takes_what_was_folded(database: TestDatabase) -> anyhow::Result<()> {
    for purges_survivor in [true, false] {
        let crm = TestCrm::new(&database);
        let (ann, anna, lee) = (crm.person("Ann").await, crm.person("Anna").await, crm.organization("Lee").await);
        for person in [&ann, &anna] {
            let new = NewCustomerLink { title: Some("SECRET".to_owned()), ..NewCustomerLink::to(lee.id, "employee") };
            crm.link(person.id, new).await?;
        }
        let done = crm.merge(of(&ann, &[&anna])).await?;
        assert_eq!(done.links, counts(0, 1, 0));
        let gone = if purges_survivor { &ann } else { &lee };
        crm.admin().customers().purge(gone.id, None).await?;
        for table in ["crm_customer_links", "crm_customer_merge_links", "crm_changes"] {
            assert!(!crm.dump(table).await?.contains("SECRET"), "{table}");
        }
        if !purges_survivor {
            crm.undo(done.id, REFUSE).await?;
            assert!(crm.links_of(&anna).await.is_empty());
        }
    }
    Ok(())
}

async fn an_old_id_leads_to_the_links_of_the_survivor(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, anna, lee) = (crm.person("Ann").await, crm.person("Anna").await, crm.organization("Lee").await);
    let link = crm.employ(&anna, &lee).await;
    crm.merge(of(&ann, &[&anna])).await?;
    let leads = |result: crm_core::Result<()>| {
        assert_matches!(result, Err(Error::CustomerMerged { survivor_id, .. }) if survivor_id == ann.id);
    };
    let mut admin = crm.scope(Role::Manager);
    leads(admin.links(anna.id).list(&Default::default(), &PageRequest::default()).await.map(drop));
    leads(admin.links(anna.id).get(link.id).await.map(drop));
    leads(admin.links(anna.id).create(NewCustomerLink::to(lee.id, "owner")).await.map(drop));
    leads(admin.links(anna.id).update(link.id, inactive(true), None).await.map(drop));
    leads(admin.links(anna.id).delete(link.id, None).await);
    admin.links(ann.id).delete(link.id, None).await?;
    Ok(())
}
