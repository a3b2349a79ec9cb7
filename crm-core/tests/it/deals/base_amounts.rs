//! What deals are worth in the base currency: by the current rate while they are open, by that of their end afterwards.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use crm_core::currency_rates::NewCurrencyRates;
use crm_core::deals::{Deal, DealMove, DealQuery, DealStatus, NewDeal};
use crm_core::decimal::Rate;
use crm_core::money::{Currency, MAX_AMOUNT, Money};
use crm_core::page::PageRequest;
use crm_core::timeline::{TimelineKind, TimelineQuery};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{add, at_noon, lost, money, moved};
use crate::chance::Chance;
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_open_deal_is_worth_what_the_current_rate_says,
        a_rate_is_frozen_when_a_deal_is_closed_and_released_when_it_is_opened,
        a_closed_deal_keeps_its_rate_as_long_as_its_currency,
        sums_in_the_base_currency_are_those_of_a_plain_evaluation,
        what_is_frozen_in_another_base_currency_is_in_no_sum,
    ]);
}

async fn set(crm: &TestCrm, code: &str, rate: &str) -> crm_core::Result<()> {
    let rate = (code.parse().expect("a currency"), rate.parse().expect("a rate"));
    crm.admin().currency_rates().set(NewCurrencyRates::today([rate]).by("bank")).await.map(drop)
}

fn worth(deal: &Deal) -> (Option<Money>, Option<String>) {
    (deal.base_amount, deal.rate.map(|rate| rate.to_string()))
}

fn euros(amount: i64, rate: &str) -> (Option<Money>, Option<String>) {
    (money(amount, "EUR"), Some(rate.to_owned()))
}

fn of(amount: i64, currency: &str) -> NewDeal {
    NewDeal { amount: money(amount, currency), ..NewDeal::named("200 units") }
}

async fn patched(crm: &TestCrm, deal: &Deal, patch: Value) -> crm_core::Result<Deal> {
    crm.admin().deals().update(deal.id, serde_json::from_value(patch).expect("a patch"), None).await
}

async fn an_open_deal_is_worth_what_the_current_rate_says(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let own = add(&crm, &customer, of(12_345, "EUR")).await?;
    assert_eq!((worth(&own), own.rate_date), (euros(12_345, "1"), None));
    assert_eq!(worth(&add(&crm, &customer, NewDeal::named("Without")).await?), (None, None));
    let deal = add(&crm, &customer, of(10_001, "USD")).await?;
    assert_eq!(worth(&deal), (None, None), "there is no rate yet");
    set(&crm, "USD", "0.925").await?;
    let read = crm.admin().deals().get(deal.id).await?;
    assert_eq!((worth(&read), read.version), (euros(9_251, "0.925"), 1));
    assert_eq!((read.rate_date, read.rate_source.as_deref()), ("2026-06-01".parse::<NaiveDate>().ok(), Some("bank")));
    set(&crm, "USD", "0.5").await?;
    let read = crm.admin().deals().get(deal.id).await?;
    assert_eq!(worth(&read), euros(5_000, "0.5"));
    // It is the same deal wherever it is shown.
    let list = crm.admin().deals().list(&DealQuery::default(), &PageRequest::default()).await?;
    assert!(list.data.contains(&read));
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    assert!(board.stages[0].deals.contains(&read));
    let query = TimelineQuery { kind: vec![TimelineKind::Deal], ..TimelineQuery::default() };
    let timeline = crm.admin().customers().timeline(customer.id, &query, &PageRequest::default()).await?;
    assert!(timeline.data.iter().any(|entry| entry.deal.as_ref() == Some(&read)));
    let changed = patched(&crm, &deal, json!({ "nextStep": "Call" })).await?;
    assert_eq!(worth(&changed), euros(5_000, "0.5"));
    assert_eq!(worth(&patched(&crm, &deal, json!({ "nextStep": "Call" })).await?), euros(5_000, "0.5"));
    Ok(())
}

