//! Rates that a host's source gives, and the job that asks it.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use chrono::NaiveDate;
use serde_json::json;

use super::input::{MAX_RATES, NewCurrencyRates};
use super::repo::set;
use crate::base::decimal::Rate;
use crate::base::ids::CompanyId;
use crate::base::money::Currency;
use crate::jobs::{JobDone, JobError, JobHandler, JobPolicy, RunningJob};
use crate::scope::CrmBuilder;

/// Which rates a source is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateRequest {
    /// The company.
    pub company: CompanyId,
    /// The currency in which the rates have to be.
    pub base: Currency,
    /// The present day in the company's time zone; rates of later days are left out.
    pub today: NaiveDate,
}

/// A rate that a source gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourcedRate {
    /// The currency.
    pub currency: Currency,
    /// What one unit of it is worth in the base currency.
    pub rate: Rate,
    /// The day from which it holds.
    pub date: NaiveDate,
}

/// Gives currency rates: those of a central bank, or of the host's own books. Passed to [`CrmBuilder::rate_source`].
///
/// It is asked by jobs of the kind [`FetchCurrencyRates::KIND`], outside of every transaction. A host schedules them for
/// its companies, or an administrator starts one.
#[async_trait]
pub trait RateSource: Send + Sync + 'static {
    /// What stands with its rates: `ecb`. At most 64 characters.
    fn name(&self) -> &str;

    /// The latest rates, of any days up to the present one; at most 200 of a day are taken.
    ///
    /// # Errors
    /// [`JobError::retry`] to be asked again, [`JobError::give_up`] to be left alone until the next job.
    async fn rates(&self, request: &RateRequest) -> Result<Vec<SourcedRate>, JobError>;
}

/// Asks the host's source for currency rates, and sets them.
pub struct FetchCurrencyRates(Box<dyn RateSource>);

impl fmt::Debug for FetchCurrencyRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FetchCurrencyRates").field(&self.0.name()).finish()
    }
}

impl FetchCurrencyRates {
    /// The kind.
    pub const KIND: &'static str = "crm.fetch_currency_rates";
}

impl CrmBuilder {
    /// Sets the source of currency rates, which jobs of the kind [`FetchCurrencyRates::KIND`] ask. Without one there are
    /// no such jobs.
    #[must_use]
    pub fn rate_source(self, source: impl RateSource) -> Self {
        self.job_handler(FetchCurrencyRates(Box::new(source)))
    }
}

#[async_trait]
impl JobHandler for FetchCurrencyRates {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { on_request: true, ..JobPolicy::default() }
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let (scope, source) = (job.scope(), self.0.name().to_owned());
        let company = scope.company().await?;
        let today = company.settings.today(scope.crm.now());
        let base = company.settings.base_currency;
        let rates = self.0.rates(&RateRequest { company: company.id, base, today }).await?;
        let days = by_day(rates, base, today);
        let count: usize = days.values().map(Vec::len).sum();
        let mut tx = job.begin().await?;
        let mut scope = tx.scope();
        for (date, rates) in days {
            let new = NewCurrencyRates::today(rates).of(date).by(source.clone());
            scope.write(async |tx| set(tx, new).await).await?;
        }
        drop(scope);
        tx.complete(json!({ "rates": count })).await
    }
}

/// The rates that can be set, by day. Of two of a currency on one day the last one counts.
fn by_day(rates: Vec<SourcedRate>, base: Currency, today: NaiveDate) -> BTreeMap<NaiveDate, Vec<(Currency, Rate)>> {
    let mut days: BTreeMap<NaiveDate, Vec<(Currency, Rate)>> = BTreeMap::new();
    let can_be_set = |rate: &SourcedRate| rate.currency != base && rate.date <= today && rate.rate.units() > 0;
    for SourcedRate { currency, rate, date } in rates.into_iter().filter(can_be_set) {
        let of_day = days.entry(date).or_default();
        of_day.retain(|(other, _)| *other != currency);
        if of_day.len() < MAX_RATES {
            of_day.push((currency, rate));
        }
    }
    days
}
