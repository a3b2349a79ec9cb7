//! Amounts of money and other numbers, as people read and type them.

use crm_core::decimal::Decimal;
use crm_core::money::{Currency, Money};

use super::language::Language;

/// The marks of a language between thousands, and before the smaller units.
const fn marks(language: Language) -> (char, char) {
    match language {
        Language::English => (',', '.'),
        Language::German => ('.', ','),
    }
}

/// An amount with its currency: `12,500 EUR`. Smaller units stand there if there are any.
#[must_use]
pub fn shown(language: Language, money: Money) -> String {
    let (whole, part) = parts(money);
    let whole = language.number(whole);
    match part {
        None => format!("{whole} {}", money.currency),
        Some(part) => format!("{whole}{}{part} {}", marks(language).1, money.currency),
    }
}

/// An amount as a form shows it, without its currency and without marks between thousands.
#[must_use]
pub fn typed(language: Language, money: Money) -> String {
    match parts(money) {
        (whole, None) => whole.to_string(),
        (whole, Some(part)) => format!("{whole}{}{part}", marks(language).1),
    }
}

fn parts(money: Money) -> (i64, Option<String>) {
    let digits = usize::from(money.currency.decimals());
    let unit = 10_i64.pow(u32::from(money.currency.decimals()));
    let part = (money.amount % unit).abs();
    (money.amount / unit, (part > 0).then(|| format!("{part:0>digits$}")))
}

/// What was typed as an amount in this currency. Marks between thousands stand where they belong, or nowhere: a mark of
/// another language changes no amount.
#[must_use]
pub fn read(language: Language, text: &str, currency: Currency) -> Option<Money> {
    format!("{} {currency}", plain(language, text)?).parse().ok()
}

/// A number as a form shows it, without marks between thousands.
#[must_use]
pub fn typed_decimal<const PLACES: u32>(language: Language, number: Decimal<PLACES>) -> String {
    number.to_string().replace('.', marks(language).1.encode_utf8(&mut [0; 4]))
}

/// A number with one decimal place.
#[must_use]
pub fn rounded(language: Language, number: f64) -> String {
    format!("{number:.1}").replace('.', marks(language).1.encode_utf8(&mut [0; 4]))
}

/// What was typed as a number. Its marks are read as those of an amount.
#[must_use]
pub fn read_decimal<const PLACES: u32>(language: Language, text: &str) -> Option<Decimal<PLACES>> {
    plain(language, text)?.parse().ok()
}

/// A number as programs write it, if its marks stand where they belong.
fn plain(language: Language, text: &str) -> Option<String> {
    let (thousands, decimal) = marks(language);
    let (whole, part) = text.trim().split_once(decimal).unwrap_or((text.trim(), ""));
    let groups: Vec<&str> = whole.split(thousands).collect();
    let is_sound = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    let text = if part.is_empty() { groups.concat() } else { format!("{}.{part}", groups.concat()) };
    is_sound.then_some(text)
}

#[cfg(test)]
mod tests {
    use crm_core::decimal::Quantity;

    use super::{Language, Money, read, read_decimal, rounded, shown, typed, typed_decimal};

    fn money(amount: i64, currency: &str) -> Money {
        Money { amount, currency: currency.parse().unwrap() }
    }

    #[test]
    fn amounts_have_the_marks_of_the_language() {
        for (amount, currency, english, german) in [
            (1_250_000, "EUR", "12,500 EUR", "12.500 EUR"),
            (1_250_005, "EUR", "12,500.05 EUR", "12.500,05 EUR"),
            (1_999, "JPY", "1,999 JPY", "1.999 JPY"),
            (1_999, "KWD", "1.999 KWD", "1,999 KWD"),
            (0, "USD", "0 USD", "0 USD"),
        ] {
            let money = money(amount, currency);
            assert_eq!(shown(Language::English, money), english);
            assert_eq!(shown(Language::German, money), german);
            for language in Language::ALL {
                assert_eq!(read(language, &typed(language, money), money.currency), Some(money));
            }
        }
    }

    #[test]
    fn a_mark_of_another_language_is_no_amount() {
        let euros = money(0, "EUR").currency;
        let read = |language, text| read(language, text, euros).map(|money| money.amount);
        assert_eq!(read(Language::English, " 12,500.5 "), Some(1_250_050));
        assert_eq!(read(Language::German, "12.500,5"), Some(1_250_050));
        assert_eq!([read(Language::English, "12500"), read(Language::German, "12500")], [Some(1_250_000); 2]);
        for (language, text) in [
            (Language::English, "12500,50"),
            (Language::English, "12.500"),
            (Language::English, "1,2345"),
            (Language::English, ""),
            (Language::English, "a lot"),
            (Language::German, "12500.50"),
            (Language::German, "12,500"),
        ] {
            assert_eq!(read(language, text), None, "{text}");
        }
    }

    #[test]
    fn numbers_have_the_marks_of_the_language() {
        for (units, english, german) in [(2_500, "2.5", "2,5"), (1_000, "1", "1"), (1_234_567, "1234.567", "1234,567")]
        {
            let number = Quantity::from_units(units);
            assert_eq!(typed_decimal(Language::English, number), english);
            assert_eq!(typed_decimal(Language::German, number), german);
            for language in Language::ALL {
                assert_eq!(read_decimal(language, &typed_decimal(language, number)), Some(number));
            }
        }
        assert_eq!([Language::English, Language::German].map(|language| rounded(language, 2.26)), ["2.3", "2,3"]);
        assert_eq!(read_decimal(Language::English, "1,000.5"), Some(Quantity::from_units(1_000_500)));
        for (language, text) in [(Language::English, "2,5"), (Language::German, "2.5"), (Language::English, "-1")] {
            assert_eq!(read_decimal::<3>(language, text), None, "{text}");
        }
    }
}
