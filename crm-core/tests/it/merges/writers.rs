//! Merges while others write.

use std::collections::BTreeSet;

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::Customer;
use crm_core::notes::NewNote;
use crm_core::page::{Count, PageRequest};
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;

use super::{KEEP, of};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [no_note_is_lost_to_a_merge, merges_that_cross_wait_for_each_other]);
}

/// A writer adds notes to the loser until it is told where the customer is now.
async fn no_note_is_lost_to_a_merge(database: TestDatabase) -> anyhow::Result<()> {
    for _ in 0..5 {
        let crm = TestCrm::new(&database);
        let (ann, zoe) = (crm.named("Ann").await?, crm.named("Zoe").await?);
        let mut writers = JoinSet::new();
        for writer in 0..3 {
            let (mut scope, id) = (crm.admin(), zoe.id);
            writers.spawn(async move {
                let mut added = BTreeSet::new();
                for number in 0..20 {
                    match scope.notes(id).create(NewNote::text(format!("{writer}.{number}"))).await {
                        Ok(note) => drop(added.insert(note.id)),
                        Err(Error::CustomerMerged { .. }) => return Ok(added),
                        Err(other) => return Err(other),
                    }
                }
                Ok(added)
            });
        }
        crm.admin().notes(zoe.id).create(NewNote::text("First")).await?;
        let merge = crm.merge(of(&ann, &[&zoe])).await?;
        let mut added = BTreeSet::new();
        while let Some(writer) = writers.join_next().await {
            added.extend(writer??);
        }
        let page = PageRequest::default().limit(100).count(Count::Exact);
        let notes = async |of: &Customer| crm.admin().notes(of.id).list(&Default::default(), &page).await;
        let at_survivor = notes(&ann).await?;
        assert!(added.iter().all(|id| at_survivor.data.iter().any(|note| note.id == *id)));
        assert_eq!(crm.admin().stats().activity(ann.id, None).await?.notes, at_survivor.total.unwrap_or_default());
        crm.undo(merge.id, KEEP).await?;
        assert_eq!(notes(&zoe).await?.total, Some(added.len() as u64 + 1));
        assert_eq!(notes(&ann).await?.total, Some(0));
    }
    Ok(())
}

/// Of two merges of the same customers in either direction one is done, and the other learns of it.
async fn merges_that_cross_wait_for_each_other(database: TestDatabase) -> anyhow::Result<()> {
    for _ in 0..10 {
        let crm = TestCrm::new(&database);
        let (ann, zoe) = (crm.named("Ann").await?, crm.named("Zoe").await?);
        for customer in [&ann, &zoe] {
            crm.admin().customer_tags(customer.id).add(["VIP", "New"]).await?;
        }
        let (mut one, mut other) = (crm.admin(), crm.scope(Role::Manager));
        let (there, back) = (of(&ann, &[&zoe]), of(&zoe, &[&ann]));
        let (there, back) =
            tokio::join!(async { one.customers().merge(there).await }, async { other.customers().merge(back).await });
        match (there, back) {
            (Ok(_), Err(Error::CustomerMerged { survivor_id, .. })) => assert_eq!(survivor_id, ann.id),
            (Err(Error::CustomerMerged { survivor_id, .. }), Ok(_)) => assert_eq!(survivor_id, zoe.id),
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}
