//! The input for currency rates.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::base::decimal::Rate;
use crate::base::error::Violations;
use crate::base::money::Currency;
use crate::base::text;
use crate::base::validation::normalise;

/// The maximum number of rates that are set at once.
pub const MAX_RATES: usize = 200;
/// The maximum length of a source, in characters.
const MAX_SOURCE: usize = 64;

/// The rates of a day. Other rates stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCurrencyRates {
    /// The day from which the rates hold, in your company's time zone; today if absent. It is not in the future.
    pub date: Option<NaiveDate>,
    /// Who has given the rates, for example `ecb`.
    #[cfg_attr(feature = "openapi", schema(example = "ecb", max_length = 64))]
    pub source: Option<String>,
    /// The rates, at most 200.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 200))]
    pub rates: Vec<NewCurrencyRate>,
}

/// The rate of a currency on that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCurrencyRate {
    /// The currency (ISO 4217); not the base currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "USD", min_length = 3, max_length = 3))]
    pub currency: Currency,
    /// What one unit of it is worth in the base currency, with up to 12 places; `null` removes the rate of that day.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "0.9259", pattern = "^[0-9]{1,6}(\\.[0-9]{1,12})?$"))]
    pub rate: Option<Rate>,
}

impl NewCurrencyRates {
    /// The rates of today.
    pub fn today(rates: impl IntoIterator<Item = (Currency, Rate)>) -> Self {
        let rates = rates.into_iter().map(|(currency, rate)| NewCurrencyRate { currency, rate: Some(rate) }).collect();
        Self { rates, ..Self::default() }
    }

    /// The same rates, of this day.
    #[must_use]
    pub fn of(self, date: NaiveDate) -> Self {
        Self { date: Some(date), ..self }
    }

    /// The same rates, given by this source.
    #[must_use]
    pub fn by(self, source: impl Into<String>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// Trims all texts, applies defaults, and checks every rule.
    pub(super) fn validated(mut self, base: Currency, today: NaiveDate) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        normalise(&mut self.source, "/source", text::line, &mut violations);
        if self.source.as_ref().is_some_and(|source| source.chars().count() > MAX_SOURCE) {
            violations.add("/source", "too_long", format!("at most {MAX_SOURCE} long"));
        }
        let date = *self.date.get_or_insert(today);
        if date.year() < 1900 || date > today {
            violations.add("/date", "out_of_range", "expected a day from 1900 to today");
        }
        match self.rates.len() {
            0 => violations.add("/rates", "required", "a value is required"),
            1..=MAX_RATES => {}
            _ => violations.add("/rates", "too_many", format!("at most {MAX_RATES} rates")),
        }
        let mut seen = HashSet::new();
        for (index, NewCurrencyRate { currency, rate }) in self.rates.iter().take(MAX_RATES).enumerate() {
            let at = |name: &str| format!("/rates/{index}{name}");
            if *currency == base {
                violations.add(at("/currency"), "unexpected", "the rate of the base currency is 1");
            }
            if !seen.insert(*currency) {
                violations.add(at("/currency"), "duplicate", "the same currency is listed twice");
            }
            if rate.is_some_and(|rate| rate.units() == 0) {
                violations.add(at("/rate"), "out_of_range", "more than 0");
            }
        }
        violations.into_result()?;
        Ok(self)
    }
}