async fn a_rate_is_frozen_when_a_deal_is_closed_and_released_when_it_is_opened(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    set(&crm, "USD", "0.9").await?;
    let deal = add(&crm, &customer, of(10_000, "USD")).await?;
    let won = moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    assert_eq!(worth(&won), euros(9_000, "0.9"));
    set(&crm, "USD", "0.8").await?;
    assert_eq!(crm.admin().deals().get(deal.id).await?, won, "it is worth what it was when it was won");
    assert_eq!(worth(&moved(&crm, deal.id, lost("price")).await?), euros(8_000, "0.8"), "that is another end");
    set(&crm, "USD", "0.7").await?;
    let open = moved(&crm, deal.id, DealMove::to("proposal")).await?;
    assert_eq!(worth(&open), euros(7_000, "0.7"));
    set(&crm, "USD", "0.6").await?;
    assert_eq!(worth(&crm.admin().deals().get(deal.id).await?), euros(6_000, "0.6"));
    // What is derived is no part of history.
    assert!(!crm.dump("crm_changes").await?.contains("baseAmount"));
    Ok(())
}

async fn a_closed_deal_keeps_its_rate_as_long_as_its_currency(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    set(&crm, "USD", "0.9").await?;
    let deal = add(&crm, &customer, of(10_000, "USD")).await?;
    moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    set(&crm, "USD", "0.8").await?;
    set(&crm, "JPY", "0.006").await?;
    let amount = |amount: i64, currency: &str| json!({ "amount": { "amount": amount, "currency": currency } });
    assert_eq!(worth(&patched(&crm, &deal, amount(20_000, "USD")).await?), euros(18_000, "0.9"));
    assert_eq!(worth(&patched(&crm, &deal, json!({ "nextStep": "Call" })).await?), euros(18_000, "0.9"));
    assert_eq!(worth(&patched(&crm, &deal, amount(20_000, "JPY")).await?), euros(12_000, "0.006"));
    assert_eq!(worth(&patched(&crm, &deal, json!({ "amount": null })).await?), (None, None));
    let large = patched(&crm, &deal, amount(MAX_AMOUNT, "JPY")).await?;
    assert_eq!(large.base_amount.map(|base| base.amount), Some(5_404_319_552_844_595));
    Ok(())
}

/// The sums of some deals.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    amounts: BTreeMap<String, i64>,
    base: i64,
    weighted_base: i64,
    /// How many are not in the base currency.
    without_rate: u64,
}

/// A quotient, rounded half-even.
fn rounded(dividend: i128, divisor: i128) -> i64 {
    let (below, rest) = (dividend / divisor, dividend % divisor);
    let is_above = rest * 2 > divisor || (rest * 2 == divisor && below % 2 == 1);
    i64::try_from(below).expect("a sum") + i64::from(is_above)
}

fn evaluated(deals: &[&Deal], rates: &BTreeMap<&str, Rate>) -> Sums {
    let (mut sums, mut open) = (Sums::default(), BTreeMap::new());
    let mut closed: i128 = 0;
    for deal in deals {
        let Some(amount) = deal.amount else { continue };
        *sums.amounts.entry(amount.currency.to_string()).or_default() += amount.amount;
        match (deal.status, deal.base_amount) {
            (_, None) => sums.without_rate += 1,
            (DealStatus::Open, _) => {
                let (all, hundredths): &mut (i64, i128) = open.entry(amount.currency.to_string()).or_default();
                *all += amount.amount;
                *hundredths += i128::from(amount.amount) * i128::from(deal.effective_probability);
            }
            (_, Some(frozen)) => {
                sums.base += frozen.amount;
                closed += i128::from(frozen.amount) * i128::from(deal.effective_probability);
            }
        }
    }
    sums.weighted_base = rounded(closed, 100);
    for (code, (amount, hundredths)) in open {
        let (currency, rate): (Currency, Rate) = (code.parse().expect("a currency"), rates[code.as_str()]);
        sums.base += Money { amount, currency }.converted(rate, Currency::EUR).expect("a sum").amount;
        let places = Rate::DIGITS + u32::from(currency.decimals()) - u32::from(Currency::EUR.decimals());
        sums.weighted_base += rounded(hundredths * i128::from(rate.units()), 100 * 10_i128.pow(places));
    }
    sums
}

fn by_currency(amounts: &[Money]) -> BTreeMap<String, i64> {
    amounts.iter().map(|sum| (sum.currency.to_string(), sum.amount)).collect()
}

