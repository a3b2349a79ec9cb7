//! People.

use crm_core::customers::{CustomerKind, NewCustomer};

use super::words::{CITIES, CYRILLIC, FIRM_NAMES, FIRST, FREE_MAIL, LAST, NICKNAMES, SIBLINGS, STREETS, TRADES};
use super::{Chance, Set};

fn ascii(word: &str) -> String {
    let plain: [(&str, &str); 8] =
        [("ü", "ue"), ("ö", "oe"), ("ä", "ae"), ("ß", "ss"), ("é", "e"), ("è", "e"), ("ø", "o"), ("å", "a")];
    let lower = word.to_lowercase();
    let lower = plain.iter().fold(lower, |word, (from, to)| word.replace(from, to));
    lower.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn firm(chance: &mut Chance) -> String {
    format!("{} {}", chance.pick(FIRM_NAMES), chance.pick(TRADES))
}

fn domain(firm: &str) -> String {
    format!("{}.example.com", ascii(firm))
}

pub(super) fn address(chance: &mut Chance, customer: &mut NewCustomer) {
    let (city, zip) = *chance.pick(CITIES);
    customer.address = Some(format!("{} {}", chance.pick(STREETS), 1 + chance.below(180)));
    customer.city = Some(city.to_owned());
    customer.zip_code = Some(format!("{zip}{:02}", chance.below(100)));
}

fn private_email(chance: &mut Chance, customer: &NewCustomer) -> String {
    let (first, last) = names(customer);
    let (first, last) = (ascii(&first), ascii(&last));
    let domain = *chance.pick(FREE_MAIL);
    let number = chance.below(1_000);
    match chance.below(4) {
        0 => format!("{first}.{last}@{domain}"),
        1 => format!("{}{last}{number}@{domain}", &first[..first.len().min(1)]),
        2 => format!("{first}{number}@{domain}"),
        _ => format!("{last}.{first}{}@{domain}", number % 100),
    }
}

fn work_email(customer: &NewCustomer) -> Option<String> {
    let (first, last) = names(customer);
    let firm = customer.organization_name.as_deref()?;
    Some(format!("{}.{}@{}", ascii(&first), ascii(&last), domain(firm)))
}

fn names(customer: &NewCustomer) -> (String, String) {
    (customer.first_name.clone().unwrap_or_default(), customer.last_name.clone().unwrap_or_default())
}

/// A person as one finds them in an address book: with gaps.
fn base(chance: &mut Chance) -> NewCustomer {
    let mut customer = NewCustomer::person(*chance.pick(FIRST), *chance.pick(LAST));
    fill(chance, &mut customer);
    customer
}

fn fill(chance: &mut Chance, customer: &mut NewCustomer) {
    if chance.percent(60) {
        customer.organization_name = Some(firm(chance));
    }
    if chance.percent(85) {
        let private = private_email(chance, customer);
        let work = work_email(customer).filter(|_| chance.percent(70));
        customer.email = Some(work.unwrap_or(private));
    }
    if chance.percent(75) {
        customer.phone = Some(chance.phone());
    }
    if chance.percent(55) {
        address(chance, customer);
    }
    if chance.percent(20) {
        customer.birth_date = chance.birth_date().parse().ok();
    }
}

/// A person, who is there a second time more often than not.
pub(super) fn one(set: &mut Set) {
    let chance = &mut set.chance;
    let first = base(chance);
    let second = chance.percent(65).then(|| again(chance, &first));
    set.add(first, "base");
    if let Some((second, kind)) = second {
        set.again(second, kind);
    }
}

/// What another user typed of the same person, at another time, from another source.
fn again(chance: &mut Chance, first: &NewCustomer) -> (NewCustomer, &'static str) {
    let mut second = first.clone();
    let kind = match chance.below(100) {
        0..=21 => mistyped(chance, &mut second),
        22..=33 => nickname(chance, &mut second),
        34..=41 => initial(&mut second),
        42..=51 => moved(chance, &mut second),
        52..=61 => new_job(chance, &mut second),
        62..=69 => married(chance, &mut second),
        70..=76 => script(&mut second),
        77..=82 => exchanged(&mut second),
        83..=94 => rewritten(chance, &mut second),
        _ => name_only(&mut second),
    };
    gaps(chance, first, &mut second);
    (second, kind)
}

/// Not everything is typed a second time; mostly something remains by which one knows the person.
fn gaps(chance: &mut Chance, first: &NewCustomer, second: &mut NewCustomer) {
    if chance.percent(35) {
        second.address = None;
        second.zip_code = None;
    }
    if chance.percent(30) {
        second.organization_name = None;
    }
    if chance.percent(30) {
        second.birth_date = None;
    }
    let has_both = second.email.is_some() && second.phone.is_some();
    match chance.below(10) {
        0..=2 if has_both => second.phone = None,
        3..=4 if has_both => second.email = None,
        5 => second.email = first.email.as_ref().map(|_| private_email(chance, second)),
        _ => {}
    }
}

fn mistyped(chance: &mut Chance, second: &mut NewCustomer) -> &'static str {
    let (first, last) = names(second);
    match chance.percent(50) {
        true => second.first_name = Some(chance.mistype(&first)),
        false => second.last_name = Some(chance.mistype(&last)),
    }
    "mistyped"
}

