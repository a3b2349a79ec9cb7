//! Query parameters of currency rates.

use chrono::NaiveDate;
use crm_core::currency_rates::CurrencyRateQuery;
use crm_core::money::Currency;
use serde::Deserialize;
use utoipa::IntoParams;

/// The filters of past rates.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryParameters {
    /// Only rates of this currency (ISO 4217).
    #[param(nullable = false, value_type = Option<String>, min_length = 3, max_length = 3)]
    currency: Option<Currency>,
    /// Only rates of this day, or of later ones.
    #[param(nullable = false)]
    from: Option<NaiveDate>,
    /// Only rates of this day, or of earlier ones.
    #[param(nullable = false)]
    to: Option<NaiveDate>,
}

impl HistoryParameters {
    pub(super) fn query(self) -> CurrencyRateQuery {
        let Self { currency, from, to } = self;
        CurrencyRateQuery { currency, from, to }
    }
}
