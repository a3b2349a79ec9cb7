//! Currency rates: their days, the current ones, their source.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::NaiveDate;
use crm_core::actor::Role;
use crm_core::currency_rates::{
    CurrencyRateQuery, CurrentRates, FetchCurrencyRates, NewCurrencyRate, NewCurrencyRates, RateRequest, RateSource,
    SourcedRate,
};
use crm_core::jobs::{JobError, JobOptions, JobState, NewJob};
use crm_core::money::Currency;
use crm_core::page::{Count, PageRequest};
use crm_core::{Crm, Error, Result};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_latest_day_has_the_current_rate,
        a_rate_of_a_day_can_be_replaced_and_removed,
        all_faults_of_rates_are_told_at_once,
        administrators_set_rates_and_all_users_read_them,
        a_base_currency_has_rates_of_its_own,
        rates_that_are_there_write_nothing,
        past_rates_come_in_pages,
        a_source_is_asked_by_a_job,
    ]);
}

/// At noon of 1 June 2026.
fn at_noon(database: &TestDatabase) -> TestCrm {
    TestCrm::with(database, Crm::builder().clock(FixedClock::default()))
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

fn rates(of: &[(&str, &str)]) -> NewCurrencyRates {
    let rate = |(code, rate): &(&str, &str)| (currency(code), rate.parse().expect("a rate"));
    NewCurrencyRates::today(of.iter().map(rate))
}

fn without(code: &str) -> NewCurrencyRates {
    NewCurrencyRates { rates: vec![NewCurrencyRate { currency: currency(code), rate: None }], ..Default::default() }
}

async fn set(crm: &TestCrm, new: NewCurrencyRates) -> Result<CurrentRates> {
    crm.admin().currency_rates().set(new).await
}

/// As `USD 0.92 2026-06-01`.
fn told(current: &CurrentRates) -> Vec<String> {
    current.rates.iter().map(|rate| format!("{} {} {}", rate.currency, rate.rate, rate.date)).collect()
}

async fn the_latest_day_has_the_current_rate(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database);
    assert!(crm.admin().currency_rates().current().await?.rates.is_empty());
    let current = set(&crm, rates(&[("USD", "0.9200")]).by(" ecb ")).await?;
    assert_eq!((current.base_currency, told(&current)), (Currency::EUR, vec!["USD 0.92 2026-06-01".to_owned()]));
    assert_eq!(current.rates[0].source.as_deref(), Some("ecb"));
    let earlier = set(&crm, rates(&[("USD", "0.9"), ("GBP", "1.15")]).of(day("2026-05-01"))).await?;
    assert_eq!(told(&earlier), ["GBP 1.15 2026-05-01", "USD 0.92 2026-06-01"], "an earlier day changes nothing");
    let later = set(&crm, rates(&[("GBP", "1.17")]).of(day("2026-05-02"))).await?;
    assert_eq!(told(&later), ["GBP 1.17 2026-05-02", "USD 0.92 2026-06-01"]);
    assert_eq!(crm.scope(Role::Viewer).currency_rates().current().await?, later);
    assert_eq!(crm.other_process().admin().currency_rates().current().await?, later);
    Ok(())
}

async fn a_rate_of_a_day_can_be_replaced_and_removed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database);
    set(&crm, rates(&[("USD", "0.90")]).of(day("2026-05-01"))).await?;
    set(&crm, rates(&[("USD", "0.91")]).of(day("2026-05-15"))).await?;
    set(&crm, rates(&[("USD", "0.92")])).await?;
    assert_eq!(told(&set(&crm, rates(&[("USD", "0.93")])).await?), ["USD 0.93 2026-06-01"]);
    let removed = set(&crm, without("USD").of(day("2026-05-01"))).await?;
    assert_eq!(told(&removed), ["USD 0.93 2026-06-01"], "what is past is not the current one");
    assert_eq!(told(&set(&crm, without("USD")).await?), ["USD 0.91 2026-05-15"], "the one before it is current again");
    assert!(set(&crm, without("USD").of(day("2026-05-15"))).await?.rates.is_empty());
    assert!(set(&crm, without("USD")).await?.rates.is_empty(), "there is nothing to remove");
    assert_eq!(crm.count("crm_currency_rates").await?, 0);
    Ok(())
}

async fn all_faults_of_rates_are_told_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database);
    let faults = |found: Vec<(&str, &str)>| -> Vec<(String, String)> {
        found.into_iter().map(|(pointer, code)| (pointer.to_owned(), code.to_owned())).collect()
    };
    let wrong = rates(&[("EUR", "1"), ("USD", "0"), ("USD", "1")]).of(day("2026-06-02")).by("x".repeat(65));
    let expected = vec![
        ("/source", "too_long"),
        ("/date", "out_of_range"),
        ("/rates/0/currency", "unexpected"),
        ("/rates/1/rate", "out_of_range"),
        ("/rates/2/currency", "duplicate"),
    ];
    assert_eq!(violations(set(&crm, wrong).await), faults(expected));
    assert_eq!(violations(set(&crm, rates(&[])).await), faults(vec![("/rates", "required")]));
    assert_eq!(crm.count("crm_currency_rates").await?, 0);
    Ok(())
}

async fn administrators_set_rates_and_all_users_read_them(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for role in Role::ALL.iter().copied() {
        let mut scope = crm.scope(role);
        let outcome = scope.currency_rates().set(rates(&[("USD", "0.92")])).await;
        match role {
            Role::Admin => assert_eq!(outcome?.rates.len(), 1),
            _ => assert_matches!(outcome, Err(Error::Forbidden { .. })),
        }
        scope.currency_rates().current().await?;
        scope.currency_rates().history(&CurrencyRateQuery::default(), &PageRequest::default()).await?;
    }
    assert!(crm.other_company().admin().currency_rates().current().await?.rates.is_empty());
    Ok(())
}