fn nickname(chance: &mut Chance, second: &mut NewCustomer) -> &'static str {
    let (first, _) = names(second);
    match NICKNAMES.iter().find(|(name, _)| *name == first) {
        Some((_, short)) => {
            second.first_name = Some((*short).to_owned());
            "nickname"
        }
        None => mistyped(chance, second),
    }
}

fn initial(second: &mut NewCustomer) -> &'static str {
    let (first, _) = names(second);
    second.first_name = first.chars().next().map(|letter| format!("{letter}."));
    "initial"
}

fn moved(chance: &mut Chance, second: &mut NewCustomer) -> &'static str {
    address(chance, second);
    if chance.percent(40) {
        second.phone = second.phone.as_ref().map(|_| chance.phone());
    }
    "moved"
}

fn new_job(chance: &mut Chance, second: &mut NewCustomer) -> &'static str {
    let was_at_work = second.email == work_email(second);
    second.organization_name = Some(firm(chance));
    if was_at_work {
        second.email = work_email(second);
    }
    "new job"
}

fn married(chance: &mut Chance, second: &mut NewCustomer) -> &'static str {
    let (_, old) = names(second);
    let new = *chance.pick(LAST);
    second.last_name = Some(if chance.percent(25) { format!("{old}-{new}") } else { new.to_owned() });
    "married"
}

/// Without umlauts, or in other letters.
fn script(second: &mut NewCustomer) -> &'static str {
    let rewrite = |name: &str| match CYRILLIC.iter().find(|(latin, _)| *latin == name) {
        Some((_, cyrillic)) => (*cyrillic).to_owned(),
        None => [("ü", "ue"), ("ö", "oe"), ("ä", "ae"), ("ß", "ss"), ("é", "e"), ("ø", "oe"), ("ł", "l"), ("ś", "s")]
            .iter()
            .fold(name.to_owned(), |name, (from, to)| name.replace(from, to)),
    };
    let (first, last) = names(second);
    (second.first_name, second.last_name) = (Some(rewrite(&first)), Some(rewrite(&last)));
    "script"
}

fn exchanged(second: &mut NewCustomer) -> &'static str {
    std::mem::swap(&mut second.first_name, &mut second.last_name);
    "exchanged"
}

/// The same, written in another way.
fn rewritten(chance: &mut Chance, second: &mut NewCustomer) -> &'static str {
    let (first, last) = names(second);
    match chance.below(3) {
        0 => {
            (second.first_name, second.last_name) = (None, None);
            second.name = Some(format!("{last}, {first}"));
        }
        1 => {
            (second.first_name, second.last_name) = (Some(first.to_uppercase()), Some(last.to_uppercase()));
        }
        _ => {
            (second.first_name, second.last_name) = (None, None);
            second.name = Some(format!("Dr. {first} {last}"));
        }
    }
    second.phone = second.phone.as_ref().map(|phone| phone.replace("+1 ", "1-").replace(' ', "-"));
    second.email = second.email.as_ref().map(|email| email.to_uppercase());
    "rewritten"
}

