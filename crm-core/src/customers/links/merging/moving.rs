//! The links of the losers go to the survivor.

use super::{MUTUAL, Merging, TABLE, send};
use crate::base::error::Result;
use crate::scope::CompanyTx;

/// Removes the links that are folded or dropped. They are noted.
pub(super) async fn drop_gone(tx: &mut CompanyTx<'_>, merging: Merging<'_>) -> Result<()> {
    let sql = format!(
        "DELETE FROM crm_customer_links WHERE company_id = $1 AND id IN (\
            SELECT n.link_id FROM {TABLE} AS n \
            WHERE n.company_id = $1 AND n.merge_id = $2 AND n.outcome IN ('folded', 'dropped'))"
    );
    send(tx, &sql, merging.parameters(tx)).await
}

/// Gives the others to the survivor. A link that says the same in both directions goes from the lower id, or from the
/// person, as if it were added now.
pub(super) async fn move_all(tx: &mut CompanyTx<'_>, merging: Merging<'_>) -> Result<()> {
    let mut parameters = merging.parameters(tx);
    let survivor = parameters.add(merging.survivor.id.0);
    let kind = parameters.add(merging.survivor.kind.as_str());
    let sql = format!(
        "UPDATE crm_customer_links AS l SET \
            from_id = CASE WHEN moved.is_from = 1 THEN {survivor} ELSE moved.other_id END, \
            to_id = CASE WHEN moved.is_from = 1 THEN moved.other_id ELSE {survivor} END \
         FROM (\
            SELECT n.link_id, o.id AS other_id, CASE \
                WHEN n.label_key NOT IN {MUTUAL} THEN CASE WHEN n.from_id = n.customer_id THEN 1 ELSE 0 END \
                WHEN o.kind = {kind} THEN CASE WHEN {survivor} < o.id THEN 1 ELSE 0 END \
                WHEN {kind} = 'person' THEN 1 ELSE 0 END AS is_from \
            FROM {TABLE} AS n JOIN crm_customers AS o \
                ON o.company_id = $1 AND o.id = CASE WHEN n.from_id = n.customer_id THEN n.to_id ELSE n.from_id END \
            WHERE n.company_id = $1 AND n.merge_id = $2 AND n.outcome = 'moved'\
         ) AS moved \
         WHERE l.company_id = $1 AND l.id = moved.link_id"
    );
    send(tx, &sql, parameters).await
}
