//! The current currency rates of a company, as they are read with it.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::Company;
use crate::base::decimal::Rate;
use crate::base::error::{Error, Result};
use crate::base::money::Currency;

pub(super) const POSTGRES: &str = "(SELECT json_agg(json_build_object('base', rates.base_currency, \
     'currency', rates.currency, 'rate', rates.rate, 'date', rates.day, 'source', rates.source))::text \
     FROM crm_currency_rates AS rates WHERE rates.company_id = $company AND rates.is_current)";

pub(super) const SQLITE: &str = "(SELECT json_group_array(json_object('base', rates.base_currency, \
     'currency', rates.currency, 'rate', rates.rate, 'date', rates.day, 'source', rates.source)) \
     FROM crm_currency_rates AS rates WHERE rates.company_id = $company AND rates.is_current)";

/// What one unit of a currency is worth in the company's base currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownRate {
    pub rate: Rate,
    /// The day of the rate; none for the base currency itself.
    pub date: Option<NaiveDate>,
    pub source: Option<String>,
}

/// The latest rate of each currency, by base currency and currency.
#[derive(Clone, Debug, Default)]
pub(crate) struct CompanyRates(HashMap<(Currency, Currency), KnownRate>);

#[derive(Deserialize)]
struct Stored {
    base: String,
    currency: String,
    /// In units of the last place.
    rate: i64,
    date: NaiveDate,
    source: Option<String>,
}

/// What one of these statements has put together. A currency that is none any more has no rate.
pub(super) fn read(json: Option<String>) -> Result<CompanyRates> {
    let stored: Vec<Stored> = match json {
        Some(json) => serde_json::from_str(&json).map_err(Error::internal)?,
        None => Vec::new(),
    };
    let known = |stored: Stored| {
        let currencies: (Currency, Currency) = (stored.base.parse().ok()?, stored.currency.parse().ok()?);
        let rate = Rate::from_units(stored.rate);
        Some((currencies, KnownRate { rate, date: Some(stored.date), source: stored.source }))
    };
    Ok(CompanyRates(stored.into_iter().filter_map(known).collect()))
}

impl Company {
    /// The current rate of a currency in the company's base currency: 1 for the base currency itself.
    pub(crate) fn rate(&self, currency: Currency) -> Option<KnownRate> {
        let base = self.settings.base_currency;
        if currency == base {
            return Some(KnownRate { rate: Rate::ONE, date: None, source: None });
        }
        self.rates.0.get(&(base, currency)).cloned()
    }
}
