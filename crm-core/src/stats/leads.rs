//! Where leads come from, and what becomes of them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stats;
use super::dialect::{medians, seconds_between};
use super::overall::name;
use super::period::{DateOrTime, Interval, Period, Span, zone};
use super::visibility::{Visibility, number};
use crate::base::error::Result;
use crate::lead_statuses::LeadStatusType;
use crate::users::{self, OwnerFilter, UserRef};

/// The maximum number of sources in the answer.
const MAX_SOURCES: u64 = 100;

/// The period and the owner of statistics of leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LeadStatsQuery {
    /// The start of the period. The default is 30 days before the end.
    pub from: Option<DateOrTime>,
    /// The end of the period. The default is today.
    pub to: Option<DateOrTime>,
    /// The time zone (IANA) of the days. The default is the company's.
    pub time_zone: Option<String>,
    /// Only leads of this owner.
    pub owner: Option<OwnerFilter>,
}

/// Statistics of leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadStats {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The time zone of the days.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub time_zone: String,
    /// The start of the period.
    pub from: DateTime<Utc>,
    /// The end of the period, exclusive.
    pub to: DateTime<Utc>,
    /// The number of leads added in the period.
    pub added: u64,
    /// The number of those that are converted by now.
    pub added_converted: u64,
    /// `addedConverted` divided by `added`; `null` if none was added.
    pub conversion_rate: Option<f64>,
    /// The leads added in the period by their present status, in the order of the statuses.
    pub by_status: Vec<LeadStatusStats>,
    /// The same by source, the most first; at most 100 sources.
    pub by_source: Vec<LeadSourceStats>,
    /// The same by owner, by name, and a row for leads without an owner, if there are any.
    pub by_owner: Vec<LeadOwnerStats>,
    /// The number of leads added in the period that have had a response: what `firstRespondedAt` says, otherwise a contact
    /// since they were added.
    pub responded: u64,
    /// The median of the times from when these leads were added to their first response, in whole seconds.
    pub median_seconds_to_first_response: Option<i64>,
    /// The number of leads converted in the period, whenever they were added.
    pub converted: u64,
    /// The median of the times from when these leads were added to their conversion, in whole seconds.
    pub median_seconds_to_convert: Option<i64>,
}

/// The leads with a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadStatusStats {
    /// The code of the status.
    pub code: String,
    /// The name of the status.
    pub name: String,
    /// What the status says of its leads.
    #[serde(rename = "type")]
    pub status_type: LeadStatusType,
    /// The number of leads.
    pub count: u64,
}

/// The leads from a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadSourceStats {
    /// The source; `null` for leads without one.
    pub source: Option<String>,
    /// The number of leads.
    pub count: u64,
    /// The number of those that are converted by now.
    pub converted: u64,
}

/// The leads of an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LeadOwnerStats {
    /// The owner; `null` for leads without one.
    pub owner: Option<UserRef>,
    /// The number of leads.
    pub count: u64,
    /// The number of those that are converted by now.
    pub converted: u64,
}

/// The leads that were added.
#[derive(Default)]
struct Added {
    count: u64,
    converted: u64,
    /// By the place of the status.
    by_status: BTreeMap<(i64, String), LeadStatusStats>,
    by_owner: BTreeMap<Option<Uuid>, [u64; 2]>,
}

/// How many leads were measured, and the median in whole seconds.
type Measured = (u64, Option<i64>);

