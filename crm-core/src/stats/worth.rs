//! What deals are worth in a report.

use serde::{Deserialize, Serialize};

use crate::base::money::Money;
use crate::deals::{DealTotals, Standing, Sums};

/// The number of some deals, and what they are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DealWorth {
    /// How many deals there are, those without an amount as well.
    pub count: u64,
    /// What they are worth, in each currency.
    pub amounts: Vec<Money>,
    /// What they are worth in your company's base currency: open deals by the current rates, closed ones by those of
    /// their end. Rounded once for each currency.
    pub base_amount: Money,
    /// How many deals have an amount that is not in `baseAmount`: it has no rate, or was frozen in another base currency.
    pub without_rate: u64,
}

impl DealWorth {
    pub(super) fn of(sums: &Sums, standing: &Standing) -> Self {
        let DealTotals { count, amounts, base_amount, without_rate, .. } = sums.totals(standing);
        Self { count, amounts, base_amount, without_rate }
    }

    /// The amounts times the probabilities.
    pub(super) fn weighted(sums: &Sums, standing: &Standing) -> Self {
        let DealTotals { count, weighted_amounts, weighted_base_amount, without_rate, .. } = sums.totals(standing);
        Self { count, amounts: weighted_amounts, base_amount: weighted_base_amount, without_rate }
    }
}
