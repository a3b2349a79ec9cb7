//! Telephone numbers in international form.
//!
//! The library strips the trunk prefix of the country for which it parses a number, even if the number has another
//! country code. So a number with a country code is parsed for its own country here.

use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, PhoneNumber, country};

use super::patterns;

/// A country without a trunk prefix: numbers with a country code keep all their digits when parsed for it.
const NO_TRUNK_PREFIX: country::Id = country::IT;

/// A telephone number in international form (ITU-T E.164), `+` and digits. A number with a country code is parsed by
/// the rules of its country, any other by those of `default_country` (ISO 3166-1 alpha-2). `None` if it is not valid.
#[must_use]
pub fn phone_e164(typed: &str, default_country: Option<&str>) -> Option<String> {
    let typed = &typed[typed.find(|character: char| character.is_numeric() || is_plus(character))?..];
    if typed.starts_with(is_plus) {
        return by_own_rules(typed);
    }
    let country = default_country.and_then(|code| DATABASE.by_id(code))?;
    patterns::prepare(country);
    if let Some(number) = after_international_prefix(typed, country) {
        return by_own_rules(&number);
    }
    let number = read(country.id().parse().ok(), typed)?;
    valid(&number).or_else(|| by_own_rules(&format!("+{} {typed}", country.country_code())))
}

const fn is_plus(character: char) -> bool {
    matches!(character, '+' | '＋')
}

/// A number that begins with a plus: as written, without `(0)`, or without its country's trunk prefix, whichever is
/// valid first.
fn by_own_rules(typed: &str) -> Option<String> {
    let as_written = read(Some(NO_TRUNK_PREFIX), typed)?;
    let code = as_written.code().value();
    let countries = DATABASE.by_code(&code)?;
    countries.iter().take(patterns::MAX_COUNTRIES).for_each(|country| patterns::prepare(country));
    let main = countries.iter().find(|country| country.is_main_country_for_code()).or(countries.first())?;
    let without_zero = || valid(&read(Some(NO_TRUNK_PREFIX), &without_bracketed_zero(typed)?)?);
    let dropped = if keeps_zero(main) { None } else { without_zero() };
    dropped
        .or_else(|| valid(&as_written))
        .or_else(without_zero)
        .or_else(|| valid(&read(main.id().parse().ok(), typed)?))
        .or_else(|| {
            let national = as_written.national().to_string();
            let rest = national.strip_prefix(main.national_prefix()?)?;
            valid(&read(Some(NO_TRUNK_PREFIX), &format!("+{code}{rest}"))?)
        })
}

/// Whether a leading zero is part of the number, as in Italy.
fn keeps_zero(country: &Metadata) -> bool {
    let kinds = country.descriptors();
    let mut examples = [kinds.fixed_line(), kinds.mobile()].into_iter().flatten().filter_map(|kind| kind.example());
    examples.any(|example| example.starts_with('0'))
}

fn read(country: Option<country::Id>, typed: &str) -> Option<PhoneNumber> {
    phonenumber::parse(country, typed).ok()
}

fn valid(number: &PhoneNumber) -> Option<String> {
    number.is_valid().then(|| format!("+{}{}", number.code().value(), number.national()))
}

/// Converts `00 49 30 901820` to `+49 30 901820` if `country` dials `00` for international calls.
fn after_international_prefix(typed: &str, country: &Metadata) -> Option<String> {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let prefix = country.international_prefix()?.find(&digits).filter(|prefix| prefix.start() == 0)?;
    // No country code begins with a zero.
    if digits[prefix.end()..].starts_with('0') {
        return None;
    }
    let (last, _) = typed.char_indices().filter(|(_, character)| character.is_ascii_digit()).nth(prefix.end() - 1)?;
    Some(format!("+{}", &typed[last + 1..]))
}

/// Converts `+44 (0)20 7946 0000` to `+44 20 7946 0000`.
fn without_bracketed_zero(typed: &str) -> Option<String> {
    let (before, rest) = typed.split_once('(')?;
    let (inside, after) = rest.split_once(')')?;
    (inside.trim() == "0").then(|| format!("{before} {after}"))
}

#[cfg(test)]
mod tests {
    use phonenumber::metadata::DATABASE;

    use super::phone_e164;

    /// Countries with different rules: the trunk prefixes 0, 1 and 8, and none.
    const DEFAULTS: [Option<&str>; 6] = [None, Some("DE"), Some("GB"), Some("US"), Some("IT"), Some("RU")];

