//! Where a customer can be reached on a channel.

use super::model::ContactChannel;
use crate::customers::{Customer, CustomerAddress, CustomerEmail, CustomerPhone};
use crate::suppressions;

/// An address or a number, as far as the gate looks at it.
pub(super) struct Point {
    pub value: String,
    pub is_primary: bool,
    pub is_invalid: bool,
    pub is_opted_out: bool,
    /// What the do-not-contact list may have of it: itself first, then its domains. `None` if it has no normalised form, so
    /// that it cannot be looked for.
    pub keys: Option<Vec<String>>,
}

/// All of them.
pub(super) fn of(customer: &Customer, channel: ContactChannel) -> Vec<Point> {
    match channel {
        ContactChannel::Email => customer.emails.iter().map(Point::from).collect(),
        ContactChannel::Phone | ContactChannel::Sms | ContactChannel::Whatsapp => {
            customer.phones.iter().map(Point::from).collect()
        }
        ContactChannel::Post => customer.addresses.iter().map(Point::from).collect(),
    }
}

impl From<&CustomerEmail> for Point {
    fn from(email: &CustomerEmail) -> Self {
        let CustomerEmail { address, label: _, is_primary, is_invalid, is_opted_out } = email;
        Self {
            value: address.clone(),
            is_primary: is_primary.unwrap_or_default(),
            is_invalid: *is_invalid,
            is_opted_out: *is_opted_out,
            keys: Some(suppressions::keys_of_email(address)),
        }
    }
}

impl From<&CustomerPhone> for Point {
    fn from(phone: &CustomerPhone) -> Self {
        let CustomerPhone { number, e164, label: _, is_primary, is_invalid, is_opted_out } = phone;
        Self {
            value: number.clone(),
            is_primary: is_primary.unwrap_or_default(),
            is_invalid: *is_invalid,
            is_opted_out: *is_opted_out,
            keys: e164.clone().map(|number| vec![number]),
        }
    }
}

impl From<&CustomerAddress> for Point {
    /// No list and no flag is about postal addresses.
    fn from(place: &CustomerAddress) -> Self {
        let CustomerAddress { address, address_line2, city, state, zip_code, country, is_primary, .. } = place;
        let parts = [address, address_line2, zip_code, city, state, country];
        let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
        Self {
            value: parts.join(", "),
            is_primary: is_primary.unwrap_or_default(),
            is_invalid: false,
            is_opted_out: false,
            keys: Some(Vec::new()),
        }
    }
}
