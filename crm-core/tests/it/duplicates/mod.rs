//! Possible duplicates: how they are compared, found, scanned for and dismissed, and what a write does.

mod finding;
mod labelled;
mod laws;
mod scanning;
mod writing;

use crm_core::Crm;
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::customers::{Customer, DuplicatePair, DuplicateQuery, DuplicateStatus, NewCustomer, Score};
use crm_core::jobs::{JobOptions, JobState};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    finding::register(suite);
    labelled::register(suite);
    laws::register(suite);
    scanning::register(suite);
    writing::register(suite);
}

/// A company that allows customers with one e-mail address, in a database of its own.
async fn company(database: &TestDatabase) -> anyhow::Result<(TestCrm, FixedClock)> {
    let clock = FixedClock::at(FixedClock::default_time());
    let crm = TestCrm::with(database, Crm::builder().clock(clock.clone()));
    settings(&crm, |patch| patch.duplicate_policy = Patch::Set(DuplicatePolicy::Allow)).await?;
    Ok((crm, clock))
}

async fn settings(crm: &TestCrm, change: impl FnOnce(&mut SettingsPatch)) -> anyhow::Result<()> {
    let mut patch = SettingsPatch::default();
    change(&mut patch);
    crm.admin().settings().update(patch, None).await?;
    Ok(())
}

fn customer(value: serde_json::Value) -> NewCustomer {
    serde_json::from_value(value).expect("a customer")
}

/// Ann Lee, by her telephone number.
fn ann() -> NewCustomer {
    customer(json!({ "firstName": "Ann", "lastName": "Lee", "phone": "+1 212 555 2368" }))
}

/// Ann Lee once more, by the same number.
fn annie() -> NewCustomer {
    customer(json!({ "firstName": "Annie", "lastName": "Lee", "phone": "(212) 555-2368", "country": "US" }))
}

fn score(thousandths: u16) -> Score {
    Score::from_thousandths(thousandths)
}

/// Scans, and gives the open pairs.
async fn scan(crm: &TestCrm) -> anyhow::Result<Vec<DuplicatePair>> {
    let job = crm.admin().duplicates().scan().await?;
    crm.crm.run_due_jobs(&crm.db, &JobOptions::default()).await?;
    let job = crm.admin().jobs().get(job.id).await?;
    anyhow::ensure!(job.state == JobState::Done, "{job:?}");
    pairs(crm, DuplicateStatus::Open).await
}

async fn pairs(crm: &TestCrm, status: DuplicateStatus) -> anyhow::Result<Vec<DuplicatePair>> {
    let (mut all, mut request) = (Vec::new(), PageRequest::default().limit(100));
    loop {
        let query = DuplicateQuery { status: Some(status), ..DuplicateQuery::default() };
        let page = crm.admin().duplicates().list(&query, &request).await?;
        all.extend(page.data);
        match page.next_cursor {
            Some(cursor) => request = PageRequest::after(cursor).limit(100),
            None => return Ok(all),
        }
    }
}

fn ids(pair: &DuplicatePair) -> [crm_core::ids::CustomerId; 2] {
    let mut ids = [pair.left.id, pair.right.id];
    ids.sort();
    ids
}

fn both(left: &Customer, right: &Customer) -> [crm_core::ids::CustomerId; 2] {
    let mut ids = [left.id, right.id];
    ids.sort();
    ids
}
