//! What customers keep of links that have moved.

use super::super::super::model::Customer;
use super::super::hierarchy;
use super::super::label::PARENT;
use super::{Merging, TABLE, list, send};
use crate::base::error::Result;
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::scope::CompanyTx;
use crate::scope::parameters::Parameters;

/// What a customer keeps of its links.
#[derive(Default)]
pub(in super::super::super) struct Copies {
    organization: Option<(CustomerId, String)>,
    parent_id: Option<CustomerId>,
}

impl Copies {
    /// Writes them into the customer, whose name of the organization stays without one.
    pub(in super::super::super) fn write(self, customer: &mut Customer) {
        customer.parent_id = self.parent_id;
        customer.organization_id = self.organization.as_ref().map(|(id, _)| *id);
        if let Some((_, name)) = self.organization {
            customer.organization_name = Some(name);
        }
    }
}

/// What follows from the links of a customer as they are now.
pub(in super::super::super) async fn copies_of(tx: &mut CompanyTx<'_>, customer: CustomerId) -> Result<Copies> {
    let sql = format!(
        "SELECT l.is_primary, o.id, o.name FROM crm_customer_links AS l \
         JOIN crm_customers AS o ON o.company_id = $1 AND o.id = l.to_id \
         WHERE l.company_id = $1 AND l.from_id = $2 AND (l.is_primary OR l.active_key = '{PARENT}')"
    );
    let mut copies = Copies::default();
    for row in tx.query_sql(&sql, vec![tx.company.id.0.into(), customer.0.into()]).await? {
        let id: uuid::Uuid = row.try_get("", "id")?;
        if row.try_get("", "is_primary")? {
            copies.organization = Some((id.into(), row.try_get("", "name")?));
        } else {
            copies.parent_id = Some(id.into());
        }
    }
    Ok(copies)
}

/// Makes the survivor the organization and the parent of those whose link to a loser has moved.
pub(super) async fn hand_over(tx: &mut CompanyTx<'_>, merging: Merging<'_>) -> Result<()> {
    hold(tx, merging.losers).await?;
    let mut parameters = Parameters::new([tx.company.id.0.into(), merging.survivor.id.0.into()]);
    let losers = list(merging.losers, &mut parameters);
    let handed = |copy: &str| format!("{copy} = CASE WHEN {copy} IN ({losers}) THEN $2 ELSE {copy} END");
    let sql = format!(
        "UPDATE crm_customers SET {}, {} WHERE company_id = $1 AND merged_into_id IS NULL \
            AND (organization_id IN ({losers}) OR parent_id IN ({losers}))",
        handed("organization_id"),
        handed("parent_id"),
    );
    send(tx, &sql, parameters).await
}

/// Brings into step with their links: the losers, those who have a link again, and those who have the survivor but no link to
/// it any more.
pub(super) async fn give_back(
    tx: &mut CompanyTx<'_>,
    merge: CustomerMergeId,
    survivor: CustomerId,
    losers: &[CustomerId],
) -> Result<()> {
    hold(tx, &[survivor]).await?;
    let mut parameters = Parameters::new([tx.company.id.0.into(), merge.0.into()]);
    let ids = list(losers, &mut parameters);
    let survivor = parameters.add(survivor.0);
    let to = |meets: &str| {
        format!(
            "(SELECT l.to_id FROM crm_customer_links AS l WHERE l.company_id = $1 AND l.from_id = c.id AND {meets})"
        )
    };
    let (primary, parent) = (to("l.is_primary"), to(&format!("l.active_key = '{PARENT}'")));
    let is_stale = |copy: &str, link: &str| {
        format!("c.merged_into_id IS NULL AND c.{copy} = {survivor} AND COALESCE({link} <> {survivor}, TRUE)")
    };
    let again = format!(
        "SELECT l.from_id FROM {TABLE} AS n JOIN crm_customer_links AS l ON l.company_id = $1 AND l.id = n.link_id \
         WHERE n.company_id = $1 AND n.merge_id = $2 AND n.outcome IN ('folded', 'dropped')"
    );
    // As an array, so that PostgreSQL uses the indexes for all parts of the condition.
    let has_again = if tx.is_postgres() { format!("= ANY (ARRAY ({again}))") } else { format!("IN ({again})") };
    let sql = format!(
        "UPDATE crm_customers AS c SET organization_id = {primary}, parent_id = {parent} \
         WHERE c.company_id = $1 AND (c.id IN ({ids}) OR {} OR {} OR c.id {has_again})",
        is_stale("organization_id", &primary),
        is_stale("parent_id", &parent),
    );
    send(tx, &sql, parameters).await
}

/// Holds the people and the children of some customers, in the order in which jobs and bulk actions hold customers.
async fn hold(tx: &mut CompanyTx<'_>, of: &[CustomerId]) -> Result<()> {
    if !tx.is_postgres() {
        return Ok(());
    }
    let mut parameters = Parameters::new([tx.company.id.0.into()]);
    let ids = list(of, &mut parameters);
    let sql = format!(
        "SELECT count(*) FROM (SELECT id FROM crm_customers WHERE company_id = $1 \
            AND (organization_id IN ({ids}) OR parent_id IN ({ids})) ORDER BY id FOR NO KEY UPDATE) AS held"
    );
    send(tx, &sql, parameters).await
}

/// The organizations of these customers whose name has changed while they were away.
pub(super) async fn renamed(tx: &mut CompanyTx<'_>, customers: &[CustomerId]) -> Result<Vec<CustomerId>> {
    let mut parameters = Parameters::new([tx.company.id.0.into()]);
    let ids = list(customers, &mut parameters);
    let sql = format!(
        "SELECT DISTINCT o.id FROM crm_customers AS c JOIN crm_customers AS o \
            ON o.company_id = $1 AND o.id = c.organization_id \
         WHERE c.company_id = $1 AND c.id IN ({ids}) \
            AND (c.organization_name IS NULL OR c.organization_name <> o.name)"
    );
    let rows = tx.query_sql(&sql, parameters.into_values()).await?;
    rows.iter().map(|row| Ok(row.try_get::<uuid::Uuid>("", "id")?.into())).collect()
}

/// Refuses an undoing after which an organization would be below itself, or too deep.
pub(super) async fn check_hierarchy(tx: &mut CompanyTx<'_>, customers: &[CustomerId]) -> Result<()> {
    use crate::base::error::{Error, Violations};
    match hierarchy::fault(tx, customers).await? {
        None => Ok(()),
        Some(fault) => {
            let detail = format!("after the undoing, {}; change the links of the organizations first", fault.detail);
            Err(Error::ChangedSinceMerge(Violations::one("/parentId", fault.code, detail)))
        }
    }
}
