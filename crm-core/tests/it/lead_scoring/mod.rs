//! Lead scoring: rules, what is learned, and what a score is made of.

mod decay;
mod learning;
mod rules;

use crm_core::ids::LeadId;
use crm_core::jobs::{JobOptions, JobQuery, JobState, NewJob};
use crm_core::lead_scoring::{LeadScore, LeadScoringRule, NewLeadScoringRule, ScoreLeads};
use crm_core::leads::{Lead, NewLead};
use crm_core::page::PageRequest;
use crm_core::{Crm, Result};
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    rules::register(suite);
    decay::register(suite);
    learning::register(suite);
}

/// At noon of 1 June 2026, unless the test moves the clock.
fn at_noon(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone())), clock)
}

fn field(field: &str, value: &str) -> Value {
    json!({ "field": field, "op": "eq", "value": value })
}

/// A rule for leads with this rating.
fn rated(rating: &str, points: i64) -> NewLeadScoringRule {
    NewLeadScoringRule::of(rating, &field("rating", rating), points)
}

async fn rule(crm: &TestCrm, new: NewLeadScoringRule) -> Result<LeadScoringRule> {
    crm.admin().lead_scoring().create_rule(new).await
}

async fn add(crm: &TestCrm, new: NewLead) -> Result<Lead> {
    crm.admin().leads().create(new).await
}

/// The score that lists show.
async fn stored(crm: &TestCrm, id: LeadId) -> Result<i64> {
    Ok(crm.admin().leads().get(id).await?.score)
}

async fn explained(crm: &TestCrm, id: LeadId) -> Result<LeadScore> {
    crm.admin().leads().score(id).await
}

fn sum(score: &LeadScore) -> i64 {
    score.terms.iter().map(|term| term.weight).sum()
}

/// Runs the jobs that changes of rules and activities have enqueued, and gives their number.
async fn catch_up(crm: &TestCrm) -> anyhow::Result<usize> {
    let query = JobQuery { state: Some(JobState::Waiting), kind: Some(ScoreLeads::KIND.to_owned()) };
    let jobs = crm.admin().jobs().list(&query, &PageRequest::default().limit(100)).await?.data;
    for job in &jobs {
        crm.crm.run_job(&crm.db, crm.company, job.id, &JobOptions::default()).await?;
        assert_eq!(crm.admin().jobs().get(job.id).await?.state, JobState::Done);
    }
    Ok(jobs.len())
}

/// What happens each night; gives how many scores have changed.
async fn nightly(crm: &TestCrm) -> anyhow::Result<i64> {
    let job = crm.admin().jobs().enqueue(NewJob::new(ScoreLeads::KIND, Value::Null)).await?;
    crm.crm.run_job(&crm.db, crm.company, job.id, &JobOptions::default()).await?;
    let job = crm.admin().jobs().get(job.id).await?;
    assert_eq!(job.state, JobState::Done);
    job.result.and_then(|result| result["changed"].as_i64()).ok_or_else(|| anyhow::anyhow!("no result"))
}
