//! The scan of all customers, and what users decide.

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::{DuplicateQuery, DuplicateStatus};
use crm_core::page::PageRequest;
use serde_json::json;
use std::time::Duration;
use testkit::{Suite, TestDatabase};

use super::{ann, annie, both, company, customer, ids, pairs, scan, score};
use crate::support::{assert_matches, merge_patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        own: [
            a_scan_finds_pairs_once,
            a_dismissed_pair_stays_dismissed_until_something_changes,
            pairs_vanish_with_their_customers,
            only_managers_decide,
            pairs_are_listed_by_score,
        ]
    );
}

async fn a_scan_finds_pairs_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = company(&database).await?;
    let (one, other) = (crm.create(ann()).await?, crm.create(annie()).await?);
    crm.named("Somewhere Else").await?;
    let found = scan(&crm).await?;
    assert_eq!(found.iter().map(ids).collect::<Vec<_>>(), [both(&one, &other)]);
    assert!(found[0].score >= score(750) && !found[0].evidence.is_empty());
    assert_eq!(found[0].version, 1);
    clock.advance(Duration::from_secs(60));
    let again = scan(&crm).await?;
    assert_eq!((again.len(), again[0].id, again[0].version), (1, found[0].id, 1), "a second scan changes nothing");
    assert!(again[0].seen_at > found[0].seen_at);
    clock.advance(Duration::from_secs(60));
    crm.admin().customers().update(one.id, merge_patch(json!({ "phone": "+1 312 555 0199" })), None).await?;
    assert!(scan(&crm).await?.is_empty(), "a pair that is none any more is forgotten");
    assert!(pairs(&crm.other_company(), DuplicateStatus::Open).await?.is_empty());
    Ok(())
}

async fn a_dismissed_pair_stays_dismissed_until_something_changes(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = company(&database).await?;
    let one = crm.create(ann()).await?;
    crm.create(annie()).await?;
    let pair = scan(&crm).await?.remove(0);
    assert_matches!(crm.admin().duplicates().dismiss(pair.id, Some(7)).await, Err(Error::Stale { .. }));
    let dismissed = crm.admin().duplicates().dismiss(pair.id, Some(pair.version)).await?;
    assert_eq!((dismissed.status, dismissed.version), (DuplicateStatus::Dismissed, 2));
    assert!(dismissed.dismissed_at.is_some());
    clock.advance(Duration::from_secs(60));
    assert!(scan(&crm).await?.is_empty());
    crm.admin().customers().update(one.id, merge_patch(json!({ "jobTitle": "Buyer" })), None).await?;
    clock.advance(Duration::from_secs(60));
    assert!(scan(&crm).await?.is_empty(), "a job title is not compared");
    crm.admin().customers().update(one.id, merge_patch(json!({ "city": "Boston" })), None).await?;
    clock.advance(Duration::from_secs(60));
    let open = scan(&crm).await?;
    assert_eq!((open.len(), open[0].dismissed_at), (1, None), "a city is compared");
    crm.admin().duplicates().dismiss(pair.id, None).await?;
    let reopened = crm.admin().duplicates().reopen(pair.id, None).await?;
    assert_eq!((reopened.status, reopened.dismissed_at), (DuplicateStatus::Open, None));
    assert_eq!(pairs(&crm, DuplicateStatus::Open).await?.len(), 1);
    Ok(())
}

async fn pairs_vanish_with_their_customers(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    let one = crm.create(ann()).await?;
    crm.create(annie()).await?;
    let pair = scan(&crm).await?.remove(0);
    crm.admin().customers().delete(one.id, None).await?;
    assert!(pairs(&crm, DuplicateStatus::Open).await?.is_empty());
    assert_matches!(crm.admin().duplicates().get(pair.id).await, Err(Error::NotFound { .. }));
    assert_matches!(crm.admin().duplicates().dismiss(pair.id, None).await, Err(Error::NotFound { .. }));
    crm.admin().customers().restore(one.id).await?;
    assert_eq!(crm.admin().duplicates().get(pair.id).await?.id, pair.id);
    crm.admin().customers().purge(one.id, None).await?;
    assert_eq!(crm.count("crm_duplicates").await?, 0);
    Ok(())
}

async fn only_managers_decide(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    crm.create(ann()).await?;
    crm.create(annie()).await?;
    let pair = scan(&crm).await?.remove(0);
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        assert_matches!(crm.scope(role).duplicates().scan().await, Err(Error::Forbidden { .. }));
        assert_matches!(crm.scope(role).duplicates().dismiss(pair.id, None).await, Err(Error::Forbidden { .. }));
        assert_eq!(crm.scope(role).duplicates().get(pair.id).await?.id, pair.id);
    }
    crm.scope(Role::Manager).duplicates().dismiss(pair.id, None).await?;
    let foreign = crm.other_company();
    assert_matches!(foreign.admin().duplicates().get(pair.id).await, Err(Error::NotFound { .. }));
    assert_matches!(foreign.admin().duplicates().reopen(pair.id, None).await, Err(Error::NotFound { .. }));
    let history = crm.dump("crm_changes").await?;
    assert!(!history.contains("fingerprint"), "what is computed is no part of history");
    Ok(())
}

async fn pairs_are_listed_by_score(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = company(&database).await?;
    for (name, email, phone) in [
        ("Ann Lee", None, Some("+1 212 555 2368")),
        ("Annie Lee", None, Some("+1 212 555 2368")),
        ("Ruth Quigley", Some("ruth@q.example.com"), Some("+1 312 555 0100")),
        ("Ruth Quigley", Some("ruth@q.example.com"), Some("+1 312 555 0100")),
        ("Tom Stone", Some("tom@s.example.com"), None),
        ("Thomas Stone", Some("tom@s.example.com"), None),
    ] {
        crm.create(customer(json!({ "name": name, "email": email, "phone": phone }))).await?;
    }
    let found = scan(&crm).await?;
    assert_eq!(found.len(), 3);
    assert!(found.is_sorted_by(|one, next| one.score >= next.score));
    let mut walked = Vec::new();
    let mut request = PageRequest::default().limit(1);
    loop {
        let page = crm.admin().duplicates().list(&DuplicateQuery::default(), &request).await?;
        walked.extend(page.data.iter().map(|pair| pair.id));
        let Some(cursor) = page.next_cursor else { break };
        request = PageRequest::after(cursor).limit(1);
    }
    assert_eq!(walked, found.iter().map(|pair| pair.id).collect::<Vec<_>>());
    let least = DuplicateQuery { min_score: Some(found[0].score), ..DuplicateQuery::default() };
    assert_eq!(crm.admin().duplicates().list(&least, &PageRequest::default()).await?.data.len(), 1);
    let of = DuplicateQuery { customer_id: Some(found[2].left.id), ..DuplicateQuery::default() };
    let of = crm.admin().duplicates().list(&of, &PageRequest::default()).await?.data;
    assert_eq!(of.iter().map(|pair| pair.id).collect::<Vec<_>>(), [found[2].id]);
    Ok(())
}
