//! More than a thousand customers: a job, in batches.

use std::time::Duration;

use crm_core::actor::Role;
use crm_core::customers::{
    BulkAnswer, BulkOutcome, BulkUndo, BulkUndone, CustomerQuery, CustomerStatus, ImportOptions,
};
use crm_core::ids::BulkActionId;
use crm_core::jobs::{Job, JobOptions, JobState};
use crm_core::page::{Count, PageRequest};
use crm_core::{Conflict, Crm, Error};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};

use super::{action, bulk, counts, dry, of_query, status};
use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        own: [
            many_customers_are_changed_by_a_job_and_put_back_by_another,
            what_a_cancelled_job_has_done_can_be_undone,
            a_job_acts_with_the_rights_of_its_actor,
        ]
    );
}

const MANY: usize = 2_100;

/// A company with many customers.
async fn crowd(crm: &TestCrm) -> anyhow::Result<()> {
    let mut file = "Name\n".to_owned();
    (0..MANY).for_each(|number| file.push_str(&format!("Customer {number}\n")));
    let options = ImportOptions { batch_time: Some(Duration::from_secs(60)), ..ImportOptions::default() };
    let report = crm.admin().customers().import(Box::new(std::io::Cursor::new(file)), options).await?;
    anyhow::ensure!(report.created == MANY as u64, "{report:?}");
    Ok(())
}

async fn run(crm: &TestCrm) -> crm_core::Result<u64> {
    crm.crm.run_due_jobs(&crm.db, &JobOptions::default()).await
}

async fn started(crm: &TestCrm, role: Role, action: crm_core::customers::BulkAction) -> crm_core::Result<Job> {
    let mut scope = crm.scope(role);
    match scope.customers().bulk(of_query(action, CustomerQuery::default())).await? {
        BulkAnswer::Started(job) => Ok(*job),
        BulkAnswer::Done(outcome) => panic!("expected a job, got {outcome:?}"),
    }
}

async fn with_status(crm: &TestCrm, status: CustomerStatus) -> anyhow::Result<u64> {
    let query = CustomerQuery { status: vec![status], ..CustomerQuery::default() };
    let request = PageRequest::new(None, Some(1), Some(Count::Exact))?;
    let page = crm.admin().customers().list(&query, &request).await?;
    page.total.ok_or_else(|| anyhow::anyhow!("no total"))
}

async fn many_customers_are_changed_by_a_job_and_put_back_by_another(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crowd(&crm).await?;
    let (many, request) = (MANY as u64, of_query(status("active"), CustomerQuery::default()));
    assert_eq!(counts(&bulk(&mut crm.admin(), dry(&request)).await?), [many, many, 0, 0]);
    let job = started(&crm, Role::Manager, status("active")).await?;
    assert_eq!(with_status(&crm, CustomerStatus::Active).await?, 0);
    let id = BulkActionId(job.id.0);
    assert_matches!(crm.admin().customers().undo_bulk(id).await, Err(Error::Conflict(Conflict::BulkActionRunning)));
    // A customer that comes after the question is no part of the answer.
    let late = crm.named("Late").await?;
    let events = crm.count("crm_outbox").await?;
    run(&crm).await?;
    let job = crm.scope(Role::Manager).jobs().get(job.id).await?;
    assert_eq!((job.state, job.progress), (JobState::Done, 100), "{job:?}");
    let outcome: BulkOutcome = serde_json::from_value(job.result.unwrap_or_default())?;
    assert_eq!((counts(&outcome), outcome.id), ([many, many, 0, 0], Some(id)));
    assert_eq!(with_status(&crm, CustomerStatus::Active).await?, many);
    assert_eq!(crm.get(&late).await?.status, CustomerStatus::Prospect);
    // One event for each customer, and that of the job.
    assert_eq!(crm.count("crm_outbox").await?, events + MANY as i64 + 1);

    let BulkUndo::Started(job) = crm.scope(Role::Manager).customers().undo_bulk(id).await? else {
        panic!("expected a job");
    };
    assert_matches!(crm.admin().customers().undo_bulk(id).await, Err(Error::Conflict(Conflict::BulkActionUndone)));
    run(&crm).await?;
    let job = crm.scope(Role::Manager).jobs().get(job.id).await?;
    let undone: BulkUndone = serde_json::from_value(job.result.unwrap_or_default())?;
    assert_eq!((undone.restored, undone.skipped, undone.refused.len()), (many, 0, 0));
    assert_eq!(with_status(&crm, CustomerStatus::Active).await?, 0);
    assert_eq!(crm.count("crm_bulk_changes").await?, 0);
    Ok(())
}

async fn what_a_cancelled_job_has_done_can_be_undone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crowd(&crm).await?;
    let job = started(&crm, Role::Admin, status("active")).await?;
    crm.admin().jobs().cancel(job.id).await?;
    run(&crm).await?;
    assert_eq!(with_status(&crm, CustomerStatus::Active).await?, 0);
    // It goes on where it was, unless it was undone.
    let retried = crm.admin().jobs().retry(job.id).await?;
    assert_eq!(retried.state, JobState::Waiting);
    crm.admin().jobs().cancel(job.id).await?;
    let id = BulkActionId(job.id.0);
    let BulkUndo::Done(undone) = crm.admin().customers().undo_bulk(id).await? else {
        panic!("expected counts");
    };
    assert_eq!((undone.restored, undone.skipped), (0, 0));
    crm.admin().jobs().retry(job.id).await?;
    run(&crm).await?;
    let job = crm.admin().jobs().get(job.id).await?;
    assert_eq!((job.state, job.last_error.as_deref()), (JobState::Failed, Some("bulk_action_undone")));
    assert_eq!(with_status(&crm, CustomerStatus::Active).await?, 0);
    Ok(())
}

async fn a_job_acts_with_the_rights_of_its_actor(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let other = crm.ensure_mirrored(Role::Manager).await?;
    crowd(&crm).await?;
    let first = crm.admin().customers().list(&CustomerQuery::default(), &PageRequest::default().limit(1)).await?;
    let theirs = first.data[0].clone();
    let give = action(json!({ "type": "setOwner", "ownerId": other }));
    bulk(&mut crm.admin(), super::of(give, std::slice::from_ref(&theirs))).await?;
    let job = started(&crm, Role::SalesRep, status("active")).await?;
    run(&crm).await?;
    let job = crm.scope(Role::SalesRep).jobs().get(job.id).await?;
    let outcome: BulkOutcome = serde_json::from_value(job.result.unwrap_or_default())?;
    let many = MANY as u64;
    assert_eq!(counts(&outcome), [many, many - 1, 0, 1]);
    assert_eq!(outcome.refused[0].ids, [theirs.id]);
    assert_eq!(crm.get(&theirs).await?.status, CustomerStatus::Prospect);
    let page = crm.admin().customers().list(&CustomerQuery::default(), &PageRequest::default().limit(2)).await?;
    let changed = page.data.iter().find(|customer| customer.id != theirs.id).expect("another one");
    assert_eq!(
        changed.updated_by.id,
        Some(crm.user(Role::SalesRep)),
        "it is the actor who changes, and not the system"
    );
    Ok(())
}
