//! Pipelines and deals: their rules, moves, the board, and what becomes of them with their customer.

mod base_amounts;
mod board;
mod closed;
mod contacts;
mod customers;
mod items;
mod moves;
mod pipelines;
mod rotten;
mod rules;

use crm_core::actor::Role;
use crm_core::customers::Customer;
use crm_core::deals::{Deal, DealMove, NewDeal};
use crm_core::ids::DealId;
use crm_core::money::Money;
use crm_core::{Crm, Result};
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    pipelines::register(suite);
    rules::register(suite);
    moves::register(suite);
    board::register(suite);
    base_amounts::register(suite);
    items::register(suite);
    contacts::register(suite);
    rotten::register(suite);
    closed::register(suite);
    customers::register(suite);
}

/// At noon of 1 June 2026, unless the test moves the clock.
fn at_noon(database: &TestDatabase) -> (TestCrm, FixedClock) {
    let clock = FixedClock::default();
    (TestCrm::with(database, Crm::builder().clock(clock.clone())), clock)
}

fn money(amount: i64, currency: &str) -> Option<Money> {
    Some(Money { amount, currency: currency.parse().expect("a currency") })
}

async fn add(crm: &TestCrm, customer: &Customer, new: NewDeal) -> Result<Deal> {
    crm.admin().deals().create(customer.id, new).await
}

async fn named(crm: &TestCrm, customer: &Customer, name: &str) -> Result<Deal> {
    add(crm, customer, NewDeal::named(name)).await
}

async fn moved(crm: &TestCrm, deal: DealId, to: DealMove) -> Result<Deal> {
    crm.scope(Role::Manager).deals().move_to(deal, to, None).await
}

fn lost(reason: &str) -> DealMove {
    DealMove { lost_reason: Some(reason.to_owned()), ..DealMove::to("closed_lost") }
}
