//! Links that stay get what they lack from those that are folded into them.

use uuid::Uuid;

use super::{Inheritance, Merging, TABLE, send};
use crate::base::error::Result;
use crate::scope::CompanyTx;

/// The first value of a column among the links that are folded into `k`.
fn first(column: &str, condition: &str) -> String {
    format!(
        "(SELECT f.{column} FROM {TABLE} AS f WHERE f.company_id = $1 AND f.merge_id = $2 AND f.kept_id = k.link_id \
            AND f.{column} IS NOT NULL AND {condition} \
            ORDER BY f.place, CASE WHEN f.active_key IS NULL THEN 1 ELSE 0 END, f.created_at DESC, f.link_id DESC LIMIT 1)"
    )
}

/// Whether a link that is folded into `k` meets a condition.
fn any(condition: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM {TABLE} AS f WHERE f.company_id = $1 AND f.merge_id = $2 AND f.kept_id = k.link_id \
            AND {condition})"
    )
}

/// Whether a link stays a primary one: those that go to one of the customers do, and of the others that of one customer.
fn stays_primary(of: &str, primary: &str) -> String {
    format!("{of}.is_primary AND ({of}.from_id <> {of}.customer_id OR {of}.place = {primary})")
}

/// Settles which link is primary, and what those get that others are folded into. What is active ends when an active
/// one of them ends, and no day is filled that would contradict another.
pub(super) async fn settle(tx: &mut CompanyTx<'_>, merging: Merging<'_>, inheritance: &Inheritance) -> Result<()> {
    let mut parameters = merging.parameters(tx);
    let primary = parameters.add(inheritance.primary_place());
    let now = parameters.add(tx.now());
    let by_kind = parameters.add(tx.actor().kind().as_str());
    let by_id = parameters.add(tx.actor().user_id().map(Uuid::from));
    let is_primary = format!("({}) OR {}", stays_primary("k", &primary), any(&stays_primary("f", &primary)));
    let active = any("f.active_key IS NOT NULL");
    let ended = first(
        "ended_on",
        "(f.active_key IS NOT NULL OR NOT k.is_active) AND (k.own_start IS NULL OR f.ended_on >= k.own_start)",
    );
    let (title, started) =
        (first("title", "1 = 1"), first("started_on", "(k.ended_on IS NULL OR f.started_on <= k.ended_on)"));
    let stamped = |column: &str, value: &str| {
        format!("{column} = CASE WHEN settled.merged_version > l.version THEN {value} ELSE l.{column} END")
    };
    let at = format!("CASE WHEN l.updated_at > {now} THEN l.updated_at ELSE {now} END");
    let sql = format!(
        "UPDATE crm_customer_links AS l SET title = settled.title, started_on = settled.started_on, \
            ended_on = settled.ended_on, is_primary = settled.is_primary, is_inactive = NOT settled.is_active, \
            active_key = CASE WHEN settled.is_active THEN l.label_key END, version = settled.merged_version, \
            {}, {}, {} \
         FROM (\
            SELECT k.link_id, k.merged_version, k.is_active, k.is_primary, k.ended_on, \
                COALESCE(k.own_title, {title}) AS title, COALESCE(k.own_start, {started}) AS started_on \
            FROM (\
                SELECT k.*, COALESCE(CASE WHEN k.is_active = k.was_active THEN k.own_end END, {ended}) AS ended_on \
                FROM (\
                    SELECT k.link_id, k.merged_version, k.title AS own_title, k.started_on AS own_start, \
                        k.ended_on AS own_end, k.active_key IS NOT NULL AS was_active, \
                        (k.active_key IS NOT NULL OR {active}) AS is_active, ({is_primary}) AS is_primary \
                    FROM {TABLE} AS k \
                    WHERE k.company_id = $1 AND k.merge_id = $2 AND k.outcome IN ('moved', 'kept') \
                        AND (k.merged_version > k.version OR k.is_primary AND k.from_id = k.customer_id)\
                ) AS k\
            ) AS k\
         ) AS settled \
         WHERE l.company_id = $1 AND l.id = settled.link_id",
        stamped("updated_at", &at),
        stamped("updated_by_kind", &by_kind),
        stamped("updated_by_id", &by_id),
    );
    send(tx, &sql, parameters).await
}
