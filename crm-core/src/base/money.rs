//! Amounts of money: whole numbers of the smallest unit of a currency.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use validator::Validate;

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
    use super::{Currency, Money, MoneyInvalid, UnknownCurrency};

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
