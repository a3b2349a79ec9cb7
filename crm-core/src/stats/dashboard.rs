//! The dashboard.

mod model;
mod panels;

use chrono::{DateTime, Utc};

use super::Stats;
use super::period::{DateOrTime, Interval, Period, Span, zone};
use super::visibility::{Visibility, number, spans};
use crate::base::error::Result;
use crate::users::OwnerFilter;

pub use model::{
    Activity, ActivityKind, Comparison, Dashboard, DashboardPoint, DashboardTotals, Due, DueReason, FollowUps, TopTag,
};

/// The period of a dashboard. The default is the last thirty days, day by day, in the company's time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DashboardQuery {
    /// The start of the period. The default is 30 days, 12 weeks or 12 months before the end, including the last
    /// interval.
    pub from: Option<DateOrTime>,
    /// The end of the period. The default is today.
    pub to: Option<DateOrTime>,
    /// The length of an interval; at most 366 intervals.
    pub interval: Interval,
    /// The time zone (IANA) of the days. The default is the company's.
    pub time_zone: Option<String>,
    /// Only the customers and interactions of this owner, and the notes that they have added.
    pub owner: Option<OwnerFilter>,
}

/// The counts of one span.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    customers: u64,
    planned: u64,
    completed: u64,
}

impl Stats<'_, '_> {
    /// Computes the dashboard in two statements.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) unless the actor may read customers;
    /// [`Error::Malformed`](crate::Error::Malformed) for an unknown time zone, a period that ends before it begins or
    /// has more than 366 intervals, and for the owner `me` if the actor is no user; [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    #[tracing::instrument(name = "stats.dashboard", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn dashboard(&self, query: &DashboardQuery) -> Result<Dashboard> {
        let company = self.0.company().await?;
        let visibility = Visibility::of(self.0).await?.of_owner(query.owner)?;
        let as_of = self.0.crm.now();
        let zone = zone(query.time_zone.as_deref().unwrap_or(&company.settings.time_zone))?;
        let period = Period::new(zone, query.interval, (query.from, query.to), as_of)?;
        let before = period.before();
        let of_spans: Vec<Span> = period.spans().collect();
        let (previous, counted) = self.counts(&visibility, &of_spans, before).await?;
        let panels::DashboardPanels { follow_ups, latest_activity, top_tags } =
            panels::read(self.0, &visibility, as_of).await?;
        let series = of_spans.iter().zip(&counted).map(|(span, counts)| DashboardPoint {
            date: span.day,
            from: span.from,
            to: span.to,
            new_customers: counts.customers,
            interactions_planned: counts.planned,
            interactions_completed: counts.completed,
        });
        let compared = |of: fn(&Counts) -> u64| Comparison::new(counted.iter().map(of).sum(), of(&previous));
        Ok(Dashboard {
            as_of,
            time_zone: zone.name().to_owned(),
            interval: query.interval,
            from: period.from,
            to: period.to,
            previous_from: before.from,
            totals: DashboardTotals {
                new_customers: compared(|counts| counts.customers),
                interactions_planned: compared(|counts| counts.planned),
                interactions_completed: compared(|counts| counts.completed),
            },
            series: series.collect(),
            follow_ups,
            top_tags,
            latest_activity,
        })
    }

    /// The counts of the previous period, and of each span.
    async fn counts(&self, visibility: &Visibility, of_spans: &[Span], before: Span) -> Result<(Counts, Vec<Counts>)> {
        let mut parameters = Visibility::parameters(self.0);
        let with = spans(of_spans, Some(before), &mut parameters);
        let (customers, interactions) =
            (visibility.customers(&mut parameters), visibility.interactions(&mut parameters));
        let within = |time: &str| format!("{time} >= spans.starts AND {time} < spans.ends");
        let sql = format!(
            "{with} SELECT number, \
             (SELECT count(*) FROM crm_customers AS c WHERE {customers} AND {}) AS customers, \
             (SELECT count(*) FROM crm_customer_interactions AS i WHERE {interactions} AND {}) AS planned, \
             (SELECT count(*) FROM crm_customer_interactions AS i WHERE {interactions} AND i.status = 'completed' \
             AND {}) AS completed FROM spans",
            within("c.created_at"),
            within("i.scheduled_at"),
            within("i.occurred_at")
        );
        let (mut previous, mut counted) = (Counts::default(), vec![Counts::default(); of_spans.len()]);
        for row in &parameters.rows(self.0, &sql).await? {
            let counts = Counts {
                customers: number(row, "customers")?,
                planned: number(row, "planned")?,
                completed: number(row, "completed")?,
            };
            match usize::try_from(row.try_get::<i64>("", "number")?) {
                Ok(number) => counted[number] = counts,
                Err(_) => previous = counts,
            }
        }
        Ok((previous, counted))
    }
}

/// The current time, and the horizon of coming follow-ups.
fn horizon(now: DateTime<Utc>) -> DateTime<Utc> {
    now + chrono::TimeDelta::days(7)
}
