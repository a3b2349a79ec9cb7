//! Overall statistics.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Stats;
use super::visibility::{Visibility, number};
use crate::base::error::{Error, Result};
use crate::customers::{CustomerKind, CustomerStatus};
use crate::interactions::{InteractionStatus, InteractionType};
use crate::users::{self, UserRef};

/// The maximum number of owners in the answer.
const MAX_OWNERS: usize = 100;

/// Overall statistics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OverallStats {
    /// The time at which the numbers were computed.
    pub as_of: DateTime<Utc>,
    /// The customers.
    pub customers: CustomerStats,
    /// The notes about the customers.
    pub notes: NoteStats,
    /// The interactions with the customers.
    pub interactions: InteractionStats,
    /// The tags of the company.
    pub tags: TagStats,
}

/// Customers outside the trash, archived ones included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerStats {
    /// The number of customers.
    pub total: u64,
    /// The number of archived customers.
    pub archived: u64,
    /// The number of customers per status.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    pub by_status: BTreeMap<CustomerStatus, u64>,
    /// The number of customers per kind.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    pub by_kind: BTreeMap<CustomerKind, u64>,
    /// The number of customers per owner, the highest first; at most 100 owners.
    pub by_owner: Vec<OwnerCount>,
    /// The number of customers without an owner.
    pub unassigned: u64,
    /// The number of recently added customers.
    pub new: NewCustomers,
    /// The number of customers by the time since their last contact.
    pub contact: ContactStats,
}

/// The number of customers of an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OwnerCount {
    /// The user.
    pub owner: UserRef,
    /// The number of customers that the user owns.
    pub count: u64,
}

/// Customers added recently. A customer counts in each period that includes its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewCustomers {
    /// Added within the last 7 × 24 hours.
    pub last7_days: u64,
    /// Added within the last 30 × 24 hours.
    pub last30_days: u64,
    /// Added within the last 90 × 24 hours.
    pub last90_days: u64,
}

/// Customers by the time since their last contact, that is, the last completed interaction. Each customer counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ContactStats {
    /// Within the last 30 × 24 hours.
    pub within30_days: u64,
    /// Earlier, but within the last 90 × 24 hours.
    pub within90_days: u64,
    /// Earlier than the last 90 × 24 hours.
    pub earlier: u64,
    /// No contact yet.
    pub never: u64,
}

/// Shared notes outside the trash. Private notes are never counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NoteStats {
    /// The number of notes.
    pub total: u64,
}

/// Interactions outside the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InteractionStats {
    /// The number of interactions.
    pub total: u64,
    /// The number of interactions per type.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    pub by_type: BTreeMap<InteractionType, u64>,
    /// The number of interactions per status.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    pub by_status: BTreeMap<InteractionStatus, u64>,
}

/// Tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TagStats {
    /// The number of tags.
    pub total: u64,
    /// The number of tags that at least one customer has.
    pub in_use: u64,
}

/// A count per name, including names with the count zero.
pub(super) fn zeros<N: Copy + Ord>(names: &[N]) -> BTreeMap<N, u64> {
    names.iter().map(|name| (*name, 0)).collect()
}

/// The value in a column with names.
pub(super) fn name<N: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &QueryResult,
    column: &str,
) -> Result<N> {
    row.try_get::<String>("", column)?.parse().map_err(Error::internal)
}

impl InteractionStats {
    pub(super) fn none() -> Self {
        let (by_type, by_status) = (zeros(InteractionType::ALL), zeros(InteractionStatus::ALL));
        Self { total: 0, by_type, by_status }
    }

    pub(super) fn add(&mut self, of: (InteractionType, InteractionStatus), count: u64) {
        self.total += count;
        *self.by_type.entry(of.0).or_default() += count;
        *self.by_status.entry(of.1).or_default() += count;
    }
}

