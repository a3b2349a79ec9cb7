//! From what is given to the lists and the flat fields, which follow each other: `email` is the address of the primary
//! e-mail, `phone` the primary number, and the flat address the primary one.

use super::super::input::NewCustomer;
use super::super::model::Customer;
use super::super::validate::international;
use super::model::{CustomerAddress, CustomerEmail, CustomerPhone};
use crate::base::error::Violations;
use crate::base::patch::Patch;
use crate::base::places;
use crate::base::text::{self, Unprintable};
use crate::base::validation::{CONTROL, normalise as line};
use crate::companies::CompanySettings;

/// The most entries of a list.
pub(in super::super) const MAX: usize = 20;

/// An entry of one of the lists.
pub(in super::super) trait Entry: Clone + PartialEq {
    /// Where in an entry its value stands, for pointers.
    const VALUE: &'static str;

    /// Whether both are one address or number, however they are spelt and labelled.
    fn is_same(&self, other: &Self) -> bool;
    /// Whether both would be one entry of a list.
    fn repeats(&self, other: &Self) -> bool {
        self.is_same(other)
    }
    /// Whether there is anything to compare; it is required elsewhere.
    fn has_value(&self) -> bool;
    fn primary(&self) -> Option<bool>;
    fn set_primary(&mut self, is_primary: bool);
    /// Takes over the value, and keeps what is said about it.
    fn take(&mut self, value: Self);
}

pub(in super::super) fn is_primary(entry: &impl Entry) -> bool {
    entry.primary() == Some(true)
}

impl Entry for CustomerEmail {
    const VALUE: &'static str = "/address";

    fn is_same(&self, other: &Self) -> bool {
        self.address == other.address
    }

    fn has_value(&self) -> bool {
        !self.address.is_empty()
    }

    fn primary(&self) -> Option<bool> {
        self.is_primary
    }

    fn set_primary(&mut self, is_primary: bool) {
        self.is_primary = Some(is_primary);
    }

    fn take(&mut self, value: Self) {
        // A wish outlives the address; that mails came back does not.
        self.is_invalid &= self.is_same(&value);
        self.address = value.address;
    }
}

impl Entry for CustomerPhone {
    const VALUE: &'static str = "/number";

    fn is_same(&self, other: &Self) -> bool {
        match (&self.e164, &other.e164) {
            (Some(one), Some(other)) => one == other,
            (None, None) => signs(&self.number).eq(signs(&other.number)),
            _ => false,
        }
    }

    fn has_value(&self) -> bool {
        !self.number.is_empty()
    }

    fn primary(&self) -> Option<bool> {
        self.is_primary
    }

    fn set_primary(&mut self, is_primary: bool) {
        self.is_primary = Some(is_primary);
    }

    fn take(&mut self, value: Self) {
        self.is_invalid &= self.is_same(&value);
        (self.number, self.e164) = (value.number, value.e164);
    }
}

/// What tells one number from another, where it makes no international one.
fn signs(number: &str) -> impl Iterator<Item = char> {
    number.chars().filter(|sign| sign.is_alphanumeric() || *sign == '+').flat_map(char::to_lowercase)
}

impl CustomerAddress {
    pub(super) fn parts(&self) -> [&Option<String>; 6] {
        [&self.address, &self.address_line2, &self.city, &self.state, &self.zip_code, &self.country]
    }

    /// The parts with their pointers.
    fn parts_mut(&mut self) -> [(&mut Option<String>, &'static str); 6] {
        [
            (&mut self.address, "address"),
            (&mut self.address_line2, "addressLine2"),
            (&mut self.city, "city"),
            (&mut self.state, "state"),
            (&mut self.zip_code, "zipCode"),
            (&mut self.country, "country"),
        ]
    }

    fn is_empty(&self) -> bool {
        self.parts().into_iter().all(Option::is_none)
    }
}

impl Entry for CustomerAddress {
    const VALUE: &'static str = "";

    fn is_same(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }

    /// Invoices and goods may go to one place.
    fn repeats(&self, other: &Self) -> bool {
        self.kind == other.kind && self.is_same(other)
    }

    fn has_value(&self) -> bool {
        !self.is_empty()
    }

    fn primary(&self) -> Option<bool> {
        self.is_primary
    }

    fn set_primary(&mut self, is_primary: bool) {
        self.is_primary = Some(is_primary);
    }