impl Stats<'_, '_> {
    /// Computes the statistics of leads in four statements.
    ///
    /// # Errors
    /// Those of [`Stats::dashboard`].
    #[tracing::instrument(name = "stats.leads", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn leads(&self, query: &LeadStatsQuery) -> Result<LeadStats> {
        let company = self.0.company().await?;
        let visibility = Visibility::of(self.0).await?.of_owner(query.owner)?;
        let as_of = self.0.crm.now();
        let zone = zone(query.time_zone.as_deref().unwrap_or(&company.settings.time_zone))?;
        let period = Period::unbucketed(zone, Interval::Day, (query.from, query.to), as_of)?.aligned();
        let added = self.added_leads(&visibility, period).await?;
        let by_source = self.lead_sources(&visibility, period).await?;
        let [response, conversion] = self.lead_times(&visibility, period).await?;
        let names = users::load_user_refs(self.0, added.by_owner.keys().flatten().copied().collect()).await?;
        Ok(LeadStats {
            as_of,
            time_zone: zone.name().to_owned(),
            from: period.from,
            to: period.to,
            added: added.count,
            added_converted: added.converted,
            conversion_rate: (added.count > 0).then(|| added.converted as f64 / added.count as f64),
            by_source,
            by_owner: owners(added.by_owner, &names),
            by_status: added.by_status.into_values().collect(),
            responded: response.0,
            median_seconds_to_first_response: response.1,
            converted: conversion.0,
            median_seconds_to_convert: conversion.1,
        })
    }

    /// The leads added in the period by status and owner.
    async fn added_leads(&self, visibility: &Visibility, period: Span) -> Result<Added> {
        let mut parameters = Visibility::parameters(self.0);
        let seen = visibility.leads(&mut parameters);
        let [from, to] = [period.from, period.to].map(|time| parameters.add(time));
        let sql = format!(
            "SELECT leads.*, statuses.name, statuses.type, statuses.position FROM (SELECT l.status, l.owner_id AS user_id, \
             count(*) AS total, count(l.converted_at) AS converted FROM crm_leads AS l \
             WHERE {seen} AND l.created_at >= {from} AND l.created_at < {to} GROUP BY l.status, l.owner_id) AS leads \
             JOIN crm_lead_statuses AS statuses ON statuses.company_id = $1 AND statuses.code = leads.status"
        );
        let mut added = Added::default();
        for row in &parameters.rows(self.0, &sql).await? {
            let (total, converted) = (number(row, "total")?, number(row, "converted")?);
            let code: String = row.try_get("", "status")?;
            let (position, named): (i64, String) = (row.try_get("", "position")?, row.try_get("", "name")?);
            let of_status = added.by_status.entry((position, code.clone())).or_insert(LeadStatusStats {
                code,
                name: named,
                status_type: name(row, "type")?,
                count: 0,
            });
            of_status.count += total;
            let of_owner = added.by_owner.entry(row.try_get("", "user_id")?).or_default();
            *of_owner = [of_owner[0] + total, of_owner[1] + converted];
            added.count += total;
            added.converted += converted;
        }
        Ok(added)
    }

    /// The same by source, which the rows among the customers have.
    async fn lead_sources(&self, visibility: &Visibility, period: Span) -> Result<Vec<LeadSourceStats>> {
        let mut parameters = Visibility::parameters(self.0);
        let seen = visibility.leads(&mut parameters);
        let [from, to] = [period.from, period.to].map(|time| parameters.add(time));
        let sql = format!(
            "SELECT min(sources.source) AS source, count(*) AS total, count(l.converted_at) AS converted \
             FROM crm_leads AS l JOIN crm_customers AS sources ON sources.company_id = $1 AND sources.id = l.id \
             WHERE {seen} AND l.created_at >= {from} AND l.created_at < {to} GROUP BY sources.source_key \
             ORDER BY count(*) DESC, sources.source_key LIMIT {MAX_SOURCES}"
        );
        let rows = parameters.rows(self.0, &sql).await?;
        let source = |row: &QueryResult| -> Result<LeadSourceStats> {
            let (count, converted) = (number(row, "total")?, number(row, "converted")?);
            Ok(LeadSourceStats { source: row.try_get("", "source")?, count, converted })
        };
        rows.iter().map(source).collect()
    }

    /// The times to the first response to leads added in the period, and those to the conversion of leads converted in it. Of a
    /// lead without a noted response, the first contact is one: it may be older than what notes it.
    async fn lead_times(&self, visibility: &Visibility, period: Span) -> Result<[Measured; 2]> {
        let mut parameters = Visibility::parameters(self.0);
        let (seen, contacts) = (visibility.leads(&mut parameters), visibility.contacts(&mut parameters));
        let [from, to] = [period.from, period.to].map(|time| parameters.add(time));
        let seconds = |end: &str| {
            let seconds = seconds_between("l.created_at", end, self.0.is_postgres());
            format!("CAST({seconds} AS double precision) AS seconds")
        };
        let responded = "COALESCE(l.first_responded_at, s.first_contact_at)";
        let rows = format!(
            "SELECT 'response' AS part, {} FROM crm_leads AS l \
             LEFT JOIN {contacts} AS s ON s.company_id = $1 AND s.customer_id = l.id \
             WHERE {seen} AND l.created_at >= {from} AND l.created_at < {to} AND {responded} >= l.created_at \
             UNION ALL SELECT 'conversion' AS part, {} FROM crm_leads AS l \
             WHERE {seen} AND l.converted_at >= {from} AND l.converted_at < {to}",
            seconds(responded),
            seconds("l.converted_at")
        );
        let mut measured = [(0, None); 2];
        for row in &parameters.rows(self.0, &medians("part", &rows, self.0.is_postgres())).await? {
            let (part, median): (String, f64) = (row.try_get("", "part")?, row.try_get("", "median")?);
            measured[usize::from(part == "conversion")] = (number(row, "total")?, Some(median.round() as i64));
        }
        Ok(measured)
    }
}

fn owners(counts: BTreeMap<Option<Uuid>, [u64; 2]>, names: &HashMap<Uuid, UserRef>) -> Vec<LeadOwnerStats> {
    let row = |(owner, [count, converted]): (Option<Uuid>, [u64; 2])| LeadOwnerStats {
        owner: owner.and_then(|id| names.get(&id).cloned()),
        count,
        converted,
    };
    let mut rows: Vec<LeadOwnerStats> = counts.into_iter().map(row).collect();
    rows.sort_by_key(|row| super::by_user(row.owner.as_ref()));
    rows
}
