//! The activity of one customer.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Stats;
use super::overall::{InteractionStats, name};
use super::period::{Interval, Period, Span, days_between, zone};
use super::visibility::{Visibility, number, spans};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::customers;
use crate::interactions::{InteractionStatus, InteractionType};
use crate::journal::customer_stats::times;

/// The activity of one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerActivity {
    /// The customer.
    pub customer_id: CustomerId,
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the days.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// How many people of the organization are included, if they are.
    pub people: Option<u64>,
    /// The interactions with the customer.
    pub interactions: InteractionStats,
    /// The number of shared notes about the customer.
    pub notes: u64,
    /// The time of the first completed interaction.
    pub first_contact_at: Option<DateTime<Utc>>,
    /// The time of the last completed interaction.
    pub last_contact_at: Option<DateTime<Utc>>,
    /// The time of the next follow-up: an open scheduled interaction, or a pending reminder. In the past if it is
    /// overdue.
    pub next_contact_at: Option<DateTime<Utc>>,
    /// The number of days since the last contact, on the calendar of the time zone: 0 is today. Never negative.
    pub days_since_last_contact: Option<i64>,
    /// The last twelve weeks, including the current one.
    pub weeks: Vec<WeekOfContacts>,
}

/// The activity of a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WeekOfContacts {
    /// The Monday of the week.
    pub date: NaiveDate,
    /// The number of interactions completed in the week.
    pub completed: u64,
}

impl Stats<'_, '_> {
    /// Computes the activity of a customer in two statements.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound); [`Error::Malformed`](crate::Error::Malformed) for an unknown time zone.
    #[tracing::instrument(name = "stats.activity", skip_all, fields(company.id = %self.0.company_id(), customer.id = %customer))]
    pub async fn activity(&self, customer: CustomerId, time_zone: Option<&str>) -> Result<CustomerActivity> {
        self.activity_of(customer, time_zone, false).await
    }

    /// The activity of an organization with that of its people: of the customers whose primary organization it is, as far as
    /// the actor sees them.
    ///
    /// # Errors
    /// Those of [`Stats::activity`].
    #[tracing::instrument(name = "stats.activity_with_people", skip_all, fields(company.id = %self.0.company_id(), customer.id = %organization))]
    pub async fn activity_with_people(
        &self,
        organization: CustomerId,
        time_zone: Option<&str>,
    ) -> Result<CustomerActivity> {
        self.activity_of(organization, time_zone, true).await
    }

    async fn activity_of(
        &self,
        customer: CustomerId,
        time_zone: Option<&str>,
        with_people: bool,
    ) -> Result<CustomerActivity> {
        let company = self.0.company().await?;
        let (visibility, as_of) = (Visibility::of(self.0).await?, self.0.crm.now());
        let zone = zone(time_zone.unwrap_or(&company.settings.time_zone))?;
        let weeks: Vec<Span> = Period::last(zone, Interval::Week, as_of).spans().collect();
        let (interactions, completed) = self.interactions_with((customer, with_people), &visibility, &weeks).await?;
        let mut activity = CustomerActivity {
            customer_id: customer,
            as_of,
            time_zone: zone.name().to_owned(),
            people: None,
            interactions,
            notes: 0,
            first_contact_at: None,
            last_contact_at: None,
            next_contact_at: None,
            days_since_last_contact: None,
            weeks: weeks
                .iter()
                .zip(0_i64..)
                .map(|(week, number)| WeekOfContacts {
                    date: week.day,
                    completed: completed.get(&number).copied().unwrap_or_default(),
                })
                .collect(),
        };
        self.contact_with((customer, with_people), &visibility, &mut activity).await?;
        activity.days_since_last_contact = activity.last_contact_at.map(|last| days_between(zone, last, as_of).max(0));
        Ok(activity)
    }

    /// The interactions by type and status, and the number completed in each week.
    async fn interactions_with(
        &self,
        (customer, with_people): (CustomerId, bool),
        visibility: &Visibility,
        weeks: &[Span],
    ) -> Result<(InteractionStats, BTreeMap<i64, u64>)> {
        let mut parameters = Visibility::parameters(self.0);
        let with = spans(weeks, None, &mut parameters);
        let (seen, customer) = (visibility.interactions(&mut parameters), parameters.add(customer.0));
        let whose = match with_people {
            false => format!("i.customer_id = {customer}"),
            true => {
                let people = visibility.customers(&mut parameters);
                format!(
                    "i.customer_id IN (SELECT c.id FROM crm_customers AS c \
                     WHERE {people} AND (c.id = {customer} OR c.organization_id = {customer}))"
                )
            }
        };
        let sql = format!(
            "{with} SELECT spans.number, i.type, i.status, count(*) AS total FROM crm_customer_interactions AS i \
             LEFT JOIN spans ON i.status = 'completed' AND i.occurred_at >= spans.starts AND i.occurred_at < spans.ends \
             WHERE {seen} AND {whose} GROUP BY spans.number, i.type, i.status"
        );
        let (mut all, mut by_week) = (InteractionStats::none(), BTreeMap::new());
        for row in &parameters.rows(self.0, &sql).await? {
            let of: (InteractionType, InteractionStatus) = (name(row, "type")?, name(row, "status")?);
            let total = number(row, "total")?;
            all.add(of, total);
            if let Some(week) = row.try_get::<Option<i64>>("", "number")? {
                *by_week.entry(week).or_default() += total;
            }
        }
        Ok((all, by_week))
    }

    /// The times of contact and the number of notes.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if the actor may not see the customer.
    async fn contact_with(
        &self,
        (customer, with_people): (CustomerId, bool),
        visibility: &Visibility,
        activity: &mut CustomerActivity,
    ) -> Result<()> {
        let mut parameters = Visibility::parameters(self.0);
        let id = parameters.add(customer.0);
        let [seen, notes] = [visibility.customers(&mut parameters), visibility.notes(&mut parameters)];
        let times = times(|of| format!("{of}.deleted_at IS NULL{}", visibility.own_interactions(of, &mut parameters)));
        let whose =
            if with_people { format!("(c.id = {id} OR c.organization_id = {id})") } else { format!("c.id = {id}") };
        let sql = format!(
            "SELECT min(first_contact_at) AS first_contact_at, max(last_contact_at) AS last_contact_at, \
             min(next_follow_up_at) AS next_follow_up_at, CAST(sum(notes) AS bigint) AS notes, \
             sum(is_asked) AS asked, count(*) AS customers FROM (SELECT {times}, \
             (SELECT count(*) FROM crm_customer_notes AS n WHERE {notes} AND n.customer_id = c.id) AS notes, \
             CASE WHEN c.id = {id} THEN 1 ELSE 0 END AS is_asked FROM crm_customers AS c WHERE {seen} AND {whose}) AS each_one"
        );
        let rows = parameters.rows(self.0, &sql).await?;
        let Some(row) = rows.first().filter(|row| number(row, "asked").is_ok_and(|asked| asked == 1)) else {
            return Err(customers::missing(self.0, customer).await);
        };
        activity.people = with_people.then_some(number(row, "customers")?.saturating_sub(1));
        activity.notes = number(row, "notes")?;
        activity.first_contact_at = row.try_get("", "first_contact_at")?;
        activity.last_contact_at = row.try_get("", "last_contact_at")?;
        activity.next_contact_at = row.try_get("", "next_follow_up_at")?;
        Ok(())
    }
}
