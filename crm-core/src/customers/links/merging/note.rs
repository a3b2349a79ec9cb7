//! What becomes of each link is decided in one statement, which keeps the links as they were.

use super::super::label::PARENT;
use super::{FORMER, Inheritance, MUTUAL, Merging, TABLE, optional, send};
use crate::base::error::Result;
use crate::scope::CompanyTx;

/// Notes the links of the losers, and those links of the survivor that will change.
pub(super) async fn note(tx: &mut CompanyTx<'_>, merging: Merging<'_>, inheritance: &Inheritance) -> Result<()> {
    let mut parameters = merging.parameters(tx);
    let primary = parameters.add(inheritance.primary_place());
    let parent = parameters.add(optional(inheritance.parent_id));
    let places = merging.all().enumerate().map(|(place, id)| format!("({}, {place})", parameters.add(id.0)));
    let places = places.collect::<Vec<_>>().join(", ");
    let former = FORMER.split(", ").map(|column| format!("l.{column}")).collect::<Vec<_>>().join(", ");
    // Of a group, the links of the customer who comes first stay; the others are folded into the active or newest one.
    let sql = format!(
        "INSERT INTO {TABLE} (company_id, merge_id, link_id, customer_id, place, outcome, kept_id, merged_version, {FORMER}) \
         WITH merged (id, place) AS (VALUES {places}), \
         ends AS (\
            SELECT l.id AS link_id, m.id AS customer_id, m.place, l.to_id AS other_id, 1 AS is_from, \
                CASE WHEN l.to_id IN (SELECT id FROM merged) THEN 1 ELSE 0 END AS is_inner, \
                l.label_key, l.active_key, l.created_at \
            FROM merged AS m JOIN crm_customer_links AS l ON l.company_id = $1 AND l.from_id = m.id \
            UNION ALL \
            SELECT l.id, m.id, m.place, l.from_id, 0, 0, l.label_key, l.active_key, l.created_at \
            FROM merged AS m JOIN crm_customer_links AS l ON l.company_id = $1 AND l.to_id = m.id \
            WHERE l.from_id NOT IN (SELECT id FROM merged)\
         ), \
         decided AS (\
            SELECT ends.*, CASE WHEN is_inner = 1 THEN 1 WHEN label_key = '{PARENT}' AND active_key IS NOT NULL \
                AND is_from = 1 AND other_id <> {parent} THEN 1 ELSE 0 END AS is_dropped \
            FROM ends\
         ), \
         grouped AS (\
            SELECT decided.*, \
                CASE WHEN label_key IN {MUTUAL} THEN 0 WHEN is_from = 1 THEN 1 ELSE 2 END AS direction \
            FROM decided\
         ), \
         ranked AS (\
            SELECT grouped.*, first_value(link_id) OVER by_place AS first_id, first_value(place) OVER by_place AS first_place, \
                max(place) OVER (PARTITION BY is_dropped, other_id, label_key, direction) AS last_place \
            FROM grouped \
            WINDOW by_place AS (PARTITION BY is_dropped, other_id, label_key, direction \
                ORDER BY place, CASE WHEN active_key IS NULL THEN 1 ELSE 0 END, created_at DESC, link_id DESC)\
         ) \
         SELECT $1, $2, r.link_id, r.customer_id, r.place, \
            CASE WHEN is_dropped = 1 THEN 'dropped' WHEN place > first_place THEN 'folded' \
                WHEN place = 0 THEN 'kept' ELSE 'moved' END, \
            CASE WHEN is_dropped = 0 AND place > first_place THEN first_id END, \
            l.version + CASE WHEN is_dropped = 0 AND (place = 0 OR r.link_id = first_id AND last_place > place) \
                THEN 1 ELSE 0 END, \
            {former} \
         FROM ranked AS r JOIN crm_customer_links AS l ON l.company_id = $1 AND l.id = r.link_id \
         WHERE is_dropped = 1 OR place > 0 OR (r.link_id = first_id AND last_place > 0) \
            OR (is_from = 1 AND l.is_primary AND {primary} <> 0)"
    );
    send(tx, &sql, parameters).await
}
