//! Cards (vCard 4.0, RFC 6350) with what they can hold: names, the firm, ways to reach the customer, tags, language and
//! time zone.

use std::borrow::Cow;
use std::fmt::Write;

use chrono::{SecondsFormat, Utc};

use super::super::contact_points::{AddressKind, ContactLabel, CustomerAddress, CustomerEmail, CustomerPhone};
use super::super::import::CARD_PRODUCT;
use super::super::model::{Customer, CustomerKind};
use super::Exported;

/// The most bytes of a line, without its end.
const LINE: usize = 75;

/// The cards of customers.
pub(super) fn cards(customers: &[Exported]) -> Vec<u8> {
    let mut cards = String::with_capacity(customers.len() * 400);
    customers.iter().for_each(|customer| card(customer, &mut cards));
    cards.into_bytes()
}

fn card(exported: &Exported, cards: &mut String) {
    let customer = &exported.customer;
    let mut card = Lines(cards);
    card.line("BEGIN:VCARD");
    card.line("VERSION:4.0");
    card.line(&format!("PRODID:{CARD_PRODUCT}"));
    card.line(&format!("UID:urn:uuid:{}", customer.id));
    card.line(match customer.kind {
        CustomerKind::Person => "KIND:individual",
        CustomerKind::Organization => "KIND:org",
    });
    names(customer, &mut card);
    points(customer, &mut card);
    card.text("LANG", customer.language.as_deref());
    card.text("TZ", customer.time_zone.as_deref());
    if !customer.tags.is_empty() {
        let names = customer.tags.iter().map(|tag| escaped(&tag.name)).collect::<Vec<_>>();
        card.line(&format!("CATEGORIES:{}", names.join(",")));
    }
    exported.notes.iter().flatten().for_each(|note| card.text("NOTE", Some(&note.text())));
    let updated = customer.updated_at.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true);
    card.line(&format!("REV:{}", updated.replace(['-', ':'], "")));
    card.line("END:VCARD");
}

fn names(customer: &Customer, card: &mut Lines<'_>) {
    let Customer { name, first_name, middle_name, last_name, salutation, name_suffix, .. } = customer;
    card.text("FN", Some(name));
    card.parts("N", &[last_name, first_name, middle_name, salutation, name_suffix]);
    if customer.organization_name.is_some() || customer.department.is_some() {
        card.parts("ORG", &[&customer.organization_name, &customer.department]);
    }
    card.text("TITLE", customer.job_title.as_deref());
    if let Some(date) = customer.birth_date {
        card.line(&format!("BDAY:{}", date.format("%Y%m%d")));
    }
}

fn points(customer: &Customer, card: &mut Lines<'_>) {
    for CustomerEmail { address, label, is_primary, .. } in &customer.emails {
        card.line(&format!("EMAIL{}{}:{}", kind(*label), preference(*is_primary), escaped(address)));
    }
    for CustomerPhone { number, label, is_primary, .. } in &customer.phones {
        card.line(&format!("TEL{}{}:{}", kind(*label), preference(*is_primary), escaped(number)));
    }
    for at in &customer.addresses {
        let CustomerAddress { kind, address, address_line2, city, state, zip_code, country, is_primary, .. } = at;
        let kind = match kind {
            AddressKind::Billing => ";TYPE=billing",
            AddressKind::Shipping => ";TYPE=delivery",
            AddressKind::Office => ";TYPE=work",
            AddressKind::Home => ";TYPE=home",
            AddressKind::Other => "",
        };
        let name = format!("ADR{kind}{}", preference(*is_primary));
        card.parts(&name, &[&None, address_line2, address, city, state, zip_code, country]);
    }
    card.text("URL", customer.website.as_deref());
}

const fn kind(label: Option<ContactLabel>) -> &'static str {
    match label {
        Some(ContactLabel::Work | ContactLabel::Office) => ";TYPE=work",
        Some(ContactLabel::Home) => ";TYPE=home",
        Some(ContactLabel::Mobile) => ";TYPE=cell",
        Some(ContactLabel::Fax) => ";TYPE=fax",
        Some(ContactLabel::Other) => ";TYPE=x-other",
        None => "",
    }
}

const fn preference(is_primary: Option<bool>) -> &'static str {
    if matches!(is_primary, Some(true)) { ";PREF=1" } else { "" }
}

/// A card that is being written.
struct Lines<'c>(&'c mut String);

impl Lines<'_> {
    /// A line, folded: what follows a line end and a blank belongs to the line before.
    fn line(&mut self, line: &str) {
        let (mut rest, mut most) = (line, LINE);
        while rest.len() > most {
            let (start, end) = rest.split_at(rest.floor_char_boundary(most));
            self.0.push_str(start);
            self.0.push_str("\r\n ");
            (rest, most) = (end, LINE - 1);
        }
        self.0.push_str(rest);
        self.0.push_str("\r\n");
    }

    fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.line(&format!("{name}:{}", escaped(text)));
        }
    }

    fn parts(&mut self, name: &str, parts: &[&Option<String>]) {
        if parts.iter().all(|part| part.is_none()) {
            return;
        }
        let mut line = format!("{name}:");
        for (index, part) in parts.iter().enumerate() {
            let separator = if index > 0 { ";" } else { "" };
            let _ = write!(line, "{separator}{}", escaped(part.as_deref().unwrap_or_default()));
        }
        self.line(&line);
    }
}

/// A text without what separates values.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', ',', ';', '\n', '\r']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\\' | ',' | ';' => escaped.extend(['\\', letter]),
            '\n' | '\r' => escaped.push_str("\\n"),
            letter => escaped.push(letter),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::{Lines, escaped};

    #[test]
    fn lines_are_folded_between_letters() {
        let mut card = String::new();
        Lines(&mut card).line(&format!("NOTE:{}", "ä".repeat(100)));
        assert!(card.lines().all(|line| line.len() <= 75));
        assert_eq!(card.replace("\r\n ", ""), format!("NOTE:{}\r\n", "ä".repeat(100)));
    }

    #[test]
    fn values_keep_what_separates_others() {
        assert_eq!(escaped("a;b,c\\d\r\ne"), "a\\;b\\,c\\\\d\\ne");
        assert_eq!(escaped("Zoë"), "Zoë");
    }
}
