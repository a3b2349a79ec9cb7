//! What a write does, by the policy of the company.

use crm_core::actor::Role;
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::customers::DuplicateCandidates;
use crm_core::patch::Patch;
use crm_core::{Conflict, Error};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{ann, annie, customer, score, settings};
use crate::support::{TestCrm, assert_matches, merge_patch, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        own: [
            by_default_only_addresses_are_refused,
            a_company_can_refuse_what_may_be_there_already,
            a_warning_names_the_candidates,
            a_threshold_has_bounds,
        ]
    );
}

async fn by_default_only_addresses_are_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.create(ann()).await?;
    let written = crm.admin().customers().create_checked(annie(), None).await?;
    assert_eq!(written.possible_duplicates, None);
    let addressed = customer(json!({ "name": "Ann", "email": "ann@lee.example.com" }));
    crm.create(addressed.clone()).await?;
    assert_matches!(crm.create(addressed).await, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
    let asked = crm.admin().customers().create_checked(annie(), Some(DuplicatePolicy::Warn)).await?;
    assert_eq!(asked.possible_duplicates.map(|found| found.data.len()), Some(2), "who asks is told");
    let refused = crm.admin().customers().create_checked(annie(), Some(DuplicatePolicy::Reject)).await;
    assert_matches!(refused, Err(Error::PossibleDuplicate { .. }));
    Ok(())
}

async fn a_company_can_refuse_what_may_be_there_already(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    settings(&crm, |patch| patch.duplicate_reject_threshold = Patch::Set(score(800))).await?;
    let one = crm.create(ann()).await?;
    let before = crm.records().await?;
    let Err(Error::PossibleDuplicate { candidates }) = crm.create(annie()).await else { panic!("not refused") };
    let candidates: DuplicateCandidates = serde_json::from_value(*candidates)?;
    assert_eq!(candidates.data.iter().map(|found| found.customer.id).collect::<Vec<_>>(), [one.id]);
    assert_eq!(crm.records().await?, before, "nothing is written");
    let allow = Some(DuplicatePolicy::Allow);
    let mut rep = crm.scope(Role::SalesRep);
    assert_matches!(rep.customers().create_checked(annie(), allow).await, Err(Error::Forbidden { .. }));
    let other = crm.scope(Role::Manager).customers().create_checked(annie(), allow).await?.customer;
    let mut admin = crm.admin();
    let renamed =
        admin.customers().update(other.id, merge_patch(json!({ "firstName": "Ann", "name": null })), None).await;
    assert_matches!(renamed, Err(Error::PossibleDuplicate { .. }));
    admin.customers().update(other.id, merge_patch(json!({ "jobTitle": "Buyer" })), None).await?;
    Ok(())
}

async fn a_warning_names_the_candidates(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    settings(&crm, |patch| patch.duplicate_policy = Patch::Set(DuplicatePolicy::Warn)).await?;
    let first = crm.admin().customers().create_checked(ann(), None).await?;
    assert_eq!(first.possible_duplicates, None);
    let written = crm.admin().customers().create_checked(annie(), None).await?;
    let named = written.possible_duplicates.expect("candidates");
    assert_eq!(named.data.iter().map(|found| found.customer.id).collect::<Vec<_>>(), [first.customer.id]);
    let quiet = crm.admin().customers().create_checked(annie(), Some(DuplicatePolicy::Allow)).await?;
    assert_eq!(quiet.possible_duplicates, None);
    let address = |name: &str| customer(json!({ "name": name, "email": "ann@lee.example.com" }));
    crm.create(address("Ann")).await?;
    crm.create(address("Ann L.")).await?;
    let back = SettingsPatch { duplicate_policy: Patch::Set(DuplicatePolicy::Reject), ..SettingsPatch::default() };
    let back = crm.admin().settings().update(back, None).await;
    assert_matches!(back, Err(Error::Conflict(Conflict::DuplicateEmailsExist)));
    Ok(())
}

async fn a_threshold_has_bounds(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let change = SettingsPatch { duplicate_threshold: Patch::Set(score(299)), ..Default::default() };
    assert_eq!(violation(crm.admin().settings().update(change, None).await, "/duplicateThreshold"), "out_of_range");
    settings(&crm, |patch| patch.duplicate_threshold = Patch::Set(score(900))).await?;
    let one = crm.create(ann()).await?;
    crm.create(annie()).await?;
    assert!(crm.admin().customers().duplicates(one.id, None).await?.is_empty());
    settings(&crm, |patch| patch.duplicate_threshold = Patch::Clear).await?;
    assert_eq!(crm.admin().customers().duplicates(one.id, None).await?.data.len(), 1);
    Ok(())
}
