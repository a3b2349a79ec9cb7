//! Undoing a merge when something has happened since.

use std::time::Duration;

use crm_core::actor::Role;
use crm_core::customers::{Customer, MERGE_UNDOABLE_FOR};
use crm_core::notes::{NewNote, NotePatch, NoteVisibility};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Conflict, Crm, Error};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};

use super::{KEEP, REFUSE, of};
use crate::support::{TestCrm, assert_matches, merge_patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            changes_since_are_listed_and_refuse,
            changes_since_are_kept_by_choice,
            what_one_does_not_see_is_not_told,
            a_merge_is_undone_once_and_in_order,
            an_address_that_another_has_by_now_refuses,
            what_is_kept_expires,
        ]
    );
}

fn text(body: &str) -> NotePatch {
    NotePatch { body: Patch::Set(body.to_owned()), ..NotePatch::default() }
}

/// Two customers who were merged, with a note of each; something has been changed since.
async fn changed(crm: &TestCrm) -> anyhow::Result<(Customer, Customer, crm_core::ids::CustomerMergeId, [String; 3])> {
    let (ann, zoe) = (crm.with_email("Ann", "ann@example.com").await?, crm.with_email("Zoe", "zoe@example.com").await?);
    let moved = crm.admin().notes(zoe.id).create(NewNote::text("Of Zoe")).await?;
    let other = crm.admin().notes(zoe.id).create(NewNote::text("Unchanged")).await?;
    let merge = crm.merge(of(&ann, &[&zoe])).await?.id.expect("an id");
    crm.admin().notes(ann.id).update(moved.id, text("Of Zoe, corrected"), None).await?;
    let added = crm.admin().notes(ann.id).create(NewNote::text("New")).await?;
    let patch = merge_patch(json!({ "jobTitle": "Buyer", "customFields": { "tier": "gold" } }));
    crm.admin().customers().update(ann.id, patch, None).await?;
    Ok((ann, zoe, merge, [moved.id, other.id, added.id].map(|id| id.to_string())))
}

async fn changes_since_are_listed_and_refuse(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (_, zoe, merge, [moved, _, added]) = changed(&crm).await?;
    let before = super::laws::store(&crm, &[]).await?;
    let Err(Error::ChangedSinceMerge(changes)) = crm.undo(Some(merge), REFUSE).await else { panic!("no refusal") };
    let told: Vec<(String, String)> = changes.0.into_iter().map(|change| (change.pointer, change.code)).collect();
    let expected = [
        ("/jobTitle".to_owned(), "changed_since_merge"),
        ("/customFields/tier".to_owned(), "changed_since_merge"),
        (format!("/notes/{moved}"), "changed_since_merge"),
        (format!("/notes/{added}"), "added_since_merge"),
    ];
    assert_eq!(told, expected.map(|(pointer, code)| (pointer, code.to_owned())));
    assert_eq!(super::laws::store(&crm, &[]).await?, before);
    assert_matches!(crm.get(&zoe).await, Err(Error::CustomerMerged { .. }));
    Ok(())
}

async fn changes_since_are_kept_by_choice(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, zoe, merge, [moved, other, added]) = changed(&crm).await?;
    let outcome = crm.undo(Some(merge), KEEP).await?;
    assert_eq!((outcome.kept.len(), outcome.restored_ids), (4, vec![zoe.id]));
    let (ann, back) = (crm.get(&ann).await?, crm.get(&zoe).await?);
    assert_eq!(outcome.customer, ann);
    assert_eq!((ann.job_title.as_deref(), &ann.custom_fields["tier"]), (Some("Buyer"), &json!("gold")));
    assert_eq!((ann.emails.len(), &back.emails), (1, &zoe.emails));
    let page = PageRequest::default();
    let notes = async |of: &Customer| -> crm_core::Result<Vec<String>> {
        let page = crm.admin().notes(of.id).list(&Default::default(), &page).await?;
        let mut ids: Vec<String> = page.data.iter().map(|note| note.id.to_string()).collect();
        ids.sort_unstable();
        Ok(ids)
    };
    let mut stayed = vec![moved, added];
    stayed.sort_unstable();
    assert_eq!((notes(&ann).await?, notes(&back).await?), (stayed, vec![other]));
    assert_eq!(crm.admin().stats().activity(back.id, None).await?.notes, 1);
    Ok(())
}

