//! Decimal numbers with a fixed number of places, exact: rates, quantities, percentages.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What one unit of a currency is worth in another one, with up to 12 places.
pub type Rate = Decimal<12>;
/// How many there are of a thing, with up to three places.
pub type Quantity = Decimal<3>;
/// So many hundredths, with up to two places.
pub type Percent = Decimal<2>;

/// A decimal number from 0 with at most `PLACES` digits after the point. In JSON it is a text, because programs read
/// numbers as floating point ones.
///
/// ```
/// use crm_core::decimal::Quantity;
///
/// let quantity: Quantity = "2.50".parse()?;
/// assert_eq!((quantity.to_string().as_str(), quantity.units()), ("2.5", 2_500));
/// # Ok::<(), crm_core::decimal::DecimalInvalid>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal<const PLACES: u32>(i64);

impl<const PLACES: u32> Decimal<PLACES> {
    /// How many digits there are after the point at most.
    pub const DIGITS: u32 = PLACES;
    /// The number 1.
    pub const ONE: Self = Self(10_i64.pow(PLACES));

    /// So many of the last place: 2,500 thousandths are 2.5. Less than none are none.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(if units < 0 { 0 } else { units })
    }

    /// How many of the last place it has.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }
}

impl<const PLACES: u32> fmt::Display for Decimal<PLACES> {
    /// Without zeros that say nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / Self::ONE.0, self.0 % Self::ONE.0);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let part = format!("{part:0>width$}", width = PLACES as usize);
        write!(f, "{whole}.{}", part.trim_end_matches('0'))
    }
}

impl<const PLACES: u32> FromStr for Decimal<PLACES> {
    type Err = DecimalInvalid;

    fn from_str(text: &str) -> Result<Self, DecimalInvalid> {
        let (invalid, places) = (DecimalInvalid { places: PLACES }, PLACES as usize);
        let (whole, part) = match text.trim().split_once('.') {
            Some((_, "")) => return Err(invalid),
            Some(parts) => parts,
            None => (text.trim(), ""),
        };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || part.len() > places || !is_digits(whole) || !is_digits(part) {
            return Err(invalid);
        }
        format!("{whole}{part:0<places$}").parse().map(Self).map_err(|_| invalid)
    }
}

impl<const PLACES: u32> Serialize for Decimal<PLACES> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const PLACES: u32> Deserialize<'de> for Decimal<PLACES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A text that is no such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number such as \"12.5\", as text, with at most {places} digits after the point")]
pub struct DecimalInvalid {
    /// How many digits there may be after the point.
    pub places: u32,
}

/// A quotient, rounded to the even whole number where two are equally near. The divisor is positive.
#[must_use]
pub(crate) const fn divided(dividend: i128, divisor: i128) -> i128 {
    let (below, rest) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    let twice = rest * 2;
    if twice < divisor || (twice == divisor && below % 2 == 0) { below } else { below + 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DecimalInvalid, Percent, Quantity, Rate, divided};

    #[test]
    fn a_number_is_written_without_zeros_that_say_nothing() {
        for (text, units, written) in
            [("0", 0, "0"), ("1.500", 1_500, "1.5"), (" 007.25 ", 7_250, "7.25"), ("0.001", 1, "0.001")]
        {
            let number: Quantity = text.parse().unwrap();
            assert_eq!((number.units(), number.to_string().as_str()), (units, written), "{text}");
        }
        assert_eq!(Rate::ONE.to_string(), "1");
        assert_eq!(serde_json::to_string(&Percent::from_units(750)).unwrap(), "\"7.5\"");
        assert_eq!(serde_json::from_str::<Percent>("\"7.50\"").unwrap(), Percent::from_units(750));
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1,5", "1e3", "1.2345", "one", "9223372036854775807"] {
            assert_eq!(text.parse::<Quantity>(), Err(DecimalInvalid { places: 3 }), "{text}");
        }
        assert!(serde_json::from_str::<Percent>("7.5").is_err(), "a number of JSON is inexact");
    }

    #[test]
    fn a_half_goes_to_the_even_number() {
        let halves = [-5, -3, -1, 1, 3, 5].map(|dividend| divided(dividend, 2));
        assert_eq!(halves, [-2, -2, 0, 0, 2, 2]);
        assert_eq!([divided(4, 3), divided(5, 3), divided(6, 3), divided(-4, 3)], [1, 2, 2, -1]);
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(units in 0_i64..) {
            prop_assert_eq!(Rate::from_units(units).to_string().parse::<Rate>(), Ok(Rate::from_units(units)));
            prop_assert_eq!(Percent::from_units(units).to_string().parse::<Percent>(), Ok(Percent::from_units(units)));
        }

        #[test]
        fn a_quotient_is_the_nearest_whole_number(dividend in -1_000_000_i128..1_000_000, divisor in 1_i128..1_000) {
            let off = (divided(dividend, divisor) * divisor - dividend).abs() * 2;
            prop_assert!(off <= divisor);
            prop_assert!(off < divisor || divided(dividend, divisor) % 2 == 0);
        }
    }
}
