//! The parts that do not depend on the period: follow-ups, latest entries and most used tags. One statement.

use chrono::{DateTime, Utc};
use sea_orm::QueryResult;
use uuid::Uuid;

use super::horizon;
use super::model::{Activity, ActivityKind, Due, DueReason, FollowUps, TopTag};
use crate::base::error::Result;
use crate::scope::CompanyScope;
use crate::scope::parameters::Parameters;
use crate::stats::overall::name;
use crate::stats::visibility::{Visibility, number};
use crate::users::UserRef;

/// The maximum number of entries of each part.
const SHOWN: u64 = 10;

/// The parts of a dashboard.
pub(super) struct DashboardPanels {
    pub follow_ups: FollowUps,
    pub latest_activity: Vec<Activity>,
    pub top_tags: Vec<TopTag>,
}

/// The parts as of `now`.
pub(super) async fn read(
    scope: &CompanyScope<'_>,
    visibility: &Visibility,
    now: DateTime<Utc>,
) -> Result<DashboardPanels> {
    let mut parameters = Visibility::parameters(scope);
    let (now, horizon) = (parameters.add(now), parameters.add(horizon(now)));
    let customers = visibility.customers(&mut parameters);
    let (interactions, notes) = (visibility.interactions(&mut parameters), visibility.notes(&mut parameters));
    let due = due_sql(visibility, &horizon, &mut parameters);
    let tags = top_tags(&visibility.tags(&mut parameters));
    let parts = [
        shown("overdue", &format!("SELECT * FROM due WHERE at < {now}"), "ASC"),
        shown("coming", &format!("SELECT * FROM due WHERE at >= {now}"), "ASC"),
        tags,
        newest(&format!(
            "SELECT 'customer_added' AS kind, c.created_at AS at, c.id, c.id AS customer_id, c.kind AS type, \
             NULL AS title, c.created_by_id AS user_id FROM crm_customers AS c WHERE {customers}"
        )),
        newest(&format!(
            "SELECT 'note_added' AS kind, n.created_at AS at, n.id, n.customer_id, n.type, n.title, \
             n.created_by_id AS user_id FROM crm_customer_notes AS n WHERE {notes}"
        )),
        newest(&format!(
            "SELECT 'interaction_completed' AS kind, i.occurred_at AS at, i.id, i.customer_id, i.type, i.subject AS title, \
             i.owner_id AS user_id FROM crm_customer_interactions AS i \
             WHERE {interactions} AND i.status = 'completed' AND i.occurred_at <= {now}"
        )),
    ];
    let parts: Vec<String> =
        parts.iter().enumerate().map(|(number, part)| format!("SELECT * FROM ({part}) AS part_{number}")).collect();
    let sql = format!(
        "WITH due AS ({due}) SELECT shown.part, shown.total, shown.kind, shown.at, shown.id, shown.customer_id, shown.type, \
         shown.title, shown.user_id, \
         (SELECT c.name FROM crm_customers AS c WHERE c.company_id = $1 AND c.id = shown.customer_id) AS customer_name, \
         (SELECT u.display_name FROM crm_users AS u WHERE u.company_id = $1 AND u.id = shown.user_id) AS user_name \
         FROM ({}) AS shown",
        parts.join(" UNION ALL ")
    );
    let (mut follow_ups, mut latest, mut tags) = (FollowUps::none(), Vec::new(), Vec::new());
    for row in &parameters.rows(scope, &sql).await? {
        let part: String = row.try_get("", "part")?;
        match part.as_str() {
            "overdue" => (follow_ups.overdue_count, _) = (number(row, "total")?, follow_ups.overdue.push(due_of(row)?)),
            "coming" => (follow_ups.coming_count, _) = (number(row, "total")?, follow_ups.coming.push(due_of(row)?)),
            "tag" => tags.push((row.try_get::<String>("", "kind")?, tag_of(row)?)),
            _ => latest.push(activity_of(row)?),
        }
    }
    follow_ups.overdue.sort_by_key(|due| (due.due_at, due.interaction_id.0));
    follow_ups.coming.sort_by_key(|due| (due.due_at, due.interaction_id.0));
    latest.sort_by_key(|activity| std::cmp::Reverse((activity.at, activity.id)));
    latest.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    tags.sort_by(|(one_key, one), (other_key, other)| {
        other.customers.cmp(&one.customers).then_with(|| one_key.cmp(other_key))
    });
    let top_tags = tags.into_iter().map(|(_, tag)| tag).collect();
    Ok(DashboardPanels { follow_ups, latest_activity: latest, top_tags })
}

