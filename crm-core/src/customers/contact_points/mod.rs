//! The contact points of customers: several e-mail addresses, telephone numbers and postal addresses.
//!
//! - At most one of each is the *primary* one. `email`, `phone` and the flat address are its copy, and can be written
//!   instead.
//! - Every e-mail address and number is a row, the primary ones too, so that one index keeps all addresses of all
//!   customers unique and finds them.
//! - What the flat fields tell already, lists are made of: `has_contact_lists` marks the customers who have more.

mod model;
mod read;
mod reindex;
mod settle;
mod store;
mod union;

pub use model::{AddressKind, ContactLabel, CustomerAddress, CustomerEmail, CustomerPhone};
pub(super) use model::{email, none_if_null};
pub(super) use read::{ADDRESSES_POSTGRES, ADDRESSES_SQLITE, POINTS_POSTGRES, POINTS_SQLITE, fill};
pub(super) use reindex::{Stored, is_in_conflict, is_outdated, reindex, stored};
pub(super) use settle::{
    add_missing, flat_address, flat_address_of, follow, is_primary, normalise, of_email, of_phone, patched, settle,
};
pub(crate) use store::keyed;
pub(super) use store::{
    emails_in_trash, having_email, having_phone, insert, insert_at_end, key_at_end, update, update_at_end,
};
pub(super) use union::{point_at, unite};

use serde_json::{Map, Value};

use super::model::Customer;
use settle::Entry;

/// The e-mail addresses, if they tell more than the flat field.
pub(super) fn further_emails(customer: &Customer) -> Option<&[CustomerEmail]> {
    unless_flat(&customer.emails, of_email(customer.email.as_ref()))
}

/// The numbers, if they tell more than the flat fields.
pub(super) fn further_phones(customer: &Customer) -> Option<&[CustomerPhone]> {
    unless_flat(&customer.phones, of_phone(customer.phone.as_ref(), customer.phone_e164.as_ref()))
}

/// The postal addresses, if they tell more than the flat fields.
pub(super) fn further_addresses(customer: &Customer) -> Option<&[CustomerAddress]> {
    unless_flat(&customer.addresses, flat_address(customer))
}

fn unless_flat<E: Entry>(list: &[E], flat: Option<E>) -> Option<&[E]> {
    (!list.iter().eq(flat.iter())).then_some(list)
}

/// Whether a list tells more than the flat fields.
pub(super) fn tell_more(customer: &Customer) -> bool {
    further_emails(customer).is_some() || further_phones(customer).is_some() || further_addresses(customer).is_some()
}

/// Keeps for history what is not told by other fields, and not derived.
pub(super) fn for_history(customer: &Customer, members: &mut Map<String, Value>) {
    for (name, is_more) in [
        ("emails", further_emails(customer).is_some()),
        ("phones", further_phones(customer).is_some()),
        ("addresses", further_addresses(customer).is_some()),
    ] {
        if !is_more {
            members.remove(name);
        }
    }
    for (list, derived) in [("phones", "e164"), ("addresses", "countryCode")] {
        for entry in members.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(entry) = entry.as_object_mut() {
                entry.remove(derived);
            }
        }
    }
}

/// The texts of further e-mail addresses and postal addresses that a search finds, with the names of their lists.
pub(super) fn further_texts(customer: &Customer) -> Vec<(&'static str, &str)> {
    let emails = customer.emails.iter().filter(|email| !settle::is_primary(*email));
    let mut texts: Vec<(&str, &str)> = emails.map(|email| ("emails", email.address.as_str())).collect();
    for address in customer.addresses.iter().filter(|address| !settle::is_primary(*address)) {
        texts.extend(address.parts().into_iter().flatten().map(|part| ("addresses", part.as_str())));
    }
    texts
}
