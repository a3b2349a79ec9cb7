//! When users who want a digest get the next one: at eight in the morning where they are.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveTime, Utc};
use chrono_tz::Tz;
use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use uuid::Uuid;

use super::model::Preferences;
use super::row;
use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::base::places;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::stats::instant;

const HOUR: u32 = 8;
/// The maximum number of users of a company at once; the others follow at the next look.
const BATCH: u64 = 100;

impl Preferences {
    /// The time zone of the user: their own, or that of the company.
    pub(crate) fn zone(&self, company: Tz) -> Tz {
        self.time_zone.as_deref().and_then(places::time_zone).unwrap_or(company)
    }
}

/// When the next digest is due after a change of the preferences. It stays unless the user or the time zone is another.
pub(super) fn planned(tx: &CompanyTx<'_>, before: &Preferences, after: &Preferences) -> Option<DateTime<Utc>> {
    if after.notifications.digest != Some(true) {
        return None;
    }
    let kept = before.digest_at.filter(|_| before.time_zone == after.time_zone);
    kept.or_else(|| next_morning(zone(tx, after), tx.now()))
}

fn zone(tx: &CompanyTx<'_>, preferences: &Preferences) -> Tz {
    preferences.zone(tx.company.settings.zone())
}

/// The first morning after this moment.
fn next_morning(zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (today, hour) = (after.with_timezone(&zone).date_naive(), NaiveTime::from_hms_opt(HOUR, 0, 0)?);
    let mornings = (0..=1).filter_map(|days| today.checked_add_days(Days::new(days)));
    mornings.map(|day| instant(zone, day.and_time(hour))).find(|morning| *morning > after)
}

/// The users whose digest is due, and whose next one is planned with that. What another worker has is passed over.
pub(crate) async fn take_due_digests(tx: &mut CompanyTx<'_>) -> Result<Vec<UserId>> {
    let due = tx.find::<row::Entity>().filter(Expr::col("digest_at").lte(tx.now())).select(&row::COLUMNS);
    let due = due.map(|select| select.order_by_asc(row::Column::DigestAt)).skip_locked();
    let due: Vec<Preferences> = due.fetch_up_to(BATCH).await?;
    let mut next: BTreeMap<Option<DateTime<Utc>>, Vec<Uuid>> = BTreeMap::new();
    for preferences in &due {
        next.entry(next_morning(zone(tx, preferences), tx.now())).or_default().push(preferences.user);
    }
    for (at, users) in next {
        let update = Query::update()
            .table("crm_preferences")
            .value("digest_at", at)
            .and_where(Expr::col("company_id").eq(tx.company.id.0))
            .and_where(any_of(Expr::col("user_id"), users, tx.is_postgres()))
            .to_owned();
        tx.execute(&update).await?;
    }
    Ok(due.into_iter().map(|preferences| preferences.user.into()).collect())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;

    use super::next_morning;

    #[test]
    fn a_morning_is_at_eight_where_the_user_is() {
        for (zone, from, mornings) in [
            // The clocks change in the second night.
            (Tz::Europe__Berlin, "2026-03-28T07:00:00Z", ["03-29T06:00", "03-30T06:00"]),
            (Tz::Europe__Berlin, "2026-10-23T06:00:00Z", ["10-24T06:00", "10-25T07:00"]),
            (Tz::America__New_York, "2026-03-06T13:00:00Z", ["03-07T13:00", "03-08T12:00"]),
            (Tz::America__New_York, "2026-10-30T12:00:00Z", ["10-31T12:00", "11-01T13:00"]),
            (Tz::Australia__Lord_Howe, "2026-10-01T21:30:00Z", ["10-02T21:30", "10-03T21:00"]),
            (Tz::Australia__Lord_Howe, "2026-04-02T21:00:00Z", ["04-03T21:00", "04-04T21:30"]),
        ] {
            let from: DateTime<Utc> = from.parse().unwrap();
            let first = next_morning(zone, from).unwrap();
            let second = next_morning(zone, first).unwrap();
            let told = [first, second].map(|morning| morning.format("%m-%dT%H:%M").to_string());
            assert_eq!(told, mornings, "{zone}");
        }
        let before: DateTime<Utc> = "2026-06-01T05:59:59Z".parse().unwrap();
        assert_eq!(next_morning(Tz::Europe__Berlin, before), Some("2026-06-01T06:00:00Z".parse().unwrap()));
    }
}
