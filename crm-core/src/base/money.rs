//! Amounts of money: whole numbers of the smallest unit of a currency.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use validator::Validate;

use super::decimal::{Rate, divided};
use super::string_enum::stored_as;

/// The largest amount that every JSON reader keeps exactly: 2⁵³ − 1.
pub const MAX_AMOUNT: i64 = 9_007_199_254_740_991;

/// An amount of money.
///
/// ```
/// use crm_core::money::Money;
///
/// let price = Money { amount: 1_999, currency: "EUR".parse()? };
/// assert_eq!(price.to_string(), "19.99 EUR");
/// # Ok::<(), crm_core::money::UnknownCurrency>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Money {
    /// The amount in the smallest unit of the currency: 1999 is 19.99 EUR, and 1999 JPY.
    #[validate(range(min = 0, max = MAX_AMOUNT))]
    #[cfg_attr(feature = "openapi", schema(example = 250_000_000, minimum = 0, maximum = 9_007_199_254_740_991_i64))]
    pub amount: i64,
    /// The currency (ISO 4217).
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "EUR", min_length = 3, max_length = 3))]
    pub currency: Currency,
}

impl Money {
    /// So many hundredths of the amount, rounded to the even unit where two are equally near: 0 to 100 percent.
    #[must_use]
    pub const fn percent(self, percent: i64) -> Self {
        let (hundreds, rest) = (self.amount.div_euclid(100), self.amount.rem_euclid(100) * percent);
        let below = hundreds * percent + rest / 100;
        let amount = match rest % 100 {
            0..=49 => below,
            50 => below + below.rem_euclid(2),
            _ => below + 1,
        };
        Self { amount, ..self }
    }

    /// What it is worth in another currency, by a rate that says what one unit of its own currency (a dollar, no cent)
    /// is worth there: rounded to the even unit where two are equally near. `None` beyond 64 bits.
    #[must_use]
    pub fn converted(self, rate: Rate, to: Currency) -> Option<Self> {
        let amount = converted(self.amount.into(), 1, self.currency, rate, to)?;
        Some(Self { amount, currency: to })
    }
}

/// What so many parts of the smallest unit of a currency are worth in another one, in its smallest unit: rounded once, to
/// the even unit where two are equally near. `None` beyond 64 bits.
pub(crate) fn converted(amount: i128, parts: i128, from: Currency, rate: Rate, to: Currency) -> Option<i64> {
    let places = (Rate::DIGITS + u32::from(from.decimals())).checked_sub(u32::from(to.decimals()))?;
    let product = amount.checked_mul(rate.units().into())?;
    i64::try_from(divided(product, parts * 10_i128.pow(places))).ok()
}

impl fmt::Display for Money {
    /// With a point before the smaller units, and the code after it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { amount, currency } = self;
        let digits = usize::from(currency.decimals());
        let (sign, units) = (if *amount < 0 { "-" } else { "" }, amount.unsigned_abs().to_string());
        let units = format!("{units:0>width$}", width = digits + 1);
        match units.split_at(units.len() - digits) {
            (whole, "") => write!(f, "{sign}{whole} {currency}"),
            (whole, part) => write!(f, "{sign}{whole}.{part} {currency}"),
        }
    }
}

impl FromStr for Money {
    type Err = MoneyInvalid;

    /// Reads what [`Display`](fmt::Display) writes; the smaller units may be missing.
    fn from_str(text: &str) -> Result<Self, MoneyInvalid> {
        let (amount, currency) = text.trim().rsplit_once(' ').ok_or(MoneyInvalid)?;
        let currency: Currency = currency.parse().map_err(|UnknownCurrency| MoneyInvalid)?;
        let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = usize::from(currency.decimals());
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let units = whole.strip_prefix('-').unwrap_or(whole);
        if part.len() > digits || !is_digits(part) || units.is_empty() || !is_digits(units) {
            return Err(MoneyInvalid);
        }
        let amount = format!("{whole}{part:0<digits$}").parse().map_err(|_| MoneyInvalid)?;
        Ok(Self { amount, currency })
    }
}

/// A text that is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an amount with an ISO 4217 code such as 19.99 EUR")]
pub struct MoneyInvalid;

