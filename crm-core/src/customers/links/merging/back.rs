//! The links of a merge that is undone are as before, but for those that were changed since.

use sea_orm::Value;

use super::super::follow;
use super::super::label::PARENT;
use super::{FORMER, MUTUAL, TABLE, copies, send, since};
use crate::base::error::Result;
use crate::base::ids::{CustomerId, CustomerMergeId};
use crate::scope::CompanyTx;
use crate::scope::parameters::Parameters;

/// Brings the links back. What the actor sees and what was changed since stays with the survivor; what they do not see goes
/// back as it is now. To be called before the survivor is written, and [`Back::finish`] after the losers are.
pub(in super::super::super) async fn put_back(
    tx: &mut CompanyTx<'_>,
    merge: CustomerMergeId,
    survivor: CustomerId,
    losers: &[CustomerId],
) -> Result<Back> {
    let has_parents = noted(tx, merge).await?;
    if has_parents.is_some() {
        return_moved(tx, merge, survivor).await?;
        correct_others(tx, merge, survivor).await?;
        insert_gone(tx, merge, survivor).await?;
        copies::give_back(tx, merge, survivor, losers).await?;
        let sql = format!("DELETE FROM {TABLE} WHERE company_id = $1 AND merge_id = $2");
        send(tx, &sql, of_merge(tx, merge)).await?;
    }
    Ok(Back { has_parents })
}

/// The links of a merge are back.
pub(in super::super::super) struct Back {
    /// Whether there are links of the hierarchy among them; `None` if there are none at all.
    has_parents: Option<bool>,
}

impl Back {
    /// Checks the hierarchy, and gives people the names of their organizations.
    pub(in super::super::super) async fn finish(self, tx: &mut CompanyTx<'_>, customers: &[CustomerId]) -> Result<()> {
        let Some(has_parents) = self.has_parents else {
            return Ok(());
        };
        if has_parents {
            copies::check_hierarchy(tx, customers).await?;
        }
        let mut organizations = copies::renamed(tx, customers).await?;
        organizations.extend(customers);
        follow::follow(tx, &organizations).await
    }
}

fn of_merge(tx: &CompanyTx<'_>, merge: CustomerMergeId) -> Parameters {
    Parameters::new([tx.company.id.0, merge.0].map(Value::from))
}

/// Whether a merge has noted links, and among them some of the hierarchy.
async fn noted(tx: &mut CompanyTx<'_>, merge: CustomerMergeId) -> Result<Option<bool>> {
    let sql = format!(
        "SELECT max(CASE WHEN label_key = '{PARENT}' THEN 1 ELSE 0 END) AS parents FROM {TABLE} \
         WHERE company_id = $1 AND merge_id = $2"
    );
    let rows = tx.query_sql(&sql, of_merge(tx, merge).into_values()).await?;
    let parents: Option<i32> = rows.first().map(|row| row.try_get("", "parents")).transpose()?.flatten();
    Ok(parents.map(|parents| parents > 0))
}

/// The columns that are as before if nobody has changed the link since.
const CONTENT: [&str; 7] =
    ["title", "started_on", "ended_on", "version", "updated_at", "updated_by_kind", "updated_by_id"];

/// Gives links back whose other customer may be another one by now, because of another merge.
async fn return_moved(tx: &mut CompanyTx<'_>, merge: CustomerMergeId, survivor: CustomerId) -> Result<()> {
    let mut parameters = of_merge(tx, merge);
    let survivor = parameters.add(survivor.0);
    let sees = since::sees(tx, "o.id", &mut parameters);
    let content = CONTENT.map(|name| format!("{name} = CASE WHEN back.is_same THEN back.{name} ELSE l.{name} END"));
    let is_own = "back.from_id = back.customer_id";
    // A primary link is one again, unless another is by now; those of others are, unless they were lent that by a folded
    // link. Of what was changed unseen, nothing becomes a parent that was not before.
    let sql = format!(
        "UPDATE crm_customer_links AS l SET \
            from_id = CASE WHEN back.is_from = 1 THEN back.customer_id ELSE back.other_id END, \
            to_id = CASE WHEN back.is_from = 1 THEN back.other_id ELSE back.customer_id END, \
            is_primary = CASE WHEN {is_own} THEN back.is_primary AND (back.is_same OR NOT l.is_inactive) \
                AND NOT back.has_other ELSE l.is_primary AND NOT back.is_lent END, \
            is_inactive = CASE WHEN back.is_same THEN back.is_inactive \
                WHEN l.label_key = '{PARENT}' AND {is_own} THEN l.is_inactive OR back.is_inactive ELSE l.is_inactive END, \
            active_key = CASE WHEN back.is_same THEN back.active_key \
                WHEN l.label_key = '{PARENT}' AND {is_own} AND back.is_inactive THEN NULL ELSE l.active_key END, \
            {} \
         FROM (\
            SELECT n.*, o.id AS other_id, x.version = n.merged_version AS is_same, \
                EXISTS (SELECT 1 FROM {TABLE} AS f WHERE f.company_id = $1 AND f.merge_id = $2 \
                    AND f.kept_id = n.link_id AND f.is_primary) AS is_lent, \
                n.outcome = 'kept' AND EXISTS (SELECT 1 FROM crm_customer_links AS p WHERE p.company_id = $1 \
                    AND p.from_id = {survivor} AND p.is_primary AND p.id <> n.link_id AND NOT EXISTS (\
                        SELECT 1 FROM {TABLE} AS m WHERE m.company_id = $1 AND m.merge_id = $2 \
                            AND m.link_id = p.id AND m.merged_version = p.version)) AS has_other, CASE \
                WHEN n.label_key IN {MUTUAL} AND o.kind = own.kind \
                    AND o.id <> CASE WHEN n.from_id = n.customer_id THEN n.to_id ELSE n.from_id END \
                    THEN CASE WHEN n.customer_id < o.id THEN 1 ELSE 0 END \
                WHEN n.from_id = n.customer_id THEN 1 ELSE 0 END AS is_from \
            FROM {TABLE} AS n \
            JOIN crm_customer_links AS x ON x.company_id = $1 AND x.id = n.link_id \
            JOIN crm_customers AS own ON own.company_id = $1 AND own.id = n.customer_id \
            JOIN crm_customers AS o ON o.company_id = $1 \
                AND o.id = CASE WHEN x.from_id = {survivor} THEN x.to_id ELSE x.from_id END \
            WHERE n.company_id = $1 AND n.merge_id = $2 AND n.outcome IN ('moved', 'kept') \
                AND (x.from_id = {survivor} OR x.to_id = {survivor}) \
                AND (x.version = n.merged_version OR n.outcome = 'moved' AND NOT {sees})\
         ) AS back \
         WHERE l.company_id = $1 AND l.id = back.link_id",
        content.join(", ")
    );
    send(tx, &sql, parameters).await
}