    fn take(&mut self, value: Self) {
        *self = Self { kind: self.kind, is_primary: self.is_primary, ..value };
    }
}

/// The lists that flat fields alone make.
pub(in super::super) fn of_email(email: Option<&String>) -> Option<CustomerEmail> {
    email.map(|address| CustomerEmail { is_primary: Some(true), ..CustomerEmail::new(address) })
}

pub(in super::super) fn of_phone(phone: Option<&String>, e164: Option<&String>) -> Option<CustomerPhone> {
    phone.map(|number| CustomerPhone { is_primary: Some(true), e164: e164.cloned(), ..CustomerPhone::new(number) })
}

/// The flat address of a customer.
pub(in super::super) fn flat_address(customer: &Customer) -> Option<CustomerAddress> {
    let Customer { address, address_line2, city, state, zip_code, country, country_code, .. } = customer;
    Some(CustomerAddress {
        address: address.clone(),
        address_line2: address_line2.clone(),
        city: city.clone(),
        state: state.clone(),
        zip_code: zip_code.clone(),
        country: country.clone(),
        country_code: country_code.clone(),
        is_primary: Some(true),
        ..CustomerAddress::default()
    })
    .filter(|flat| !flat.is_empty())
}

/// The list of a patch: `None` keeps what there is.
pub(in super::super) fn patched<T>(list: Patch<Vec<T>>) -> Option<Vec<T>> {
    match list {
        Patch::Absent => None,
        Patch::Clear => Some(Vec::new()),
        Patch::Set(list) => Some(list),
    }
}

/// Trims and composes the texts of the lists.
pub(in super::super) fn normalise(new: &mut NewCustomer, violations: &mut Violations) {
    for (index, email) in new.emails.iter_mut().flatten().enumerate() {
        required(&mut email.address, || format!("/emails/{index}/address"), violations);
        email.address = text::email(&email.address);
    }
    for (index, phone) in new.phones.iter_mut().flatten().enumerate() {
        required(&mut phone.number, || format!("/phones/{index}/number"), violations);
    }
    for (index, address) in new.addresses.iter_mut().flatten().enumerate() {
        for (part, name) in address.parts_mut() {
            line(part, &format!("/addresses/{index}/{name}"), text::line, violations);
        }
        if address.is_empty() {
            violations.add(format!("/addresses/{index}"), "required", "an address has at least one part");
        }
    }
}

fn required(text: &mut String, pointer: impl Fn() -> String, violations: &mut Violations) {
    match text::line(text) {
        Ok(line) => *text = line.unwrap_or_default(),
        Err(Unprintable) => violations.add(pointer(), CONTROL.0, CONTROL.1),
    }
}

/// Brings lists and flat fields together; afterwards both are there, and the primary entries are marked. `before` is the
/// customer who is changed. A list that is absent keeps what the customer has.
pub(in super::super) fn settle(
    new: &mut NewCustomer,
    before: Option<&Customer>,
    settings: &CompanySettings,
    violations: &mut Violations,
) {
    let flat = of_email(new.email.as_ref());
    let emails = one_list("/emails", new.emails.take(), flat, before.map(|before| &before.emails), violations);
    new.email = emails.iter().find(|email| is_primary(*email)).map(|email| email.address.clone());
    new.emails = Some(emails);
    settle_addresses(new, before, violations);
    settle_phones(new, before, settings, violations);
}

fn settle_phones(
    new: &mut NewCustomer,
    before: Option<&Customer>,
    settings: &CompanySettings,
    violations: &mut Violations,
) {
    let country = new.country.as_deref().and_then(places::country_code);
    let derive = |phone: &mut CustomerPhone| phone.e164 = international(&phone.number, country.as_deref(), settings);
    let mut flat = of_phone(new.phone.as_ref(), None);
    flat.iter_mut().chain(new.phones.iter_mut().flatten()).for_each(derive);
    let former = before.map(|before| {
        let mut phones = before.phones.clone();
        phones.iter_mut().for_each(derive);
        phones
    });
    let phones = one_list("/phones", new.phones.take(), flat, former.as_ref(), violations);
    new.phone = phones.iter().find(|phone| is_primary(*phone)).map(|phone| phone.number.clone());
    new.phones = Some(phones);
}

/// The flat address of what is given.
pub(in super::super) fn flat_address_of(new: &NewCustomer) -> Option<CustomerAddress> {
    let flat = CustomerAddress {
        address: new.address.clone(),
        address_line2: new.address_line2.clone(),
        city: new.city.clone(),
        state: new.state.clone(),
        zip_code: new.zip_code.clone(),
        country: new.country.clone(),
        is_primary: Some(true),
        ..CustomerAddress::default()
    };
    Some(flat).filter(|flat| !flat.is_empty())
}

fn settle_addresses(new: &mut NewCustomer, before: Option<&Customer>, violations: &mut Violations) {
    let mut flat = flat_address_of(new);
    for address in flat.iter_mut().chain(new.addresses.iter_mut().flatten()) {
        address.country_code = address.country.as_deref().and_then(places::country_code);
    }
    let former = before.map(|before| &before.addresses);
    let addresses = one_list("/addresses", new.addresses.take(), flat, former, violations);
    let primary = addresses.iter().find(|address| is_primary(*address)).cloned().unwrap_or_default();
    let CustomerAddress { address, address_line2, city, state, zip_code, country, .. } = primary;
    (new.address, new.address_line2, new.city) = (address, address_line2, city);
    (new.state, new.zip_code, new.country) = (state, zip_code, country);
    new.addresses = Some(addresses);
}

fn one_list<E: Entry>(
    pointer: &str,
    given: Option<Vec<E>>,
    flat: Option<E>,
    former: Option<&Vec<E>>,
    violations: &mut Violations,
) -> Vec<E> {
    let former = former.map_or(&[][..], Vec::as_slice);
    let given_too_many = given.as_ref().is_some_and(|list| list.len() > MAX);
    check(pointer, given.as_deref().unwrap_or_default(), violations);
    let list = match given {
        Some(list) => listed(pointer, list, flat, violations),
        None => follow(former.to_vec(), flat),
    };
    if list.len() > MAX && !given_too_many {
        violations.add(pointer, "too_long", format!("at most {MAX} long"));
    }
    list
}

fn check<E: Entry>(pointer: &str, list: &[E], violations: &mut Violations) {
    let mut has_primary = false;
    for (index, entry) in list.iter().enumerate() {
        if entry.has_value() && list[..index].iter().any(|other| other.repeats(entry)) {
            let detail = "the list has it already, perhaps spelt differently";
            violations.add(format!("{pointer}/{index}{}", E::VALUE), "duplicate", detail);
        }
        if is_primary(entry) && std::mem::replace(&mut has_primary, true) {
            violations.add(format!("{pointer}/{index}/isPrimary"), "duplicate", "only one can be the primary one");
        }
    }
}

/// The list with the flat field as its primary entry: one that it has already, or else the primary one changes. Without a
/// flat field the primary entry goes, and no other takes its place.
pub(in super::super) fn follow<E: Entry>(mut list: Vec<E>, flat: Option<E>) -> Vec<E> {
    let primary = list.iter().position(is_primary);
    let Some(flat) = flat else {
        if let Some(at) = primary {
            list.remove(at);
        }
        return list;
    };
    match position(&list, &flat, primary).or(primary) {
        Some(at) => {
            list[at].take(flat);
            mark(&mut list, Some(at));
        }
        None => list.insert(0, flat),
    }
    list
}

/// A list that is given, with its primary entry marked: the flat field, which is added where it lacks.
fn listed<E: Entry>(pointer: &str, mut list: Vec<E>, flat: Option<E>, violations: &mut Violations) -> Vec<E> {
    let flagged = list.iter().position(is_primary);
    let primary = match flat {
        None => flagged.or_else(|| list.iter().position(|entry| entry.primary() != Some(false))),
        Some(flat) => match position(&list, &flat, flagged) {
            Some(at) => {
                if let Some(flagged) = flagged.filter(|flagged| *flagged != at) {
                    let detail = "the flat field says that another one is the primary one";
                    violations.add(format!("{pointer}/{flagged}/isPrimary"), "unexpected", detail);
                }
                Some(at)
            }
            None => {
                list.insert(0, flat);
                Some(0)
            }
        },
    };
    mark(&mut list, primary);
    list
}

/// Adds the entries that a list lacks, none of them as the primary one. More than the list may have are refused when it is
/// checked.
pub(in super::super) fn add_missing<E: Entry>(list: &mut Vec<E>, more: &[E]) {
    for entry in more {
        if list.iter().all(|other| !other.is_same(entry)) {
            list.push(entry.clone());
        }
    }
}

/// Where the list has a value; the primary one if that has it.
pub(super) fn position<E: Entry>(list: &[E], value: &E, primary: Option<usize>) -> Option<usize> {
    primary.filter(|at| list[*at].is_same(value)).or_else(|| list.iter().position(|entry| entry.is_same(value)))
}

pub(super) fn mark<E: Entry>(list: &mut [E], primary: Option<usize>) {
    for (index, entry) in list.iter_mut().enumerate() {
        entry.set_primary(Some(index) == primary);
    }
}