/// A currency of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    /// The code, for instance `EUR`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many digits of an amount stand after the decimal point: 2 for `EUR`, 0 for `JPY`, 3 for `KWD`.
    #[must_use]
    pub fn decimals(self) -> u8 {
        self.0.exponent().and_then(|digits| u8::try_from(digits).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        iso_currency::Currency::from_code(&text.trim().to_ascii_uppercase()).map(Self).ok_or(UnknownCurrency)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

stored_as!(Currency, str, &'r str, |text: &str| Ok(text.parse()?));

/// A text that is no code of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an ISO 4217 code such as EUR")]
pub struct UnknownCurrency;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Currency, MAX_AMOUNT, Money, MoneyInvalid, Rate, UnknownCurrency};

    #[test]
    fn amounts_are_written_in_units_of_their_currency() {
        for (amount, currency, text) in [
            (1_999, "eur", "19.99 EUR"),
            (5, "USD", "0.05 USD"),
            (0, "EUR", "0.00 EUR"),
            (-1, "EUR", "-0.01 EUR"),
            (1_999, "JPY", "1999 JPY"),
            (1_999, "KWD", "1.999 KWD"),
        ] {
            let money = Money { amount, currency: currency.parse().unwrap() };
            assert_eq!((money.to_string().as_str(), text.parse()), (text, Ok(money)));
        }
    }

    #[test]
    fn a_half_is_rounded_to_the_even_unit() {
        let of = |amount, percent| Money { amount, currency: "EUR".parse().unwrap() }.percent(percent).amount;
        assert_eq!([of(1, 50), of(3, 50), of(5, 50), of(7, 50)], [0, 2, 2, 4]);
        assert_eq!([of(10, 25), of(30, 25), of(50, 25), of(10, 24), of(10, 26)], [2, 8, 12, 2, 3]);
        assert_eq!([of(199, 0), of(199, 100), of(1_999, 10)], [0, 199, 200]);
        assert_eq!([of(MAX_AMOUNT, 100), of(MAX_AMOUNT, 50)], [MAX_AMOUNT, 4_503_599_627_370_496]);
    }

    #[test]
    fn an_amount_is_converted_by_whole_units_of_its_currency() {
        for (amount, rate, expected) in [
            ("100.00 USD", "0.9259", "92.59 EUR"),
            ("0.05 USD", "0.5", "0.02 EUR"),
            ("0.15 USD", "0.5", "0.08 EUR"),
            ("1999 JPY", "0.0061", "12.19 EUR"),
            ("19.99 EUR", "163.25", "3263 JPY"),
            ("1.999 KWD", "3.0015", "6.00 EUR"),
            ("7.77 EUR", "1", "7.77 EUR"),
            ("7.77 EUR", "0.000000000001", "0.00 EUR"),
        ] {
            let (money, expected): (Money, Money) = (amount.parse().unwrap(), expected.parse().unwrap());
            assert_eq!(money.converted(rate.parse().unwrap(), expected.currency), Some(expected), "{amount}");
        }
        let most = Money { amount: MAX_AMOUNT, currency: Currency::EUR };
        assert_eq!(most.converted(Rate::from_units(i64::MAX), Currency::EUR), None);
        assert_eq!(most.converted(Rate::ONE, Currency::EUR), Some(most));
    }

    proptest! {
        #[test]
        fn a_conversion_is_off_by_half_a_unit_at_most(amount in 0..=MAX_AMOUNT, rate in 1_i64..1_000_000_000_000) {
            let money = Money { amount, currency: "USD".parse().unwrap() };
            let converted = money.converted(Rate::from_units(rate), Currency::EUR).unwrap();
            let exact = i128::from(amount) * i128::from(rate);
            let off = i128::from(converted.amount) * 1_000_000_000_000 - exact;
            prop_assert!(off.abs() * 2 <= 1_000_000_000_000);
        }

        #[test]
        fn more_is_never_worth_less(amount in 0..MAX_AMOUNT, rate in 1_i64..1_000_000_000_000) {
            let worth = |amount| {
                let money = Money { amount, currency: "JPY".parse().unwrap() };
                money.converted(Rate::from_units(rate), Currency::EUR).unwrap().amount
            };
            prop_assert!(worth(amount) <= worth(amount + 1));
        }
    }

    #[test]
    fn a_text_without_a_currency_or_with_too_many_digits_is_no_amount() {
        assert_eq!("7 EUR".parse(), Ok(Money { amount: 700, currency: "EUR".parse().unwrap() }));
        for text in ["", "7", "7,50 EUR", "7.505 EUR", "7.5 JPY", "--7 EUR", "- EUR", ".5 EUR", "seven EUR"] {
            assert_eq!(text.parse::<Money>(), Err(MoneyInvalid), "{text}");
        }
    }

    #[test]
    fn a_currency_has_a_code_of_the_standard() {
        for text in ["", "EURO", "€", "XYZ", "12"] {
            assert_eq!(text.parse::<Currency>(), Err(UnknownCurrency), "{text}");
        }
        let money: Money = serde_json::from_str(r#"{"amount": 1, "currency": " chf "}"#).unwrap();
        assert_eq!(serde_json::to_string(&money).unwrap(), r#"{"amount":1,"currency":"CHF"}"#);
    }
}