impl Stats<'_, '_> {
    /// Computes the overall statistics in four statements.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the actor may read customers; [`Error::Unavailable`] if the database is.
    #[tracing::instrument(name = "stats.overall", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn overall(&self) -> Result<OverallStats> {
        self.0.company().await?;
        let (visibility, as_of) = (Visibility::of(self.0).await?, self.0.crm.now());
        let customers = self.customers(&visibility, as_of).await?;
        let interactions = self.interactions(&visibility).await?;
        let (notes, tags) = self.notes_and_tags(&visibility).await?;
        Ok(OverallStats { as_of, customers, notes, interactions, tags })
    }

    async fn customers(&self, visibility: &Visibility, now: DateTime<Utc>) -> Result<CustomerStats> {
        let mut parameters = Visibility::parameters(self.0);
        let (seen, contacts) = (visibility.customers(&mut parameters), visibility.contacts(&mut parameters));
        let [week, month, quarter] = [7, 30, 90].map(|days| parameters.add(now - TimeDelta::days(days)));
        let since =
            |time: &str, from: &str, column: &str| format!("count(CASE WHEN {time} >= {from} THEN 1 END) AS {column}");
        let counts = [
            since("c.created_at", &week, "last_week"),
            since("c.created_at", &month, "last_month"),
            since("c.created_at", &quarter, "last_quarter"),
            since("s.last_contact_at", &month, "contact_month"),
            since("s.last_contact_at", &quarter, "contact_quarter"),
            "count(s.last_contact_at) AS contacted".to_owned(),
        ];
        let sql = format!(
            "SELECT c.status, c.kind, c.owner_id, c.is_archived, count(*) AS total, {} \
             FROM crm_customers AS c LEFT JOIN {contacts} AS s \
             ON s.company_id = $1 AND s.customer_id = c.id \
             WHERE {seen} GROUP BY c.status, c.kind, c.owner_id, c.is_archived",
            counts.join(", ")
        );
        let mut counted = CustomerStats::none();
        let mut owners: HashMap<Uuid, u64> = HashMap::new();
        for row in &parameters.rows(self.0, &sql).await? {
            counted.add(row, &mut owners)?;
        }
        counted.by_owner = self.owners(owners).await?;
        Ok(counted)
    }

    /// The owners with the most customers, by name if they have the same number.
    async fn owners(&self, counts: HashMap<Uuid, u64>) -> Result<Vec<OwnerCount>> {
        let mut most: Vec<(Uuid, u64)> = counts.into_iter().collect();
        most.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
        most.truncate(MAX_OWNERS);
        let users = users::load_user_refs(self.0, most.iter().map(|(id, _)| *id).collect()).await?;
        let owner = |(id, count)| users.get(&id).cloned().map(|owner| OwnerCount { owner, count });
        Ok(most.into_iter().filter_map(owner).collect())
    }

    async fn interactions(&self, visibility: &Visibility) -> Result<InteractionStats> {
        let mut parameters = Visibility::parameters(self.0);
        let seen = visibility.interactions(&mut parameters);
        let sql = format!(
            "SELECT i.type, i.status, count(*) AS total FROM crm_customer_interactions AS i WHERE {seen} \
             GROUP BY i.type, i.status"
        );
        let mut counted = InteractionStats::none();
        for row in &parameters.rows(self.0, &sql).await? {
            counted.add((name(row, "type")?, name(row, "status")?), number(row, "total")?);
        }
        Ok(counted)
    }

    async fn notes_and_tags(&self, visibility: &Visibility) -> Result<(NoteStats, TagStats)> {
        let mut parameters = Visibility::parameters(self.0);
        let (notes, tags, all) =
            (visibility.notes(&mut parameters), visibility.tags(&mut parameters), visibility.all_tags());
        let sql = format!(
            "SELECT (SELECT count(*) FROM crm_customer_notes AS n WHERE {notes}) AS notes, \
             (SELECT count(*) FROM crm_tags WHERE crm_tags.company_id = $1{all}) AS tags, \
             (SELECT count(*) FROM crm_tags WHERE crm_tags.company_id = $1 AND EXISTS \
             (SELECT 1 FROM crm_customer_tags AS t WHERE t.tag_id = crm_tags.id AND {tags})) AS used"
        );
        let rows = parameters.rows(self.0, &sql).await?;
        let Some(row) = rows.first() else {
            return Ok(Default::default());
        };
        let tags = TagStats { total: number(row, "tags")?, in_use: number(row, "used")? };
        Ok((NoteStats { total: number(row, "notes")? }, tags))
    }
}

impl CustomerStats {
    fn none() -> Self {
        Self {
            total: 0,
            archived: 0,
            by_status: zeros(CustomerStatus::ALL),
            by_kind: zeros(CustomerKind::ALL),
            by_owner: Vec::new(),
            unassigned: 0,
            new: NewCustomers::default(),
            contact: ContactStats::default(),
        }
    }

    /// Adds a group of customers with the same values.
    fn add(&mut self, row: &QueryResult, owners: &mut HashMap<Uuid, u64>) -> Result<()> {
        let total = number(row, "total")?;
        self.total += total;
        if row.try_get("", "is_archived")? {
            self.archived += total;
        }
        *self.by_status.entry(name(row, "status")?).or_default() += total;
        *self.by_kind.entry(name(row, "kind")?).or_default() += total;
        match row.try_get("", "owner_id")? {
            Some(owner) => *owners.entry(owner).or_default() += total,
            None => self.unassigned += total,
        }
        self.new.last7_days += number(row, "last_week")?;
        self.new.last30_days += number(row, "last_month")?;
        self.new.last90_days += number(row, "last_quarter")?;
        let (within30, within90) = (number(row, "contact_month")?, number(row, "contact_quarter")?);
        let contacted = number(row, "contacted")?;
        self.contact.within30_days += within30;
        self.contact.within90_days += within90 - within30;
        self.contact.earlier += contacted - within90;
        self.contact.never += total - contacted;
        Ok(())
    }
}
