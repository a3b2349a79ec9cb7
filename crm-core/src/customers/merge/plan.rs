//! What the customers of a merge are together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::super::contact_points::{flat_address, of_email, of_phone, point_at, unite};
use super::super::model::Customer;
use super::fields::{FIELDS, Members, OBJECTS, choose, fill, member, named};
use super::model::{MergeCollision, MergeCount, MergeResolution};
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::CustomerId;
use crate::base::json::below;
use crate::tags::{CustomerTag, MAX_TAGS};

/// The survivor as it will be, but for values that none of the customers has.
pub(super) struct Plan {
    pub customer: Customer,
    /// The custom fields that come from losers.
    pub touched: BTreeSet<String>,
    pub collisions: Vec<MergeCollision>,
    /// The entries that its lists get.
    pub added: Vec<MergeCount>,
}

pub(super) fn members(customer: &impl Serialize) -> Result<Members> {
    match serde_json::to_value(customer).map_err(Error::internal)? {
        Value::Object(members) => Ok(members),
        _ => Err(Error::internal("a customer is a JSON object")),
    }
}

pub(super) fn plan(survivor: &Customer, losers: &[Customer], choices: &BTreeMap<String, CustomerId>) -> Result<Plan> {
    let before = members(survivor)?;
    let others = losers.iter().map(members).collect::<Result<Vec<_>>>()?;
    let mut result = before.clone();
    fill(&mut result, &others);
    let of = |id: CustomerId| match losers.iter().position(|loser| loser.id == id) {
        Some(place) => others.get(place),
        None => (id == survivor.id).then_some(&before),
    };
    let mut violations = Violations::default();
    for (name, id) in choices {
        match (named(name), of(*id)) {
            (Some(choice), Some(from)) => choose(choice, from, &mut result),
            (None, _) => violations.add(below("/fields", name), "unknown", "there is no such field to choose"),
            (_, None) => violations.add(below("/fields", name), "not_merged", "the customer is no part of the merge"),
        }
    }
    violations.into_result()?;
    let mut collisions = dropped(&result, losers, &others);
    let touched = touched(&before, &result);
    let mut customer: Customer = serde_json::from_value(Value::Object(result)).map_err(Error::internal)?;
    unite_lists(&mut customer, losers, &mut collisions);
    if customer.tags.len() > MAX_TAGS {
        return Err(Violations::one("/tags", "too_many", format!("a customer has at most {MAX_TAGS} tags")).into());
    }
    let added = added(survivor, &customer);
    Ok(Plan { customer, touched, collisions, added })
}

fn touched(before: &Members, after: &Members) -> BTreeSet<String> {
    let object = |of: &Members| of.get("customFields").and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (object(before), object(after));
    after.iter().filter(|(key, value)| before.get(*key) != Some(*value)).map(|(key, _)| key.clone()).collect()
}

/// The values of losers that are not taken over.
fn dropped(result: &Members, losers: &[Customer], others: &[Members]) -> Vec<MergeCollision> {
    let mut collisions = Vec::new();
    for (loser, other) in losers.iter().zip(others) {
        let mut drop = |field: String, value: Value| {
            let resolution = MergeResolution::Dropped;
            collisions.push(MergeCollision { field, customer_id: loser.id, value, resolution });
        };
        for field in FIELDS.iter().filter(|field| !field.is_listed) {
            let value = field.value(other);
            if !value.is_null() && value != field.value(result) {
                drop(field.name.to_owned(), value);
            }
        }
        for object in OBJECTS {
            for (key, value) in other.get(object).and_then(Value::as_object).into_iter().flatten() {
                if member(result, object, key) != Some(value) {
                    drop(format!("{object}.{key}"), value.clone());
                }
            }
        }
    }
    collisions
}

fn unite_lists(customer: &mut Customer, losers: &[Customer], collisions: &mut Vec<MergeCollision>) {
    for loser in losers {
        let mut fold = |field: &str, values: Vec<Value>| {
            let (customer_id, resolution) = (loser.id, MergeResolution::Folded);
            collisions.extend(values.into_iter().map(|value| MergeCollision {
                field: field.to_owned(),
                customer_id,
                value,
                resolution,
            }));
        };
        let emails = unite(&mut customer.emails, &loser.emails);
        fold("emails", emails.into_iter().map(|email| json!(email.address)).collect());
        let phones = unite(&mut customer.phones, &loser.phones);
        fold("phones", phones.into_iter().map(|phone| json!(phone.number)).collect());
        let addresses = unite(&mut customer.addresses, &loser.addresses);
        fold("addresses", addresses.into_iter().map(|address| json!(address)).collect());
        customer.external_refs.extend(loser.external_refs.iter().cloned());
        let (same, new): (Vec<&CustomerTag>, Vec<&CustomerTag>) =
            loser.tags.iter().partition(|tag| customer.tags.iter().any(|had| had.id == tag.id));
        fold("tags", same.into_iter().map(|tag| json!(tag.name)).collect());
        customer.tags.extend(new.into_iter().cloned());
    }
    customer.external_refs.sort();
    customer.tags.sort_by_cached_key(CustomerTag::key);
    mark_primary(customer);
}

/// Marks the entries of the lists that the flat fields tell.
pub(super) fn mark_primary(customer: &mut Customer) {
    let email = of_email(customer.email.as_ref());
    let phone = of_phone(customer.phone.as_ref(), customer.phone_e164.as_ref());
    let address = flat_address(customer);
    point_at(&mut customer.emails, email.as_ref());
    point_at(&mut customer.phones, phone.as_ref());
    point_at(&mut customer.addresses, address.as_ref());
}

fn added(before: &Customer, after: &Customer) -> Vec<MergeCount> {
    let counts = [
        ("tag", before.tags.len(), after.tags.len()),
        ("email", before.emails.len(), after.emails.len()),
        ("phone", before.phones.len(), after.phones.len()),
        ("address", before.addresses.len(), after.addresses.len()),
        ("external_ref", before.external_refs.len(), after.external_refs.len()),
    ];
    let count = |(of, before, after): (&str, usize, usize)| {
        let count = after.saturating_sub(before) as u64;
        (count > 0).then(|| MergeCount { of: of.to_owned(), count })
    };
    counts.into_iter().filter_map(count).collect()
}
