//! The contact points of a row.

use serde_json::Value;

use super::super::fields;
use super::super::further;
use super::super::headers::Field;
use super::super::meaning::{Part, PlaceKind};
use super::super::points::{self, Found, FoundPart};
use super::Cells;
use crate::base::places;
use crate::customers::NewCustomer;

impl Cells<'_> {
    /// The first valid e-mail address of the row is the main one. If none is valid, the first one is a fault.
    pub(super) fn emails(&mut self) {
        let found = self.points.take_emails();
        let is_valid = |email: &Found| {
            let alone = NewCustomer { email: Some(email.value.clone()), ..NewCustomer::default() };
            alone.checked_part().is_ok()
        };
        let main = match found.as_slice() {
            [] => return,
            [_] => 0,
            _ => found.iter().position(is_valid).unwrap_or_default(),
        };
        for (index, email) in found.into_iter().enumerate() {
            if index == main {
                self.input.part.email = Some(email.value.clone());
                self.input.further.email_label = email.label.as_deref().and_then(further::label);
            } else if is_valid(&email) {
                self.input.further.emails.push(further::email(&email));
            } else {
                let column = &self.columns.list[email.column];
                self.warn(
                    column,
                    "email_invalid",
                    &format!("not an e-mail address; kept in customFields.{}", column.key),
                );
                self.keep(email);
            }
        }
    }

    /// The first telephone number is the main one. Those of fax machines and assistants are none.
    pub(super) fn phones(&mut self) {
        let found = self.points.take_phones();
        let main = found.iter().position(|phone| phone.place.kind.may_be_primary());
        for (index, phone) in found.into_iter().enumerate() {
            let is_valid = |phone: &Found| {
                let alone = NewCustomer { phones: Some(vec![further::phone(phone)]), ..NewCustomer::default() };
                alone.checked_part().is_ok()
            };
            if Some(index) == main {
                let column = &self.columns.list[phone.column];
                self.input.further.phone_label = phone.label.as_deref().and_then(further::label);
                self.line(Field::Phone, column, &phone.value);
            } else if matches!(phone.place.kind, PlaceKind::Pager | PlaceKind::Assistant) || !is_valid(&phone) {
                self.keep(phone);
            } else {
                self.input.further.phones.push(further::phone(&phone));
            }
        }
    }

    /// The first address with any value is the main one.
    pub(super) fn addresses(&mut self) {
        let mut blocks = self.points.take_addresses(&self.columns.blocks).into_iter();
        if let Some((label, parts)) = blocks.next() {
            self.input.further.address_kind = further::kind(label.as_deref());
            self.main_address(parts);
        }
        for (label, parts) in blocks {
            let address = further::address(label.as_deref(), &parts);
            let alone = NewCustomer { addresses: Some(vec![address.clone()]), ..NewCustomer::default() };
            if alone.checked_part().is_ok() {
                self.input.further.addresses.push(address);
            } else {
                parts.iter().for_each(|part| self.keep_text(part.column, &part.value));
            }
        }
    }

    fn main_address(&mut self, parts: Vec<FoundPart>) {
        let has = |part: Part| parts.iter().any(|found| found.part == part);
        let is_own = self.columns.is_own;
        let is_whole = !is_own && !has(Part::City) && !has(Part::Zip);
        let mut later = Vec::new();
        for found in &parts {
            let column = &self.columns.list[found.column];
            match found.part {
                Part::Street if is_whole => {
                    let is_country = |text: &str| text.len() == 2 && places::country_code(text).is_some();
                    match points::parts_of(&found.value, is_country) {
                        Some(split) => later = split,
                        None => self.line(Field::Address, column, &found.value),
                    }
                }
                // The parts say the same.
                Part::Formatted if parts.len() > 1 && fields::repeats(&found.value, &parts) => {}
                Part::Formatted if parts.len() > 1 => self.keep_text(found.column, &found.value),
                part if is_own => self.line(part.field(), column, &found.value),
                part => self.line(part.field(), column, &fields::part_text(found)),
            }
        }
        for (part, text) in later {
            if let Some(slot) = fields::slot(&mut self.input.part, part.field()) {
                *slot = Some(text);
            }
        }
    }

    /// Keeps an address or number among the custom fields.
    fn keep(&mut self, found: Found) {
        self.keep_text(found.column, &found.value);
    }

    /// Keeps a text in the custom field of its column.
    pub(super) fn keep_text(&mut self, column: usize, text: &str) {
        let key = &self.columns.list[column].key;
        let joined = match self.input.custom.get(key).and_then(Value::as_str) {
            Some(before) => format!("{before}; {text}"),
            None => text.to_owned(),
        };
        self.input.custom.insert(key.clone(), Value::String(joined));
    }
}
