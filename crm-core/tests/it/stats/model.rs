//! A model of the statistics in plain code.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use crm_core::ids::{CustomerId, UserId};
use crm_core::interactions::{Interaction, InteractionStatus};
use crm_core::stats::Interval;

use super::world::Records;

/// The first day of the interval that a time is in.
pub fn start(interval: Interval, zone: Tz, time: DateTime<Utc>) -> NaiveDate {
    let day = time.with_timezone(&zone).date_naive();
    match interval {
        Interval::Day => day,
        Interval::Week => day - Days::new(day.weekday().num_days_from_monday().into()),
        Interval::Month => day.with_day(1).expect("a first"),
    }
}

pub fn is_contact(interaction: &Interaction) -> bool {
    interaction.status == InteractionStatus::Completed
}

impl Records {
    pub fn of(&self, customer: CustomerId) -> impl Iterator<Item = &Interaction> {
        self.interactions.iter().filter(move |interaction| interaction.customer_id == customer)
    }

    pub fn contacts(&self, customer: CustomerId) -> Vec<DateTime<Utc>> {
        let mut contacts: Vec<_> = self.of(customer).filter_map(|interaction| interaction.completed_at).collect();
        contacts.sort_unstable();
        contacts
    }

    /// When something is due, and which interaction it is.
    pub fn due(&self) -> Vec<(DateTime<Utc>, &Interaction)> {
        let scheduled = self.interactions.iter().filter(|one| one.status.is_open());
        let scheduled = scheduled.filter_map(|one| Some((one.scheduled_at?, one)));
        let reminders = self.interactions.iter().filter(|one| one.follow_up_id.is_none());
        let reminders = reminders.filter_map(|one| Some((one.follow_up_at?, one)));
        let stands = |(at, one): &(DateTime<Utc>, &Interaction)| {
            self.contacts(one.customer_id).last().is_none_or(|last| last < at)
        };
        let mut due: Vec<_> = scheduled.chain(reminders.filter(stands)).collect();
        due.sort_by_key(|(at, one)| (*at, one.id.0));
        due
    }

    pub fn next_contact(&self, customer: CustomerId) -> Option<DateTime<Utc>> {
        self.due().into_iter().find(|(_, one)| one.customer_id == customer).map(|(at, _)| at)
    }

    pub fn new_customers(&self, now: DateTime<Utc>, days: i64) -> u64 {
        self.customers.iter().filter(|customer| customer.created_at >= now - TimeDelta::days(days)).count() as u64
    }

    pub fn owned(&self, owner: UserId, before: DateTime<Utc>) -> u64 {
        let owned = self.customers.iter().filter(|customer| customer.owner_id == Some(owner));
        owned.filter(|customer| customer.created_at < before).count() as u64
    }
}

/// How many there are of each.
pub fn counted<K: Ord>(keys: impl IntoIterator<Item = K>) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// The same without the zeros.
pub fn without_zeros<K: Ord + Clone>(counts: &BTreeMap<K, u64>) -> BTreeMap<K, u64> {
    counts.iter().filter(|(_, count)| **count > 0).map(|(key, count)| (key.clone(), *count)).collect()
}