async fn what_one_does_not_see_is_not_told(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, zoe) = (crm.named("Ann").await?, crm.named("Zoe").await?);
    let private = NewNote { visibility: Some(NoteVisibility::Private), ..NewNote::text("Between us") };
    let mut rep = crm.scope(Role::SalesRep);
    let moved = rep.notes(zoe.id).create(private.clone()).await?;
    let merge = crm.merge(of(&ann, &[&zoe])).await?;
    rep.notes(ann.id).update(moved.id, text("Between you and me"), None).await?;
    let added = rep.notes(ann.id).create(private).await?;
    crm.undo(merge.id, REFUSE).await?;
    // It is back with what it says now; what was added stays.
    assert_eq!(rep.notes(zoe.id).get(moved.id).await?.body, "Between you and me");
    assert_eq!(rep.notes(ann.id).get(added.id).await?.customer_id, ann.id);
    Ok(())
}

async fn a_merge_is_undone_once_and_in_order(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let [a, b, c] = [crm.named("A").await?, crm.named("B").await?, crm.named("C").await?];
    let first = crm.merge(of(&b, &[&a])).await?;
    let second = crm.merge(of(&c, &[&b])).await?;
    let refused = crm.undo(first.id, KEEP).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::CustomerMergeContinued)));
    crm.undo(second.id, REFUSE).await?;
    assert_matches!(crm.undo(second.id, KEEP).await, Err(Error::Conflict(Conflict::CustomerMergeUndone)));
    crm.undo(first.id, REFUSE).await?;
    let merges = crm.admin().customers().merges(b.id, &PageRequest::default()).await?;
    assert_eq!((merges.data.len(), merges.data[0].undone_at.is_some()), (1, true));
    assert_eq!((merges.data[0].losers[0].id, merges.data[0].losers[0].name.as_deref()), (a.id, None));
    // Nothing of the customers is kept for it any more.
    assert!(!crm.dump("crm_customer_merges").await?.contains("customFields"));
    Ok(())
}

async fn an_address_that_another_has_by_now_refuses(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, zoe) = (crm.with_email("Ann", "ann@example.com").await?, crm.with_email("Zoe", "zoe@example.com").await?);
    let merge = crm.merge(of(&ann, &[&zoe])).await?;
    crm.admin().customers().update(ann.id, merge_patch(json!({ "emails": [] })), None).await?;
    crm.with_email("Zoe the second", "zoe@example.com").await?;
    let refused = crm.undo(merge.id, KEEP).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
    assert_matches!(crm.get(&zoe).await, Err(Error::CustomerMerged { .. }));
    Ok(())
}

async fn what_is_kept_expires(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let (ann, zoe) = (crm.with_email("Ann", "ann@example.com").await?, crm.with_email("Zoe", "zoe@example.com").await?);
    crm.admin().notes(zoe.id).create(NewNote::text("Of Zoe")).await?;
    let merge = crm.merge(of(&ann, &[&zoe])).await?;
    clock.advance(MERGE_UNDOABLE_FOR.to_std()? - Duration::from_secs(1));
    crm.crm.delete_old_merges(&crm.db).await?;
    assert_eq!(crm.count("crm_customers").await?, 2);
    clock.advance(Duration::from_secs(1));
    assert_matches!(crm.undo(merge.id, KEEP).await, Err(Error::Conflict(Conflict::CustomerMergeExpired)));
    crm.crm.delete_old_merges(&crm.db).await?;
    assert_eq!((crm.count("crm_customers").await?, crm.count("crm_customer_merge_records").await?), (1, 0));
    assert!(!crm.dump("crm_customer_merges").await?.contains("zoe@example.com"));
    assert_matches!(crm.undo(merge.id, KEEP).await, Err(Error::Conflict(Conflict::CustomerMergeExpired)));
    // The id still leads to the survivor, who has the note.
    assert_matches!(crm.get(&zoe).await, Err(Error::CustomerMerged { survivor_id, .. }) if survivor_id == ann.id);
    assert_eq!(crm.count("crm_customer_notes").await?, 1);
    let merges = crm.admin().customers().merges(ann.id, &PageRequest::default()).await?;
    assert_eq!(merges.data[0].losers[0].name, None);
    Ok(())
}
