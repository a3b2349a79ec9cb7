//! The board: its stages, its first deals, and its sums.

use std::collections::BTreeMap;

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::NewCustomer;
use crm_core::deals::{DealMove, DealQuery, DealStatus, NewDeal};
use crm_core::money::{MAX_AMOUNT, Money};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use testkit::{Suite, TestDatabase};

use super::{add, lost, money, moved, named};
use crate::chance::Chance;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        sums_are_those_of_a_plain_evaluation,
        sums_are_exact_beyond_the_largest_amount,
        weights_are_those_of_a_plain_evaluation,
        a_stage_shows_its_first_deals_and_counts_all,
        a_board_shows_what_one_sees,
    ]);
}

/// The sums of a stage, by currency.
type Sums = BTreeMap<String, i64>;

async fn sums_are_those_of_a_plain_evaluation(database: TestDatabase) -> anyhow::Result<()> {
    const CURRENCIES: [&str; 3] = ["EUR", "JPY", "USD"];
    const STAGES: [&str; 4] = ["qualification", "proposal", "closed_won", "closed_lost"];
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut chance = Chance::new(11);
    let mut expected: BTreeMap<&str, (u64, Sums)> = BTreeMap::new();
    for number in 0..40 {
        let stage = STAGES[chance.below(STAGES.len())];
        let amount = match chance.below(4) {
            0 => None,
            _ => money(chance.below(100_000) as i64, CURRENCIES[chance.below(CURRENCIES.len())]),
        };
        let deal = add(&crm, &customer, NewDeal { amount, ..NewDeal::named(format!("Deal {number}")) }).await?;
        match stage {
            "qualification" => {}
            "closed_lost" => drop(moved(&crm, deal.id, lost("price")).await?),
            stage => drop(moved(&crm, deal.id, DealMove::to(stage)).await?),
        }
        if chance.below(8) == 0 {
            crm.admin().deals().delete(deal.id, None).await?;
            continue;
        }
        let (count, sums) = expected.entry(stage).or_default();
        *count += 1;
        if let Some(amount) = amount {
            *sums.entry(amount.currency.to_string()).or_default() += amount.amount;
        }
    }
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    assert_eq!((board.pipeline_name.as_str(), board.stages.len()), ("Sales pipeline", 6));
    for stage in &board.stages {
        let sums: Sums = stage.amounts.iter().map(|sum| (sum.currency.to_string(), sum.amount)).collect();
        assert_eq!(sums.len(), stage.amounts.len(), "a currency is told once");
        let expected = expected.get(stage.stage.code.as_str()).cloned().unwrap_or_default();
        assert_eq!((stage.count, sums), expected, "{}", stage.stage.code);
        assert!(stage.deals.iter().all(|deal| deal.stage_id == stage.stage.id));
    }
    let open = DealQuery { status: vec![DealStatus::Open], ..DealQuery::default() };
    let open = crm.admin().deals().board(Some(board.pipeline_id), &open).await?;
    let counts: Vec<u64> = open.stages.iter().map(|stage| stage.count).collect();
    let all: Vec<u64> = board.stages.iter().map(|stage| stage.count).collect();
    assert_eq!((&counts[..4], &counts[4..]), (&all[..4], &[0, 0][..]));
    Ok(())
}

async fn sums_are_exact_beyond_the_largest_amount(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for name in ["a", "b", "c"] {
        add(&crm, &customer, NewDeal { amount: money(MAX_AMOUNT, "EUR"), ..NewDeal::named(name) }).await?;
    }
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    assert_eq!(board.stages[0].amounts[0].amount, 3 * MAX_AMOUNT);
    let totals = crm.admin().deals().totals(&DealQuery::default()).await?;
    assert_eq!((totals.count, totals.amounts[0].amount), (3, 3 * MAX_AMOUNT));
    Ok(())
}

/// Hundredths of minor units, rounded half-even.
fn rounded(hundredths: i64) -> i64 {
    let (below, rest) = (hundredths / 100, hundredths % 100);
    below + i64::from(rest > 50 || (rest == 50 && below % 2 == 1))
}

