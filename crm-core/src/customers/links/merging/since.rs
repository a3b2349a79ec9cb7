//! Links that were changed, deleted or added since a merge.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::TABLE;
use crate::base::error::{Kind, Result, Violations};
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::scope::CompanyTx;
use crate::scope::actor::{Action, Resource};
use crate::scope::parameters::Parameters;
use crate::scope::visibility::customers_sql;

/// The condition that the actor sees the customer with this id.
pub(super) fn sees(tx: &CompanyTx<'_>, id: &str, parameters: &mut Parameters) -> String {
    let owners = tx.actor().owners(Resource::Customers, Action::Read);
    let customers = customers_sql(&owners, parameters);
    format!("EXISTS (SELECT 1 FROM crm_customers AS c WHERE {customers} AND c.id = {id})")
}

/// The links that a merge has moved or filled and that are not as it left them, and those that the survivor got since; at
/// most `most` of each, as far as the actor sees the other customer.
pub(in super::super::super) async fn records(
    tx: &mut CompanyTx<'_>,
    (merge, survivor, at): (CustomerMergeId, CustomerId, DateTime<Utc>),
    most: u64,
    violations: &mut Violations,
) -> Result<()> {
    let mut parameters = Parameters::new([tx.company.id.0.into(), survivor.0.into()]);
    let (id, limit) = (parameters.add(merge.0), parameters.add(i64::try_from(most).unwrap_or(i64::MAX)));
    // What another merge has folded or dropped since is with that one.
    let sql = format!(
        "SELECT n.link_id AS id FROM {TABLE} AS n \
         LEFT JOIN crm_customer_links AS l ON l.company_id = $1 AND l.id = n.link_id \
         WHERE n.company_id = $1 AND n.merge_id = {id} AND n.outcome IN ('moved', 'kept') \
            AND (l.version <> n.merged_version OR l.from_id <> $2 AND l.to_id <> $2 OR l.id IS NULL AND NOT EXISTS (\
                SELECT 1 FROM {TABLE} AS o WHERE o.company_id = $1 AND o.link_id = n.link_id \
                    AND o.merge_id <> n.merge_id AND o.outcome IN ('folded', 'dropped'))) \
            AND {} ORDER BY n.link_id LIMIT {limit}",
        sees(tx, OTHER, &mut parameters)
    );
    for id in ids(tx, &sql, parameters).await? {
        violations.add(pointer(id), "changed_since_merge", "the link moved, and was changed since the merge");
    }
    let mut parameters = Parameters::new([tx.company.id.0.into(), survivor.0.into()]);
    let (at, limit) = (parameters.add(at), parameters.add(i64::try_from(most).unwrap_or(i64::MAX)));
    let other = "CASE WHEN l.from_id = $2 THEN l.to_id ELSE l.from_id END";
    let sql = format!(
        "SELECT l.id FROM crm_customer_links AS l \
         WHERE l.company_id = $1 AND (l.from_id = $2 OR l.to_id = $2) AND l.created_at > {at} \
            AND NOT EXISTS (SELECT 1 FROM {TABLE} AS n WHERE n.company_id = $1 AND n.link_id = l.id) \
            AND {} ORDER BY l.id LIMIT {limit}",
        sees(tx, other, &mut parameters)
    );
    for id in ids(tx, &sql, parameters).await? {
        violations.add(pointer(id), "added_since_merge", "the link was added since the merge");
    }
    Ok(())
}

/// The other customer of a noted link, as it is now if the link is still there.
const OTHER: &str = "CASE WHEN l.id IS NULL THEN CASE WHEN n.from_id = n.customer_id THEN n.to_id ELSE n.from_id END \
     WHEN l.from_id = $2 THEN l.to_id ELSE l.from_id END";

async fn ids(tx: &mut CompanyTx<'_>, sql: &str, parameters: Parameters) -> Result<Vec<Uuid>> {
    tx.query_sql(sql, parameters.into_values()).await?.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

fn pointer(id: Uuid) -> String {
    format!("/{}s/{id}", Kind::Link)
}
