//! Countries and telephone numbers: what is typed is kept, and what it means is derived.

mod patterns;

use std::collections::HashMap;
use std::sync::LazyLock;

use keshvar::{Alpha2, Alpha3, CountryIterator};

use crate::base::text::fold;

/// The ISO 3166-1 alpha-2 code of a country given by code or by name, in English or in the language of the country and
/// its larger neighbours.
#[must_use]
pub fn country_code(country: &str) -> Option<String> {
    let country = country.trim();
    let upper = country.to_uppercase();
    let alpha2 = match upper.len() {
        2 => Alpha2::try_from(upper.as_str()).ok(),
        3 => Alpha3::try_from(upper.as_str()).ok().map(Alpha2::from),
        _ => None,
    };
    alpha2.or_else(|| by_name(&fold(country))).map(|alpha2| alpha2.to_string())
}

fn by_name(name: &str) -> Option<Alpha2> {
    // Lists of countries like to explain a name in parentheses.
    NAMES.get(name).or_else(|| NAMES.get(name.split_once('(')?.0.trim())).copied()
}

/// The countries by their names, folded. What two countries are called, neither is found by.
static NAMES: LazyLock<HashMap<String, Alpha2>> = LazyLock::new(|| {
    let mut names: HashMap<String, Option<Alpha2>> = HashMap::new();
    for country in CountryIterator::new() {
        let official = [country.iso_short_name(), country.iso_long_name()];
        for name in official.iter().chain(country.unofficial_name_list()) {
            let name = fold(name);
            for name in [name.strip_prefix("the "), Some(&name)].into_iter().flatten() {
                let found = names.entry(name.to_owned()).or_insert(Some(country.alpha2()));
                *found = found.filter(|other| *other == country.alpha2());
            }
        }
    }
    names.into_iter().filter_map(|(name, country)| Some((name, country?))).collect()
});

/// A telephone number in the international form (ITU-T E.164), `+` and digits. A number without a country code is
/// read as one of `default_country` (ISO 3166-1 alpha-2). `None` if it makes no valid number.
#[must_use]
pub fn phone_e164(typed: &str, default_country: Option<&str>) -> Option<String> {
    // Without a country to read it for, a number has to name its own.
    if default_country.is_none() && !typed.contains(['+', '＋']) {
        return None;
    }
    patterns::prepare(typed, default_country);
    let country = default_country.and_then(|code| code.parse().ok());
    let number = phonenumber::parse(country, typed).ok()?;
    number.is_valid().then(|| format!("+{}{}", number.code().value(), number.national()))
}

#[cfg(test)]
mod tests {
    use super::{country_code, phone_e164};

    #[test]
    fn countries_are_found_by_code_and_name() {
        for country in ["DE", "de", "DEU", "Germany", " germany ", "Deutschland", "Allemagne"] {
            assert_eq!(country_code(country).as_deref(), Some("DE"), "{country}");
        }
        assert_eq!(country_code("Slovakia (Slovak Republic)").as_deref(), Some("SK"));
        assert_eq!(country_code("Atlantis"), None);
    }

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
        assert_eq!(phone_e164("+", Some("US")), None);
    }
}
