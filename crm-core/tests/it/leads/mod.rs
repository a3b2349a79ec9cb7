//! Leads: their statuses, their rules, what they have in common with customers, and what they become.

mod apart;
mod assignment;
mod board;
mod by_rules;
mod children;
mod conversion;
mod conversions;
mod files;
mod merged;
mod responses;
mod rules;
mod statuses;

use crm_core::customers::{CustomerQuery, NewCustomer};
use crm_core::leads::{ConvertLead, ConvertedLead, Lead, LeadPatch, LeadQuery, NewLead};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Crm, Result};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    statuses::register(suite);
    rules::register(suite);
    apart::register(suite);
    children::register(suite);
    assignment::register(suite);
    by_rules::register(suite);
    responses::register(suite);
    board::register(suite);
    conversion::register(suite);
    conversions::register(suite);
    files::register(suite);
    merged::register(suite);
}

/// At noon of 1 June 2026, unless the test moves the clock.
fn at_noon(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone())), clock)
}

/// Ann of Lee & Co, with everything that is unique among customers.
fn ann() -> NewLead {
    NewLead {
        email: Some("ann@example.com".to_owned()),
        organization_name: Some("Lee & Co".to_owned()),
        external_refs: Some(vec![crm_core::customers::ExternalRef::new("fair", "4711")]),
        ..NewLead::person("Ann", "Lee")
    }
}

/// The customer with the same address and reference.
fn ann_as_customer() -> NewCustomer {
    NewCustomer {
        email: Some("ann@example.com".to_owned()),
        external_refs: Some(vec![crm_core::customers::ExternalRef::new("fair", "4711")]),
        ..NewCustomer::person("Ann", "Lee")
    }
}

async fn add(crm: &TestCrm, new: NewLead) -> Result<Lead> {
    crm.admin().leads().create(new).await
}

async fn named(crm: &TestCrm, name: &str) -> Result<Lead> {
    add(crm, NewLead::organization(name)).await
}

async fn change(crm: &TestCrm, lead: &Lead, patch: LeadPatch) -> Result<Lead> {
    crm.admin().leads().update(lead.id, patch, None).await
}

fn status(status: &str) -> LeadPatch {
    LeadPatch { status: Patch::Set(status.into()), ..LeadPatch::default() }
}

async fn convert(crm: &TestCrm, lead: &Lead, how: ConvertLead) -> Result<ConvertedLead> {
    crm.admin().leads().convert(lead.id, how, None).await
}

/// The names of the leads that a query gives the admin, in its order.
async fn names(crm: &TestCrm, query: LeadQuery) -> Result<Vec<String>> {
    let page = crm.admin().leads().list(&query, &PageRequest::default().limit(100)).await?;
    Ok(page.data.into_iter().map(|lead| lead.name).collect())
}

async fn customers(crm: &TestCrm) -> Result<Vec<String>> {
    crm.names(&CustomerQuery::default()).await
}