/// Nothing but the name and a part of the rest.
fn name_only(second: &mut NewCustomer) -> &'static str {
    *second = NewCustomer {
        kind: Some(CustomerKind::Person),
        first_name: second.first_name.take(),
        last_name: second.last_name.take(),
        organization_name: second.organization_name.take(),
        city: second.city.take(),
        ..NewCustomer::default()
    };
    "name only"
}

/// People with one name, one telephone and one address.
pub(super) fn family(set: &mut Set) {
    let chance = &mut set.chance;
    let last = *chance.pick(LAST);
    let mut home = NewCustomer { phone: Some(chance.phone()), ..NewCustomer::person("", last) };
    address(chance, &mut home);
    let shared = chance.percent(25).then(|| format!("familie.{}@{}", ascii(last), chance.pick(FREE_MAIL)));
    let siblings = *chance.pick(SIBLINGS);
    let mut first_names = match chance.percent(30) {
        true => vec![siblings.0, siblings.1],
        false => vec![*chance.pick(FIRST)],
    };
    for _ in 0..1 + chance.below(2) {
        let other = *chance.pick(FIRST);
        if !first_names.contains(&other) {
            first_names.push(other);
        }
    }
    let is_with_senior = chance.percent(10);
    for first in first_names {
        let chance = &mut set.chance;
        let mut member = NewCustomer { first_name: Some(first.to_owned()), ..home.clone() };
        member.email = shared.clone().or_else(|| chance.percent(60).then(|| private_email(chance, &member)));
        if chance.percent(30) {
            member.birth_date = chance.birth_date().parse().ok();
        }
        if is_with_senior {
            member.name_suffix = Some("Jr.".to_owned());
        }
        set.add(member, "family");
    }
    if is_with_senior && let Some(last) = set.records.last().map(|record| record.customer.clone()) {
        let senior = NewCustomer { name_suffix: Some("Sr.".to_owned()), birth_date: None, email: None, ..last };
        set.add(senior, "father and son");
    }
}

/// People with one employer, one switchboard, one address and partly one mailbox.
pub(super) fn colleagues(set: &mut Set) {
    let chance = &mut set.chance;
    let mut office = NewCustomer { organization_name: Some(firm(chance)), ..NewCustomer::person("", "") };
    office.phone = Some(chance.phone());
    address(chance, &mut office);
    let shared = format!("info@{}", domain(office.organization_name.as_deref().unwrap_or_default()));
    let frequent = *chance.pick(FIRST);
    for number in 0..3 + chance.below(4) {
        let chance = &mut set.chance;
        let first = if number < 2 && chance.percent(25) { frequent } else { *chance.pick(FIRST) };
        let mut member = NewCustomer {
            first_name: Some(first.to_owned()),
            last_name: Some((*chance.pick(LAST)).to_owned()),
            ..office.clone()
        };
        member.email = if chance.percent(25) { Some(shared.clone()) } else { work_email(&member) };
        set.add(member, "colleague");
    }
}

/// Different people with one name.
pub(super) fn namesakes(set: &mut Set) {
    let chance = &mut set.chance;
    let (first, last, city) = (*chance.pick(FIRST), *chance.pick(LAST), *chance.pick(CITIES));
    let is_one_city = chance.percent(25);
    for _ in 0..2 {
        let chance = &mut set.chance;
        let mut one = NewCustomer::person(first, last);
        fill(chance, &mut one);
        if one.email.is_none() && one.phone.is_none() {
            one.phone = Some(chance.phone());
        }
        if is_one_city {
            address(chance, &mut one);
            one.city = Some(city.0.to_owned());
            one.zip_code = Some(format!("{}{:02}", city.1, chance.below(100)));
        }
        set.add(one, "namesake");
    }
}
