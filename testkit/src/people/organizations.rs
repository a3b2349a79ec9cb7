//! Organizations.

use crm_core::customers::NewCustomer;

use super::persons::address;
use super::words::{CITIES, FIRM_NAMES, LAST, LEGAL_FORMS, TRADES};
use super::{Chance, Set};

/// The name without its legal form, and the domain.
fn name(chance: &mut Chance) -> (String, String) {
    let name = match chance.below(3) {
        0 => format!("{} & {} {}", chance.pick(LAST), chance.pick(LAST), chance.pick(TRADES)),
        1 => format!("{} {}", chance.pick(LAST), chance.pick(TRADES)),
        _ => format!("{} {}", chance.pick(FIRM_NAMES), chance.pick(TRADES)),
    };
    let domain: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    (name, format!("{domain}{}.example.com", chance.below(100)))
}

/// An organization, which is there a second time more often than not.
pub(super) fn one(set: &mut Set) {
    let chance = &mut set.chance;
    let ((name, domain), forms) = (name(chance), *chance.pick(LEGAL_FORMS));
    let mut first = NewCustomer::organization(format!("{name} {}", forms[0]));
    if chance.percent(70) {
        first.website = Some(format!("https://www.{domain}"));
    }
    if chance.percent(60) {
        first.email = Some(format!("info@{domain}"));
    }
    if chance.percent(70) {
        first.phone = Some(chance.phone());
    }
    if chance.percent(70) {
        address(chance, &mut first);
    }
    let second = chance.percent(60).then(|| again(chance, &first, (&name, &domain), forms));
    set.add(first, "organization");
    if let Some((second, kind)) = second {
        set.again(second, kind);
    }
}

fn again(
    chance: &mut Chance,
    first: &NewCustomer,
    (name, domain): (&str, &str),
    forms: &[&str],
) -> (NewCustomer, &'static str) {
    let mut second = first.clone();
    let form = *chance.pick(forms);
    let kind = match chance.below(5) {
        0 => {
            second.name = Some(format!("{} {form}", chance.mistype(name)));
            "organization mistyped"
        }
        1 => {
            second.name = Some(format!("{} {form}", name.replace(" & ", " and ").to_uppercase()));
            "organization rewritten"
        }
        2 => {
            second.name = Some(name.to_owned());
            address(chance, &mut second);
            "organization moved"
        }
        _ => {
            second.name = Some(format!("{name} {form}"));
            "organization legal form"
        }
    };
    second.website = second.website.filter(|_| chance.percent(60)).map(|_| domain.to_owned());
    second.email = second.email.map(|email| if chance.percent(40) { format!("sales@{domain}") } else { email });
    second.phone = second.phone.filter(|_| chance.percent(65));
    if chance.percent(30) {
        (second.address, second.zip_code) = (None, None);
    }
    (second, kind)
}

/// Branches, and firms with almost one name.
pub(super) fn branches(set: &mut Set) {
    let chance = &mut set.chance;
    let ((name, domain), form) = (name(chance), chance.pick(LEGAL_FORMS)[0]);
    let is_one_firm = chance.percent(50);
    for number in 0..2 {
        let chance = &mut set.chance;
        let mut branch = NewCustomer::organization(match is_one_firm {
            true => format!("{name} {} {form}", CITIES[number + chance.below(5) * 2].0),
            false => format!("{name} {} {form}", TRADES[number + chance.below(7) * 2]),
        });
        branch.website = (is_one_firm && chance.percent(50)).then(|| format!("https://{domain}"));
        branch.phone = Some(chance.phone());
        address(chance, &mut branch);
        set.add(branch, "branch");
    }
}
