//! Blocking keys: only customers with a key in common are compared.
//!
//! E-mail addresses and telephone numbers in international form have an index of their own, and no key here.

use std::collections::BTreeSet;

use super::nicknames::full_names;
use super::record::MatchRecord;
use super::words::skeleton;
use crate::base::hash::stable_hash;

/// The keys of a record, as hashes: the table has no personal data.
pub(super) fn keys(record: &MatchRecord) -> BTreeSet<i64> {
    let mut texts: Vec<String> = Vec::new();
    match record.is_organization() {
        true => of_organization(record, &mut texts),
        false => of_person(record, &mut texts),
    }
    texts.extend(
        record.phones.iter().filter(|phone| phone.e164.is_none()).map(|phone| format!("p {}", phone.last_digits)),
    );
    texts.extend(record.tax_id.as_ref().map(|id| format!("t {id}")));
    texts.iter().map(|text| stable_hash(text)).collect()
}

fn of_person(record: &MatchRecord, texts: &mut Vec<String>) {
    let joined = record.family.concat();
    let Some(given) = record.given.first() else {
        if !joined.is_empty() {
            texts.push(format!("f {joined}"));
        }
        return;
    };
    let mut families: Vec<&str> = vec![&joined];
    if record.family.len() > 1 {
        families.extend(record.family.iter().map(String::as_str).filter(|name| name.len() > 2));
    }
    for family in families.into_iter().filter(|family| !family.is_empty()) {
        // The same in either order, because the parts of a name are often exchanged.
        for (one, other) in
            full_names(given).into_iter().flat_map(|one| full_names(family).into_iter().map(move |other| (one, other)))
        {
            let (one, other) = (skeleton(one), skeleton(other));
            texts.push(format!("n {} {}", (&one).min(&other), (&one).max(&other)));
        }
        texts.push(format!("i {family} {}", &given[..1]));
        texts.push(format!("g {given} {}", &family[..family.len().min(2)]));
    }
    if let Some(date) = record.birth_date {
        texts.push(format!("b {date} {}", &given[..1]));
    }
}

fn of_organization(record: &MatchRecord, texts: &mut Vec<String>) {
    if let Some(name) = &record.organization {
        let joined = name.joined();
        texts.push(format!("o {}", skeleton(&joined)));
        texts.push(format!("c {}", &joined[..joined.len().min(7)]));
        let mut words = name.core.clone();
        words.sort_unstable();
        texts.push(format!("w {}", words.concat()));
    }
    texts.extend(record.domains.iter().map(|domain| format!("d {domain}")));
}
