//! What a row has beside its main e-mail address, telephone number and postal address, and what these are for.

use super::super::contact_points::{
    AddressKind, ContactLabel, CustomerAddress, CustomerEmail, CustomerPhone, add_missing, flat_address_of, follow,
    is_primary, of_email, of_phone,
};
use super::super::input::NewCustomer;
use super::super::model::Customer;
use super::super::validate::international;
use super::fields::part_text;
use super::meaning::Part;
use super::points::{Found, FoundPart};
use crate::base::{places, text};
use crate::companies::CompanySettings;

/// The further contact points of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Further {
    pub emails: Vec<CustomerEmail>,
    pub phones: Vec<CustomerPhone>,
    pub addresses: Vec<CustomerAddress>,
    /// What the main ones are for.
    pub email_label: Option<ContactLabel>,
    pub phone_label: Option<ContactLabel>,
    pub address_kind: AddressKind,
    /// The customer wants no e-mails at the main address.
    pub is_opted_out: bool,
}

impl Further {
    /// Adds what the row has to a customer: what is there already stays. Lists that the row gives as a whole stay as well.
    pub fn add_to(&self, draft: &mut NewCustomer, before: Option<&Customer>, settings: &CompanySettings) {
        if draft.emails.is_none() {
            self.add_emails(draft, before);
        }
        if draft.phones.is_none() && (!self.phones.is_empty() || self.phone_label.is_some()) {
            self.add_phones(draft, before, settings);
        }
        if draft.addresses.is_none() && (!self.addresses.is_empty() || self.address_kind != AddressKind::Other) {
            let former = before.map(|before| before.addresses.clone()).unwrap_or_default();
            let mut list = follow(former, flat_address_of(draft));
            if let Some(main) = list.iter_mut().find(|address| is_primary(*address))
                && main.kind == AddressKind::Other
            {
                main.kind = self.address_kind;
            }
            add_missing(&mut list, &self.addresses);
            draft.addresses = Some(list);
        }
    }

    fn add_emails(&self, draft: &mut NewCustomer, before: Option<&Customer>) {
        if self.emails.is_empty() && self.email_label.is_none() && !self.is_opted_out {
            return;
        }
        let former = before.map(|before| before.emails.clone()).unwrap_or_default();
        let mut list = follow(former, of_email(draft.email.as_ref()));
        if let Some(main) = list.iter_mut().find(|email| is_primary(*email)) {
            main.label = main.label.or(self.email_label);
            main.is_opted_out |= self.is_opted_out;
        }
        add_missing(&mut list, &self.emails);
        draft.emails = Some(list);
    }

    fn add_phones(&self, draft: &mut NewCustomer, before: Option<&Customer>, settings: &CompanySettings) {
        let country = draft.country.as_deref().and_then(places::country_code);
        let derive = |number: &String| international(number, country.as_deref(), settings);
        let former = before.map(|before| before.phones.clone()).unwrap_or_default();
        let e164 = draft.phone.as_ref().and_then(derive);
        let mut list = follow(former, of_phone(draft.phone.as_ref(), e164.as_ref()));
        if let Some(main) = list.iter_mut().find(|phone| is_primary(*phone)) {
            main.label = main.label.or(self.phone_label);
        }
        let derived = |phone: &CustomerPhone| CustomerPhone { e164: derive(&phone.number), ..phone.clone() };
        let more: Vec<CustomerPhone> = self.phones.iter().map(derived).collect();
        add_missing(&mut list, &more);
        draft.phones = Some(list);
    }
}

pub(super) fn email(found: &Found) -> CustomerEmail {
    let label = found.label.as_deref().and_then(label);
    CustomerEmail { label, is_primary: Some(false), ..CustomerEmail::new(text::email(&found.value)) }
}

pub(super) fn phone(found: &Found) -> CustomerPhone {
    let label = found.label.as_deref().and_then(label);
    CustomerPhone { label, is_primary: Some(false), ..CustomerPhone::new(found.value.trim()) }
}

pub(super) fn address(label: Option<&str>, parts: &[FoundPart]) -> CustomerAddress {
    let mut address = CustomerAddress { kind: kind(label), is_primary: Some(false), ..CustomerAddress::default() };
    let has_parts = parts.iter().any(|found| found.part != Part::Formatted);
    for found in parts.iter().filter(|found| !has_parts || found.part != Part::Formatted) {
        let text = part_text(found);
        let mut lines = text.split(['\r', '\n', '\t']).map(str::trim).filter(|line| !line.is_empty());
        match found.part {
            Part::Street | Part::Formatted => {
                address.address = lines.next().map(str::to_owned);
                lines.for_each(|line| add_line(&mut address, line));
            }
            Part::Line | Part::Box => lines.for_each(|line| add_line(&mut address, line)),
            Part::City => address.city = Some(text),
            Part::State => address.state = Some(text),
            Part::Zip => address.zip_code = Some(text),
            Part::Country => address.country = Some(text),
        }
    }
    address
}

fn add_line(address: &mut CustomerAddress, line: &str) {
    let before = address.address_line2.take();
    address.address_line2 = Some(before.map_or_else(|| line.to_owned(), |before| format!("{before}, {line}")));
}

/// The label in our words; none if it says something else.
pub(super) fn label(label: &str) -> Option<ContactLabel> {
    match label {
        "company" => Some(ContactLabel::Office),
        label => label.parse().ok(),
    }
}

pub(super) fn kind(label: Option<&str>) -> AddressKind {
    match label {
        Some("work") => AddressKind::Office,
        label => label.and_then(|label| label.parse().ok()).unwrap_or_default(),
    }
}
