//! How the lists are read with their customer. Customers whose flat fields tell everything cost no sub-select.

use serde::Deserialize;

use super::super::model::Customer;
use super::model::{ContactLabel, CustomerAddress, CustomerEmail, CustomerPhone};
use super::settle::{flat_address, follow, of_email, of_phone};
use super::store::EMAIL;
use crate::base::error::{Error, Result};

pub(in super::super) const POINTS_POSTGRES: &str = "CASE WHEN crm_customers.has_contact_lists THEN \
     (SELECT json_agg(json_build_object('kind', points.kind, 'value', points.value, 'normalized', points.normalized, \
     'label', points.label, 'isPrimary', points.is_primary, 'isInvalid', points.is_invalid, \
     'isOptedOut', points.is_opted_out) ORDER BY points.kind, points.position)::text \
     FROM crm_customer_contact_points AS points \
     WHERE points.company_id = $company AND points.customer_id = crm_customers.id) END";

// SQLite has no booleans of its own; in JSON they are to be some.
pub(in super::super) const POINTS_SQLITE: &str = "CASE WHEN crm_customers.has_contact_lists THEN \
     (SELECT json_group_array(json_object('kind', points.kind, 'value', points.value, 'normalized', points.normalized, \
     'label', points.label, 'isPrimary', json(iif(points.is_primary, 'true', 'false')), \
     'isInvalid', json(iif(points.is_invalid, 'true', 'false')), \
     'isOptedOut', json(iif(points.is_opted_out, 'true', 'false'))) ORDER BY points.kind, points.position) \
     FROM crm_customer_contact_points AS points \
     WHERE points.company_id = $company AND points.customer_id = crm_customers.id) END";

pub(in super::super) const ADDRESSES_POSTGRES: &str = "CASE WHEN crm_customers.has_contact_lists THEN \
     (SELECT json_agg(json_build_object('kind', places.kind, 'address', places.address, \
     'addressLine2', places.address_line2, 'city', places.city, 'state', places.state, 'zipCode', places.zip_code, \
     'country', places.country, 'countryCode', places.country_code, 'isPrimary', places.is_primary) \
     ORDER BY places.position)::text FROM crm_customer_addresses AS places \
     WHERE places.company_id = $company AND places.customer_id = crm_customers.id) END";

pub(in super::super) const ADDRESSES_SQLITE: &str = "CASE WHEN crm_customers.has_contact_lists THEN \
     (SELECT json_group_array(json_object('kind', places.kind, 'address', places.address, \
     'addressLine2', places.address_line2, 'city', places.city, 'state', places.state, 'zipCode', places.zip_code, \
     'country', places.country, 'countryCode', places.country_code, \
     'isPrimary', json(iif(places.is_primary, 'true', 'false'))) \
     ORDER BY places.position) FROM crm_customer_addresses AS places \
     WHERE places.company_id = $company AND places.customer_id = crm_customers.id) END";

/// An e-mail address or number as a sub-select gives it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Point {
    kind: String,
    value: String,
    normalized: Option<String>,
    label: Option<ContactLabel>,
    is_primary: bool,
    is_invalid: bool,
    is_opted_out: bool,
}

impl From<Point> for CustomerEmail {
    fn from(point: Point) -> Self {
        let Point { value, label, is_primary, is_invalid, is_opted_out, kind: _, normalized: _ } = point;
        Self { address: value, label, is_primary: Some(is_primary), is_invalid, is_opted_out }
    }
}

impl From<Point> for CustomerPhone {
    fn from(point: Point) -> Self {
        let Point { value, normalized, label, is_primary, is_invalid, is_opted_out, kind: _ } = point;
        Self { number: value, e164: normalized, label, is_primary: Some(is_primary), is_invalid, is_opted_out }
    }
}

/// Sets the lists of a customer whose flat fields are there, from what the sub-selects give. An older release, which
/// knows no lists, writes only flat fields: they decide.
pub(in super::super) fn fill(customer: &mut Customer, points: Option<&str>, addresses: Option<&str>) -> Result<()> {
    let points: Vec<Point> = points.map_or(Ok(Vec::new()), serde_json::from_str).map_err(Error::internal)?;
    let addresses: Vec<CustomerAddress> =
        addresses.map_or(Ok(Vec::new()), serde_json::from_str).map_err(Error::internal)?;
    let (emails, phones): (Vec<_>, Vec<_>) = points.into_iter().partition(|point| point.kind == EMAIL);
    let phone = of_phone(customer.phone.as_ref(), customer.phone_e164.as_ref());
    customer.emails = follow(emails.into_iter().map(Into::into).collect(), of_email(customer.email.as_ref()));
    customer.phones = follow(phones.into_iter().map(Into::into).collect(), phone);
    customer.addresses = follow(addresses, flat_address(customer));
    Ok(())
}
