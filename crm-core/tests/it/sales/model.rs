//! A model of the statistics of sales in plain code.

use std::collections::BTreeMap;

use crm_core::deals::{Deal, DealStatus, DealTotals};
use crm_core::decimal::Rate;
use crm_core::money::{Currency, Money};
use crm_core::stats::DealWorth;

/// The present rate of the dollar.
pub fn dollar() -> Rate {
    "0.8".parse().expect("a rate")
}

/// What deals are worth.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Worth {
    pub count: u64,
    pub amounts: BTreeMap<String, i64>,
    pub base: i64,
    pub without_rate: u64,
}

fn by_code(amounts: &[Money]) -> BTreeMap<String, i64> {
    assert!(amounts.is_sorted_by_key(|money| money.currency.code()), "{amounts:?}");
    amounts.iter().map(|money| (money.currency.to_string(), money.amount)).collect()
}

impl From<&DealWorth> for Worth {
    fn from(told: &DealWorth) -> Self {
        assert_eq!(told.base_amount.currency, Currency::EUR);
        let (amounts, base) = (by_code(&told.amounts), told.base_amount.amount);
        Self { count: told.count, amounts, base, without_rate: told.without_rate }
    }
}

impl From<&DealTotals> for Worth {
    fn from(told: &DealTotals) -> Self {
        let (amounts, base) = (by_code(&told.amounts), told.base_amount.amount);
        Self { count: told.count, amounts, base, without_rate: told.without_rate }
    }
}

/// What these deals are worth: closed ones by what is frozen, open ones of a currency together.
pub fn worth<'d>(deals: impl IntoIterator<Item = &'d Deal>) -> Worth {
    let (mut worth, mut open) = (Worth::default(), BTreeMap::<String, (Money, u64)>::new());
    for deal in deals {
        worth.count += 1;
        let Some(amount) = deal.amount else { continue };
        *worth.amounts.entry(amount.currency.to_string()).or_default() += amount.amount;
        match deal.status {
            DealStatus::Open => {
                let (sum, count) =
                    open.entry(amount.currency.to_string()).or_insert((Money { amount: 0, ..amount }, 0));
                (sum.amount, *count) = (sum.amount + amount.amount, *count + 1);
            }
            _ => match deal.base_amount {
                Some(base) => worth.base += base.amount,
                None => worth.without_rate += 1,
            },
        }
    }
    for (sum, count) in open.into_values() {
        match sum.currency.code() {
            "EUR" => worth.base += sum.amount,
            "USD" => worth.base += sum.converted(dollar(), Currency::EUR).expect("no giant").amount,
            _ => worth.without_rate += count,
        }
    }
    worth
}

/// The amounts times the probabilities, rounded half-even once for each currency.
pub fn weighted<'d>(deals: impl IntoIterator<Item = &'d Deal>) -> BTreeMap<String, i64> {
    let mut hundredths: BTreeMap<String, i64> = BTreeMap::new();
    for deal in deals {
        if let Some(amount) = deal.amount {
            *hundredths.entry(amount.currency.to_string()).or_default() += amount.amount * deal.effective_probability;
        }
    }
    let rounded = |sum: i64| match (sum / 100, sum % 100) {
        (whole, 50) => whole + whole % 2,
        (whole, rest) => whole + i64::from(rest > 50),
    };
    hundredths.into_iter().map(|(currency, sum)| (currency, rounded(sum))).collect()
}

/// What is weighted in the base currency, as near as floating points are.
pub fn weighted_base<'d>(deals: impl IntoIterator<Item = &'d Deal>) -> f64 {
    let of = |deal: &Deal| {
        let share = deal.effective_probability as f64 / 100.0;
        match (deal.status, deal.amount) {
            (_, None) => 0.0,
            (DealStatus::Open, Some(amount)) => match amount.currency.code() {
                "EUR" => amount.amount as f64 * share,
                "USD" => amount.amount as f64 * 0.8 * share,
                _ => 0.0,
            },
            (_, Some(_)) => deal.base_amount.map_or(0.0, |base| base.amount as f64 * share),
        }
    };
    deals.into_iter().map(of).sum()
}

/// The middle of some numbers, or the mean of the two in the middle.
pub fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(numbers[middle]),
        _ => Some((numbers[middle - 1] + numbers[middle]) / 2.0),
    }
}

/// A share, if there is anything to share.
pub fn rate(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}