async fn weights_are_those_of_a_plain_evaluation(database: TestDatabase) -> anyhow::Result<()> {
    const CURRENCIES: [&str; 2] = ["EUR", "JPY"];
    const STAGES: [(&str, i64); 4] = [("qualification", 10), ("proposal", 50), ("closed_won", 100), ("closed_lost", 0)];
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut chance = Chance::new(12);
    let (mut by_stage, mut of_all): (BTreeMap<(&str, String), i64>, Sums) = Default::default();
    for number in 0..40 {
        let (stage, probability) = STAGES[chance.below(STAGES.len())];
        let amount = money(chance.below(1_000) as i64, CURRENCIES[chance.below(CURRENCIES.len())]);
        let own = (chance.below(2) == 0).then(|| chance.below(101) as i64);
        let new = NewDeal { amount, probability: own, ..NewDeal::named(format!("Deal {number}")) };
        let deal = add(&crm, &customer, new).await?;
        match stage {
            "qualification" => {}
            "closed_lost" => drop(moved(&crm, deal.id, lost("price")).await?),
            stage => drop(moved(&crm, deal.id, DealMove::to(stage)).await?),
        }
        // A probability of its own ends with the deal.
        let probability = own.filter(|_| !stage.starts_with("closed")).unwrap_or(probability);
        let amount = amount.expect("an amount");
        let hundredths = amount.amount * probability;
        *by_stage.entry((stage, amount.currency.to_string())).or_default() += hundredths;
        *of_all.entry(amount.currency.to_string()).or_default() += hundredths;
    }
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    let mut seen = 0;
    for stage in &board.stages {
        for sum in &stage.weighted_amounts {
            let expected = by_stage[&(stage.stage.code.as_str(), sum.currency.to_string())];
            assert_eq!(sum.amount, rounded(expected), "{} {}", stage.stage.code, sum.currency);
            seen += 1;
        }
        let currencies = |sums: &[Money]| sums.iter().map(|sum| sum.currency).collect::<Vec<_>>();
        assert_eq!(currencies(&stage.weighted_amounts), currencies(&stage.amounts));
    }
    assert_eq!(seen, by_stage.len());
    let totals = crm.admin().deals().totals(&DealQuery::default()).await?;
    let weighted: Sums = totals.weighted_amounts.iter().map(|sum| (sum.currency.to_string(), sum.amount)).collect();
    let expected: Sums = of_all.into_iter().map(|(currency, sum)| (currency, rounded(sum))).collect();
    assert_eq!((totals.count, weighted), (40, expected));
    let mut sums = Sums::new();
    for sum in board.stages.iter().flat_map(|stage| &stage.amounts) {
        *sums.entry(sum.currency.to_string()).or_default() += sum.amount;
    }
    let amounts: Sums = totals.amounts.iter().map(|sum| (sum.currency.to_string(), sum.amount)).collect();
    assert_eq!(amounts, sums, "the columns of the board add up to the totals");
    Ok(())
}

async fn a_stage_shows_its_first_deals_and_counts_all(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.named("Lee & Co").await?;
    for number in 0..23 {
        named(&crm, &customer, &format!("Deal {number:02}")).await?;
    }
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    let first = &board.stages[0];
    let names: Vec<String> = first.deals.iter().map(|deal| deal.name.clone()).collect();
    let expected: Vec<String> = (3..23).rev().map(|number| format!("Deal {number:02}")).collect();
    assert_eq!((first.count, names), (23, expected));
    assert!(first.deals.is_sorted_by(|one, next| one.position < next.position));
    assert!(board.stages[1..].iter().all(|stage| stage.count == 0 && stage.deals.is_empty()));
    // A deal of the board is the deal as it is read.
    assert_eq!(crm.admin().deals().get(first.deals[7].id).await?, first.deals[7]);
    Ok(())
}

async fn a_board_shows_what_one_sees(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (manager, sales) = (crm.ensure_mirrored(Role::Manager).await?, crm.ensure_mirrored(Role::SalesRep).await?);
    let theirs = NewCustomer { owner_id: Some(manager), ..NewCustomer::organization("Theirs") };
    let (mine, theirs) = (crm.named("Free").await?, crm.create(theirs).await?);
    for (customer, owner, name) in [(&mine, sales, "a"), (&mine, manager, "b"), (&theirs, sales, "c")] {
        let owner_id = Patch::Set(owner);
        add(&crm, customer, NewDeal { owner_id, amount: money(100, "EUR"), ..NewDeal::named(name) }).await?;
    }
    let own = [Resource::Customers, Resource::Deals].map(|resource| Permission::own(resource, Action::Read));
    let own = own.into_iter().chain([Permission::all(Resource::Pipelines, Action::Read)]);
    let actor = Actor::user(crm.company, sales, Role::SalesRep).with_permissions(own);
    let mut scope = crm.crm.on(actor, &crm.db);
    let board = scope.deals().board(None, &DealQuery::default()).await?;
    let stage = &board.stages[0];
    let names: Vec<&str> = stage.deals.iter().map(|deal| deal.name.as_str()).collect();
    assert_eq!((names, stage.count, stage.amounts[0].amount), (vec!["a"], 1, 100));
    let listed = scope.deals().list(&DealQuery::default(), &PageRequest::default()).await?;
    assert_eq!(listed.data, stage.deals);
    let totals = scope.deals().totals(&DealQuery::default()).await?;
    assert_eq!((totals.count, totals.amounts[0].amount), (1, 100));
    let all = crm.scope(Role::Viewer).deals().board(None, &DealQuery::default()).await?;
    assert_eq!((all.stages[0].count, all.stages[0].amounts[0].amount), (3, 300));
    Ok(())
}
