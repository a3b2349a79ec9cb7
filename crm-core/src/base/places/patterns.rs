//! Compiles the patterns of the telephone library in advance.
//!
//! The library compiles patterns on demand and caches a hundred of them, so an import with numbers of many countries
//! compiles a handful per number: a millisecond each. Its digit class covers all scripts, which makes every pattern
//! large, although the numbers it compares are ASCII. So the patterns of a country are compiled here for ASCII at its
//! first number, and put into the library's cache, which is enlarged to hold all: measured with 245 countries, 10 µs a
//! number instead of 1,000, and 35 MB if all of them are used.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use phonenumber::Metadata;
use phonenumber::metadata::DATABASE;
use regex::RegexBuilder;

/// More than there are.
const MAX_PATTERNS: usize = 4_000;
/// The calling code of North America has 25 countries, of which the first has nearly all numbers.
pub(super) const MAX_COUNTRIES: usize = 3;

/// The countries whose patterns are cached.
static PREPARED: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(|| {
    if let Ok(mut cache) = DATABASE.cache().lock() {
        cache.set_capacity(MAX_PATTERNS);
    }
    Mutex::default()
});

/// Prepares the patterns for the numbers of a country.
pub(super) fn prepare(country: &'static Metadata) {
    let mut prepared = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
    if !prepared.insert(country.id()) {
        return;
    }
    let cache = DATABASE.cache();
    let Ok(mut cache) = cache.lock() else {
        return;
    };
    for pattern in patterns(country) {
        if cache.contains_key(pattern) {
            continue;
        }
        // Patterns that cannot be compiled for ASCII are left to the library.
        if let Ok(regex) = RegexBuilder::new(pattern).ignore_whitespace(true).unicode(false).build() {
            cache.insert(pattern.to_owned(), regex);
        }
    }
}

fn patterns(country: &'static Metadata) -> impl Iterator<Item = &'static str> {
    let kinds = country.descriptors();
    let numbers = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ];
    let numbers = numbers.into_iter().flatten().chain([kinds.general()]).map(|kind| kind.national_number());
    let prefixes = [country.international_prefix(), country.national_prefix_for_parsing(), country.leading_digits()];
    numbers.chain(prefixes.into_iter().flatten()).map(|pattern| pattern.as_str())
}
