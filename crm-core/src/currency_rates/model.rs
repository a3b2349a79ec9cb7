//! What a currency rate is.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::decimal::Rate;
use crate::base::money::Currency;
use crate::scope::actor::ActorRef;

/// The rate of a currency on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CurrencyRate {
    /// The currency (ISO 4217).
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "USD", min_length = 3, max_length = 3))]
    pub currency: Currency,
    /// What one unit of it is worth in the base currency.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "0.9259", pattern = "^[0-9]{1,6}(\\.[0-9]{1,12})?$"))]
    pub rate: Rate,
    /// The day from which it holds.
    pub date: NaiveDate,
    /// Who has given it, for example `ecb`.
    pub source: Option<String>,
    /// When it was set.
    pub set_at: DateTime<Utc>,
    /// Who set it.
    pub set_by: ActorRef,
    /// The key of the row.
    #[serde(skip)]
    pub(super) id: Uuid,
}

/// The current rates of a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CurrentRates {
    /// The base currency (ISO 4217), in which the rates are.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "EUR", min_length = 3, max_length = 3))]
    pub base_currency: Currency,
    /// The latest rate of each currency that has one, by its code; at most one for each currency of ISO 4217.
    pub rates: Vec<CurrencyRate>,
}