    #[test]
    fn numbers_become_international() {
        assert_eq!(phone_e164("030 901820", Some("DE")).as_deref(), Some("+4930901820"));
        assert_eq!(phone_e164("+1 (212) 555-2368", None).as_deref(), Some("+12125552368"));
        assert_eq!(phone_e164("030 901820", None), None);
        assert_eq!(phone_e164("call me", Some("DE")), None);
        assert_eq!(phone_e164("＋1 212 555 2368", Some("DE")).as_deref(), Some("+12125552368"));
        assert_eq!(phone_e164("02 3661 8300", Some("IT")).as_deref(), Some("+390236618300"));
        assert_eq!(phone_e164("00 49 30 901820", Some("FR")).as_deref(), Some("+4930901820"));
        assert_eq!(phone_e164("+800 12345678", None).as_deref(), Some("+80012345678"));
        for nothing in ["", "+", "0", "00", "+0", "+49", "+(0)", "(0)", "0000000000", "+999 123456", "++"] {
            assert_eq!(phone_e164(nothing, Some("US")), None, "{nothing}");
        }
    }

    #[test]
    fn a_number_is_read_by_the_rules_of_its_own_country() {
        for (typed, international) in [
            ("+39 06 69812345", "+390669812345"),
            ("+39 (0)6 1234567", "+39061234567"),
            ("+39 347 123 4567", "+393471234567"),
            ("+242 06 612 34 56", "+242066123456"),
            ("+225 07 12 34 56 78", "+2250712345678"),
            ("+46 (0)70-123 45 67", "+46701234567"),
            ("+46 070-123 45 67", "+46701234567"),
            ("+44 (0)20 7946 0000", "+442079460000"),
            ("(+44) (0)20 7946 0000", "+442079460000"),
            ("+44 ( 0 ) 20 7946 0000", "+442079460000"),
            ("+44(0)2079460000 ext. 12", "+442079460000"),
            ("Tel. +49 (0)30 / 90 18 20", "+4930901820"),
            ("+49030901820", "+4930901820"),
            ("+33 (0)1 42 68 53 00", "+33142685300"),
            ("+34 (0)91 123 45 67", "+34911234567"),
            ("+1 (0) 212 555 2368", "+12125552368"),
            ("+1 1 212 555 2368", "+12125552368"),
            ("+7 800 555 35 35", "+78005553535"),
            ("+7 8 800 555 35 35", "+78005553535"),
            ("+7 (8) 495 123-45-67", "+74951234567"),
            ("+36 (06) 1 234 5678", "+3612345678"),
            ("+375 800 123 4567", "+3758001234567"),
            ("+378 0549 886377", "+3780549886377"),
            ("+61 (0)2 9374 4000", "+61293744000"),
            ("+81 (0)3-1234-5678", "+81312345678"),
            ("+86 (0)10 1234 5678", "+861012345678"),
            ("+55 (0)11 91234-5678", "+5511912345678"),
            ("+52 55 1234 5678", "+525512345678"),
            ("+91 098765 43210", "+919876543210"),
            ("+234 0803 123 4567", "+2348031234567"),
            ("+972 (0)3-123-4567", "+97231234567"),
        ] {
            for default in DEFAULTS {
                assert_eq!(phone_e164(typed, default).as_deref(), Some(international), "{typed} in {default:?}");
            }
        }
    }

    #[test]
    fn a_number_without_a_country_is_read_by_the_rules_of_the_default() {
        for (country, typed, international) in [
            ("SE", "070-123 45 67", "+46701234567"),
            ("SE", "(0)70-123 45 67", "+46701234567"),
            ("IT", "06 69812345", "+390669812345"),
            ("IT", "(0)6 1234567", "+39061234567"),
            ("CG", "06 612 34 56", "+242066123456"),
            ("CI", "07 12 34 56 78", "+2250712345678"),
            ("RU", "8 800 555 35 35", "+78005553535"),
            ("US", "1-212-555-2368", "+12125552368"),
            ("US", "011 39 06 69812345", "+390669812345"),
            ("DE", "0039 06 69812345", "+390669812345"),
            ("GB", "00 46 (0)70-123 45 67", "+46701234567"),
            ("DE", "0800 1234567", "+498001234567"),
        ] {
            assert_eq!(phone_e164(typed, Some(country)).as_deref(), Some(international), "{typed} in {country}");
        }
    }

    #[test]
    fn the_example_numbers_of_all_countries_are_read_whatever_the_default() {
        let mut count = 0;
        for country in DATABASE.iter() {
            let (code, kinds) = (country.country_code(), country.descriptors());
            let examples = [kinds.fixed_line(), kinds.mobile(), kinds.toll_free(), kinds.premium_rate()];
            for example in examples.into_iter().flatten().filter_map(|kind| kind.example()) {
                let international = format!("+{code}{example}");
                // Some examples are out of date; the library knows none of their forms.
                if phone_e164(&international, None).is_none() {
                    continue;
                }
                count += 1;
                let mut forms = vec![format!("+{code} {example}")];
                if !super::keeps_zero(country) {
                    forms.push(format!("+{code} (0) {example}"));
                }
                forms.extend(country.national_prefix().map(|prefix| format!("+{code} {prefix} {example}")));
                for default in DEFAULTS {
                    for form in &forms {
                        let read = phone_e164(form, default);
                        assert_eq!(read.as_deref(), Some(international.as_str()), "{form} in {default:?}");
                    }
                }
            }
        }
        assert!(count > 700, "only {count} examples are valid");
    }
}