async fn a_base_currency_has_rates_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database);
    let base = async |code: &str| {
        let patch = serde_json::from_value(json!({ "baseCurrency": code })).expect("a patch");
        crm.admin().settings().update(patch, None).await
    };
    set(&crm, rates(&[("USD", "0.92")])).await?;
    assert_eq!(base("usd").await?.base_currency, currency("USD"));
    assert_eq!(told(&crm.admin().currency_rates().current().await?), [""; 0]);
    let current = set(&crm, rates(&[("EUR", "1.087")])).await?;
    assert_eq!((current.base_currency, told(&current)), (currency("USD"), vec!["EUR 1.087 2026-06-01".to_owned()]));
    base("EUR").await?;
    assert_eq!(told(&crm.admin().currency_rates().current().await?), ["USD 0.92 2026-06-01"]);
    Ok(())
}

async fn rates_that_are_there_write_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database);
    set(&crm, rates(&[("USD", "0.92"), ("GBP", "1.15")]).by("ecb")).await?;
    let before = crm.records().await?;
    set(&crm, rates(&[("USD", "0.920")]).by("ecb")).await?;
    assert_eq!(crm.records().await?, before);
    set(&crm, rates(&[("USD", "0.92"), ("GBP", "1.16")]).by("ecb")).await?;
    assert_eq!(crm.records().await?, before.map(|count| count + 1));
    let feed = crm.admin().events().after(None, 1_000).await?;
    let set: Vec<_> = feed.events.iter().filter(|(_, event)| event.event_type == "crm.company.rates_set").collect();
    assert!(set.iter().all(|(_, event)| event.subject == crm.company.0));
    // Both are of one moment, so that their order is not said.
    let fields: BTreeSet<_> = set.iter().map(|(_, event)| event.data.changed_fields.clone()).collect();
    let both = vec!["currencyRates.USD".to_owned(), "currencyRates.GBP".to_owned()];
    assert_eq!(fields, BTreeSet::from([both, vec!["currencyRates.GBP".to_owned()]]));
    Ok(())
}

async fn past_rates_come_in_pages(database: TestDatabase) -> anyhow::Result<()> {
    let crm = at_noon(&database);
    for (date, rate) in [("2026-05-01", "0.90"), ("2026-05-02", "0.91"), ("2026-05-03", "0.92")] {
        set(&crm, rates(&[("USD", rate), ("GBP", "1.15")]).of(day(date))).await?;
    }
    let of_dollars = CurrencyRateQuery { currency: Some(currency("USD")), ..CurrencyRateQuery::default() };
    let request = PageRequest::default().limit(2).count(Count::Exact);
    let first = crm.admin().currency_rates().history(&of_dollars, &request).await?;
    assert_eq!((first.total, first.data[0].date, first.data[1].date), (Some(3), day("2026-05-03"), day("2026-05-02")));
    let next = PageRequest::after(first.next_cursor.expect("another page"));
    let second = crm.admin().currency_rates().history(&of_dollars, &next).await?;
    assert_eq!(second.data.iter().map(|rate| rate.date).collect::<Vec<_>>(), [day("2026-05-01")]);
    let query = CurrencyRateQuery { from: Some(day("2026-05-02")), to: Some(day("2026-05-02")), ..Default::default() };
    let of_a_day = crm.admin().currency_rates().history(&query, &PageRequest::default()).await?;
    assert_eq!(of_a_day.data.len(), 2);
    Ok(())
}

/// A source as a host has one: the books of the bank.
struct Bank;

#[async_trait]
impl RateSource for Bank {
    fn name(&self) -> &str {
        "bank"
    }

    async fn rates(&self, request: &RateRequest) -> Result<Vec<SourcedRate>, JobError> {
        if request.base != Currency::EUR {
            return Err(JobError::give_up("base_unknown"));
        }
        let rate = |code: &str, rate: &str, date: NaiveDate| SourcedRate {
            currency: currency(code),
            rate: rate.parse().expect("a rate"),
            date,
        };
        let yesterday = request.today.pred_opt().expect("a day");
        let tomorrow = request.today.succ_opt().expect("a day");
        Ok(vec![
            rate("EUR", "1", request.today),
            rate("USD", "0.92", yesterday),
            rate("USD", "0.93", request.today),
            rate("USD", "0.99", tomorrow),
            rate("GBP", "1.15", yesterday),
        ])
    }
}

async fn a_source_is_asked_by_a_job(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::with(&database, Crm::builder().clock(FixedClock::default()).rate_source(Bank));
    for _ in 0..2 {
        // Once more is no harm.
        let job = crm.admin().jobs().enqueue(NewJob::new(FetchCurrencyRates::KIND, json!(null))).await?;
        crm.crm.run_job(&crm.db, crm.company, job.id, &JobOptions::default()).await?;
        let job = crm.admin().jobs().get(job.id).await?;
        assert_eq!((job.state, job.result), (JobState::Done, Some(json!({ "rates": 3 }))));
    }
    let current = crm.admin().currency_rates().current().await?;
    assert_eq!(told(&current), ["GBP 1.15 2026-05-31", "USD 0.93 2026-06-01"]);
    assert_eq!(current.rates[0].source.as_deref(), Some("bank"));
    assert_eq!(crm.count("crm_currency_rates").await?, 3);
    Ok(())
}