/// A link that has moved here and that another merge has folded or dropped since is then the loser's.
async fn correct_others(tx: &mut CompanyTx<'_>, merge: CustomerMergeId, survivor: CustomerId) -> Result<()> {
    let mut parameters = of_merge(tx, merge);
    let survivor = parameters.add(survivor.0);
    let corrected = ["from_id", "to_id", "customer_id"]
        .map(|end| format!("{end} = CASE WHEN o.{end} = {survivor} THEN n.customer_id ELSE o.{end} END"));
    let sql = format!(
        "UPDATE {TABLE} AS o SET {} FROM {TABLE} AS n \
         WHERE n.company_id = $1 AND n.merge_id = $2 AND n.outcome = 'moved' AND o.company_id = $1 \
            AND o.link_id = n.link_id AND o.merge_id <> $2 AND o.outcome IN ('folded', 'dropped') \
            AND (o.from_id = {survivor} OR o.to_id = {survivor})",
        corrected.join(", ")
    );
    send(tx, &sql, parameters).await
}

/// Adds again what was folded or dropped. Where the other customer was merged since, it is the survivor of that. What others
/// have given up since, or what would be a second primary link or parent, is neither.
async fn insert_gone(tx: &mut CompanyTx<'_>, merge: CustomerMergeId, survivor: CustomerId) -> Result<()> {
    let mut parameters = of_merge(tx, merge);
    let survivor = parameters.add(survivor.0);
    let now = |end: &str| {
        format!(
            "COALESCE((SELECT r.current_id FROM crm_merged_customers AS r \
                WHERE r.company_id = $1 AND r.customer_id = n.{end} AND r.merge_id <> $2), n.{end})"
        )
    };
    let taken = |meets: &str| {
        format!(
            "EXISTS (SELECT 1 FROM crm_customer_links AS p WHERE p.company_id = $1 AND p.from_id = g.now_from AND {meets})"
        )
    };
    // Another customer has the survivor instead of the loser, unless they have changed that.
    let given_up = |copy: &str| {
        format!(
            "g.from_id <> g.customer_id AND NOT EXISTS (SELECT 1 FROM crm_customers AS c \
                WHERE c.company_id = $1 AND c.id = g.now_from AND c.{copy} = {survivor})"
        )
    };
    let stays_primary =
        format!("g.is_primary AND NOT {} AND NOT ({})", taken("p.is_primary"), given_up("organization_id"));
    let is_parent = format!("p.active_key = '{PARENT}'");
    let is_over =
        format!("COALESCE(g.active_key, '') = '{PARENT}' AND ({} OR {})", taken(&is_parent), given_up("parent_id"));
    let columns = FORMER.split(", ").map(|column| match column {
        "from_id" => "CASE WHEN g.is_turned THEN g.now_to ELSE g.now_from END".to_owned(),
        "to_id" => "CASE WHEN g.is_turned THEN g.now_from ELSE g.now_to END".to_owned(),
        "is_primary" => stays_primary.clone(),
        "is_inactive" => format!("g.is_inactive OR {is_over}"),
        "active_key" => format!("CASE WHEN {is_over} THEN NULL ELSE g.active_key END"),
        other => format!("g.{other}"),
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    let sql = format!(
        "INSERT INTO crm_customer_links (company_id, id, {FORMER}) \
         SELECT $1, g.link_id, {columns} FROM (\
            SELECT gone.*, gone.label_key IN {MUTUAL} AND gone.now_from > gone.now_to \
                AND (SELECT a.kind FROM crm_customers AS a WHERE a.company_id = $1 AND a.id = gone.now_from) \
                  = (SELECT b.kind FROM crm_customers AS b WHERE b.company_id = $1 AND b.id = gone.now_to) AS is_turned \
            FROM (\
                SELECT n.*, {} AS now_from, {} AS now_to FROM {TABLE} AS n \
                WHERE n.company_id = $1 AND n.merge_id = $2 AND n.outcome IN ('folded', 'dropped')\
            ) AS gone\
         ) AS g WHERE g.now_from <> g.now_to ON CONFLICT DO NOTHING",
        now("from_id"),
        now("to_id"),
    );
    send(tx, &sql, parameters).await
}
