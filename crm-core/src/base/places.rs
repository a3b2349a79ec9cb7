//! Countries, time zones and telephone numbers: stored as typed, with a derived normalized form.

mod patterns;
mod phones;

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono_tz::{TZ_VARIANTS, Tz};
use keshvar::{Alpha2, Alpha3, CountryIterator};

use crate::base::text::fold;

pub use phones::phone_e164;

/// The ISO 3166-1 alpha-2 code of a country, given by code or by name, in English or in the language of the country and
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
    // Lists of countries often add an explanation in parentheses.
    NAMES.get(name).or_else(|| NAMES.get(name.split_once('(')?.0.trim())).copied()
}

/// The countries by their folded names. A name of two countries finds neither.
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

/// The time zone of this name, in any case, in IANA spelling.
pub(crate) fn time_zone(name: &str) -> Option<Tz> {
    let name = name.trim();
    TZ_VARIANTS.into_iter().find(|zone| zone.name().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::country_code;

    #[test]
    fn countries_are_found_by_code_and_name() {
        for country in ["DE", "de", "DEU", "Germany", " germany ", "Deutschland", "Allemagne"] {
            assert_eq!(country_code(country).as_deref(), Some("DE"), "{country}");
        }
        assert_eq!(country_code("Slovakia (Slovak Republic)").as_deref(), Some("SK"));
        assert_eq!(country_code("Atlantis"), None);
    }
}