async fn sums_in_the_base_currency_are_those_of_a_plain_evaluation(database: TestDatabase) -> anyhow::Result<()> {
    // The yen gets its rate late, and the franc has none.
    const CURRENCIES: [&str; 5] = ["EUR", "USD", "JPY", "KWD", "CHF"];
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    let mut chance = Chance::new(Chance::seed());
    let mut rates: BTreeMap<&str, Rate> = BTreeMap::from([("EUR", Rate::ONE)]);
    for (round, changes) in
        [[("USD", "0.93"), ("KWD", "3.01")], [("USD", "0.87"), ("JPY", "0.0061")]].iter().enumerate()
    {
        for (code, rate) in changes {
            set(&crm, code, rate).await?;
            rates.insert(*code, rate.parse()?);
        }
        for _ in 0..15 {
            let amount = (!chance.once_in(5)).then(|| chance.below(1_000_000) as i64);
            let currency = CURRENCIES[chance.below(CURRENCIES.len())];
            let amount = amount.and_then(|amount| money(amount, currency));
            let probability = chance.once_in(3).then(|| chance.below(101) as i64);
            let new = NewDeal { amount, probability, ..NewDeal::named(format!("Round {round}")) };
            let deal = add(&crm, &customer, new).await?;
            match chance.below(4) {
                0 => drop(moved(&crm, deal.id, DealMove::to("closed_won")).await?),
                1 => drop(moved(&crm, deal.id, lost("price")).await?),
                2 => drop(moved(&crm, deal.id, DealMove::to("proposal")).await?),
                _ => {}
            }
        }
    }
    let all = crm.admin().deals().list(&DealQuery::default(), &PageRequest::default().limit(100)).await?.data;
    let totals = crm.admin().deals().totals(&DealQuery::default()).await?;
    let found = Sums {
        amounts: by_currency(&totals.amounts),
        base: totals.base_amount.amount,
        weighted_base: totals.weighted_base_amount.amount,
        without_rate: totals.without_rate,
    };
    assert_eq!(found, evaluated(&all.iter().collect::<Vec<_>>(), &rates));
    assert_eq!((totals.count, totals.amounts.len()), (30, by_currency(&totals.amounts).len()), "told once each");
    let board = crm.admin().deals().board(None, &DealQuery::default()).await?;
    for stage in &board.stages {
        let of_stage: Vec<&Deal> = all.iter().filter(|deal| deal.stage_id == stage.stage.id).collect();
        let found = Sums {
            amounts: by_currency(&stage.amounts),
            base: stage.base_amount.amount,
            weighted_base: stage.weighted_base_amount.amount,
            without_rate: stage.without_rate,
        };
        assert_eq!(found, evaluated(&of_stage, &rates), "{}", stage.stage.code);
        assert_eq!((stage.count, stage.base_amount.currency), (of_stage.len() as u64, Currency::EUR));
    }
    let won = DealQuery { status: vec![DealStatus::Won], ..DealQuery::default() };
    let of_won: Vec<&Deal> = all.iter().filter(|deal| deal.status == DealStatus::Won).collect();
    assert_eq!(crm.admin().deals().totals(&won).await?.count, of_won.len() as u64);
    let other = crm.other_company().admin().deals().totals(&DealQuery::default()).await?;
    assert_eq!((other.count, other.amounts.len(), other.base_amount.amount), (0, 0, 0));
    Ok(())
}

async fn what_is_frozen_in_another_base_currency_is_in_no_sum(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _) = at_noon(&database);
    let customer = crm.named("Lee & Co").await?;
    set(&crm, "USD", "0.9").await?;
    let deal = add(&crm, &customer, of(10_000, "USD")).await?;
    let won = moved(&crm, deal.id, DealMove::to("closed_won")).await?;
    add(&crm, &customer, of(5_000, "USD")).await?;
    let base = serde_json::from_value(json!({ "baseCurrency": "USD" }))?;
    crm.admin().settings().update(base, None).await?;
    assert_eq!(crm.admin().deals().get(deal.id).await?, won, "what is frozen stays");
    let totals = crm.admin().deals().totals(&DealQuery::default()).await?;
    assert_eq!((Some(totals.base_amount), totals.without_rate), (money(5_000, "USD"), 1));
    assert_eq!(Some(totals.weighted_base_amount), money(500, "USD"));
    assert_eq!(Some(totals.amounts[0]), money(15_000, "USD"));
    Ok(())
}