/// All follow-ups before the horizon. The conditions are written exactly as in the partial indexes, so that the planner
/// uses them. If contacts are computed here, a customer has a row only after a contact; the stored statistics always
/// have a row.
fn due_sql(visibility: &Visibility, horizon: &str, parameters: &mut Parameters) -> String {
    const COLUMNS: &str = "i.id, i.customer_id, i.type, i.subject AS title, i.owner_id AS user_id";
    let (interactions, contacts) = (visibility.interactions(parameters), visibility.contacts(parameters));
    let is_due = visibility.is_due_before(horizon);
    format!(
        "SELECT 'scheduled' AS kind, i.scheduled_at AS at, {COLUMNS} FROM crm_customer_interactions AS i \
         WHERE {interactions} AND i.status IN ('planned', 'in_progress') AND i.scheduled_at < {horizon} \
         UNION ALL \
         SELECT 'follow_up' AS kind, i.follow_up_at AS at, {COLUMNS} FROM crm_customer_interactions AS i \
         LEFT JOIN {contacts} AS s ON s.company_id = $1 AND s.customer_id = i.customer_id \
         WHERE {interactions} AND i.follow_up_at IS NOT NULL AND i.follow_up_at < {horizon} AND i.follow_up_id IS NULL \
         AND (s.last_contact_at IS NULL OR s.last_contact_at < i.follow_up_at){is_due}"
    )
}

/// The first rows of a part in order, each with the total number of rows.
fn shown(part: &str, rows: &str, direction: &str) -> String {
    format!(
        "SELECT '{part}' AS part, count(*) OVER () AS total, listed.kind, listed.at, listed.id, listed.customer_id, listed.type, \
         listed.title, listed.user_id FROM ({rows}) AS listed ORDER BY listed.at {direction}, listed.id {direction} LIMIT {SHOWN}"
    )
}

/// The newest entries.
fn newest(rows: &str) -> String {
    format!(
        "SELECT 'latest' AS part, CAST(0 AS bigint) AS total, listed.kind, listed.at, listed.id, listed.customer_id, listed.type, \
         CAST(listed.title AS text) AS title, listed.user_id FROM ({rows}) AS listed ORDER BY listed.at DESC, listed.id DESC \
         LIMIT {SHOWN}"
    )
}

/// The tags with the most customers. The sort key is in `kind`, the colour in `type`.
fn top_tags(seen: &str) -> String {
    format!(
        "SELECT 'tag' AS part, uses.customers AS total, crm_tags.name_key AS kind, \
         CAST(NULL AS timestamp with time zone) AS at, crm_tags.id, CAST(NULL AS uuid) AS customer_id, crm_tags.color AS type, \
         crm_tags.name AS title, CAST(NULL AS uuid) AS user_id FROM \
         (SELECT t.tag_id, count(*) AS customers FROM crm_customer_tags AS t WHERE {seen} GROUP BY t.tag_id) AS uses \
         JOIN crm_tags ON crm_tags.company_id = $1 AND crm_tags.id = uses.tag_id \
         ORDER BY uses.customers DESC, crm_tags.name_key LIMIT {SHOWN}"
    )
}

fn tag_of(row: &QueryResult) -> Result<TopTag> {
    let id: Uuid = row.try_get("", "id")?;
    let (name, color) = (row.try_get("", "title")?, row.try_get("", "type")?);
    Ok(TopTag { id: id.into(), name, color, customers: number(row, "total")? })
}

fn user(row: &QueryResult) -> Result<Option<UserRef>> {
    let id: Option<Uuid> = row.try_get("", "user_id")?;
    let display_name = row.try_get("", "user_name")?;
    Ok(id.map(|id| UserRef { id: id.into(), display_name }))
}

fn due_of(row: &QueryResult) -> Result<Due> {
    let (id, customer): (Uuid, Uuid) = (row.try_get("", "id")?, row.try_get("", "customer_id")?);
    Ok(Due {
        due_at: row.try_get("", "at")?,
        reason: name::<DueReason>(row, "kind")?,
        interaction_id: id.into(),
        interaction_type: name(row, "type")?,
        subject: row.try_get("", "title")?,
        customer_id: customer.into(),
        customer_name: row.try_get("", "customer_name")?,
        owner: user(row)?,
    })
}

fn activity_of(row: &QueryResult) -> Result<Activity> {
    let customer: Uuid = row.try_get("", "customer_id")?;
    Ok(Activity {
        at: row.try_get("", "at")?,
        kind: name::<ActivityKind>(row, "kind")?,
        id: row.try_get("", "id")?,
        title: row.try_get("", "title")?,
        customer_id: customer.into(),
        customer_name: row.try_get("", "customer_name")?,
        user: user(row)?,
    })
}

impl FollowUps {
    const fn none() -> Self {
        Self { overdue_count: 0, overdue: Vec::new(), coming_count: 0, coming: Vec::new() }
    }
}
